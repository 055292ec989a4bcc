"""What is known of one request while it is answered: for the log line, the metrics, the journal."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

KEY = "lockgate.exchange"
# The two bits that say so of a digit, and two of chance.
VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


@dataclass(slots=True)
class Exchange:
    """One request.

    Attributes
    ----------
    request_id : str
        Of the client if it sent one, else made here; every answer carries it.
    sent : dict of bytes to bytes
        The request's headers by their names in small letters; of several with one name, the last.
        Starlette's own form takes ten times as long to read.
    note : callable
        Told of each `lockgate.service.answering.Outcome`, of which a stream has many; returns how
        many of its rows are doubtful.
    trace_id : str
        Of the caller's trace, "" when it named none.
    started : float
        Seconds on the performance counter.
    caller : str
        Name of the API key, "" without one.
    version, served_by : str
        Which model was asked, "" when none was; "primary", or "fallback" when any answer is its.
    why : str
        Why the fallback was asked, "" when it was not.
    failure : Exception or None
        What the model raised, or the fallback.
    unanswered : int
        How often neither could answer.
    rows : int
        How many rows were predicted.
    doubtful : int
        How many of them with little confidence.
    headers : list of tuple of bytes
        What the layers add to those of the answer.
    begun : bool
        Whether the answer's head is sent.
    status : int
        HTTP status of the answer; 500 until one is sent.
    """

    request_id: str
    sent: dict[bytes, bytes]
    note: Callable[[Any], int]
    trace_id: str = ""
    started: float = field(default_factory=time.perf_counter)
    caller: str = ""
    version: str = ""
    served_by: str = ""
    why: str = ""
    failure: Exception | None = None
    unanswered: int = 0
    rows: int = 0
    doubtful: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    begun: bool = False
    status: int = 500

    @property
    def elapsed(self) -> float:
        """Seconds since the request arrived."""
        return time.perf_counter() - self.started


def of(scope: Any) -> Exchange:
    """Return the exchange of an ASGI scope, which the outermost layer put there."""
    exchange: Exchange = scope[KEY]
    return exchange


def new_id() -> str:
    """Return a UUID, version 7 of RFC 9562, as 32 hexadecimal digits: ids sort by time."""
    moment = time.time_ns() // 1_000_000
    noise = os.urandom(10).hex()
    return f"{moment.to_bytes(6).hex()}7{noise[:3]}{VARIANT[noise[3]]}{noise[4:19]}"
