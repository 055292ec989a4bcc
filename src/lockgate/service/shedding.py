"""The HTTP protocol of a connection, which refuses at a small price while there is no room."""

import asyncio
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from lockgate.service.admission import refusal
from lockgate.service.patience import PatientProtocol

if TYPE_CHECKING:
    from lockgate.service.state import State

PREDICTIONS = frozenset({b"/predict", b"/predict/batch", b"/predict/stream"})


class SheddingProtocol(PatientProtocol):
    """Answers 503 before a request is made of what arrives, as `Admission` would afterwards.

    To refuse within the app costs a fifth of a prediction, so that at five times what a worker can
    do it would do nothing else.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._state: State = self.app.state.service
        self._turns = self._state.turns
        # What uvicorn's parser looks at to know that the rest of a request is not wanted.
        self._refused: Any = SimpleNamespace(
            response_complete=True, more_body=False, message_event=asyncio.Event()
        )

    def on_headers_complete(self) -> None:
        """Begin a request, or refuse it."""
        if self._turns.full and self._is_next() and self._is_plain():
            self.cycle = self._refused
            self._state.telemetry.refused("crowded")
            self.transport.write(REFUSAL)
            self.on_response_complete()
        else:
            super().on_headers_complete()

    def _is_next(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _is_plain(self) -> bool:
        """Tell a prediction whose connection goes on from what only the app can answer."""
        lasts = self.parser.should_keep_alive() and not self._state.stopping.is_set()
        return lasts and self.url.partition(b"?")[0] in PREDICTIONS


def _written() -> bytes:
    response = refusal()
    status = HTTPStatus(response.status_code)
    head = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
    head += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*head, b"", bytes(response.body)])


REFUSAL = _written()
