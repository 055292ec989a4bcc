"""Callers that ask one request after the other, and remember how each fared."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil

from reliability.wire import Connection, Lost, Reply


@dataclass
class Tally:
    """How the requests of all callers fared.

    Attributes
    ----------
    statuses : Counter
        How many answers had each HTTP status.
    lost : list of str
        Why requests had no answer.
    seconds : list of float
        How long each answer with status 200 took.
    refusals : list of float
        The same of all other answers.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)

    def add(self, reply: Reply) -> None:
        """Count an answer."""
        self.statuses[reply.status] += 1
        (self.seconds if reply.status == 200 else self.refusals).append(reply.seconds)

    @property
    def answered(self) -> int:
        """How many requests were answered with 200."""
        return self.statuses[200]

    @property
    def failed(self) -> int:
        """How many requests were lost, or answered with a server's error."""
        return len(self.lost) + sum(n for status, n in self.statuses.items() if status >= 500)


def percentile(seconds: Sequence[float], share: float) -> float:
    """Return the value that a share of all does not exceed, 0 of none."""
    return sorted(seconds)[max(0, ceil(share * len(seconds)) - 1)] if seconds else 0.0


class Callers:
    """So many callers, each with a connection that it opens anew when the server closes it.

    Parameters
    ----------
    port : int
        Of the service.
    requests : sequence of bytes
        Sent in turn.
    count : int
        How many callers.
    pause : float
        Seconds that each rests between an answer and the next request.
    """

    def __init__(
        self, port: int, requests: Sequence[bytes], count: int, pause: float = 0.0
    ) -> None:
        self.tally = Tally()
        self._port = port
        self._requests = requests
        self._pause = pause
        self._stopped = False
        self._tasks = [asyncio.create_task(self._call(at)) for at in range(count)]

    async def stop(self) -> Tally:
        """Let each caller have its last answer, and return how all fared."""
        self._stopped = True
        await asyncio.gather(*self._tasks)
        return self.tally

    async def _call(self, at: int) -> None:
        while not self._stopped:
            try:
                async with Connection(self._port) as connection:
                    at = await self._keep_asking(connection, at)
            except Lost as problem:
                self.tally.lost.append(str(problem))
                await asyncio.sleep(0.05)

    async def _keep_asking(self, connection: Connection, at: int) -> int:
        while not self._stopped:
            reply = await connection.ask(self._requests[at % len(self._requests)])
            self.tally.add(reply)
            at += 1
            await asyncio.sleep(self._pause)
            if reply.headers.get("connection") == "close":
                return at
        return at


async def called(
    port: int, requests: Sequence[bytes], count: int, seconds: float, pause: float = 0.0
) -> Tally:
    """Ask for so many seconds, and return how the requests fared."""
    callers = Callers(port, requests, count, pause)
    await asyncio.sleep(seconds)
    return await callers.stop()


async def while_called(callers: Callers, seconds: float, least: Callable[[Tally], bool]) -> None:
    """Wait until the callers have come so far, at most so long."""
    deadline = time.monotonic() + seconds
    while not least(callers.tally) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
