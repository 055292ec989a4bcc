"""One hostile request."""

from dataclasses import dataclass

REFUSED = frozenset(range(400, 500))
ANSWERED = frozenset({200})
EITHER = REFUSED | ANSWERED
DEEP = 100_000


@dataclass(frozen=True)
class Payload:
    """What is sent on a connection of its own, and the statuses that may answer it."""

    name: str
    sent: bytes
    allowed: frozenset[int] = REFUSED
    answers: int = 1
