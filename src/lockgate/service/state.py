"""What the routes share: one of each a process."""

from dataclasses import dataclass, field
from threading import Event

from structlog.typing import FilteringBoundLogger

from lockgate.journal import Writer
from lockgate.service.caching import Cache
from lockgate.service.logs import Lines
from lockgate.service.models import Router
from lockgate.service.precomputed import Precomputed
from lockgate.service.remote import Remote
from lockgate.service.settings import Settings
from lockgate.service.telemetry import Telemetry
from lockgate.service.turns import Turns


@dataclass(frozen=True)
class State:
    """The parts of a running service.

    Attributes
    ----------
    lines : Lines
        What the log is written to.
    turns, journal_turns : Turns
        Who may work: those that ask the journal apart, since a database that hangs keeps theirs.
    stopping : Event
        Set once the process was told to stop: it still answers, and asks callers to go elsewhere.
    """

    settings: Settings
    router: Router
    telemetry: Telemetry
    lines: Lines
    log: FilteringBoundLogger
    precomputed: Precomputed
    turns: Turns
    journal_turns: Turns
    journal: Writer | None = None
    remote: Remote | None = None
    cache: Cache | None = None
    stopping: Event = field(default_factory=Event)
