"""What the routes share: one of each a process."""

from dataclasses import dataclass

from starlette.requests import Request

from lockgate.journal import Writer
from lockgate.service.models import Router
from lockgate.service.settings import Settings


@dataclass(frozen=True)
class State:
    """The parts of a running service."""

    settings: Settings
    router: Router
    journal: Writer | None = None


def state_of(request: Request) -> State:
    """Return the parts of the service that the request arrived at."""
    state: State = request.app.state.service
    return state
