"""The HTTP protocol of a connection, with an end to waiting for a client that has gone silent."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from lockgate.service.sending import Sending

LOOKS = 4
LONGEST_LOOK = 1.0


class PatientProtocol(HttpToolsProtocol):
    """Closes a connection whose client keeps a worker waiting.

    uvicorn itself waits for ever for the rest of a request, and for an answer to be read. As in
    nginx (client_header_timeout, client_body_timeout, send_timeout) a client has so long for the
    whole head of a request, and between two pieces of its body or of the answer that it reads.

    Parameters
    ----------
    patience : float
        Seconds.
    """

    def __init__(self, *arguments: Any, patience: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._patience = patience
        self._pieces = 0
        self._since = 0.0
        self._seen: tuple[object, ...] = ()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop to look."""
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def on_body(self, body: bytes) -> None:
        """Count the pieces of a body, unless the answer was given without it."""
        if not self.cycle.response_complete:
            self._pieces += 1
        super().on_body(body)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        def answering(scope: Any, receive: Any, _: Any) -> Any:
            return app(scope, receive, Sending(cycle))

        super()._start_asgi_task(cycle, answering)

    def _look(self) -> None:
        """See whether anything has happened since the last look: cheaper than to time it all."""
        now = self.loop.time()
        unsent = self.transport.get_write_buffer_size()
        answered = self.cycle is not None and self.cycle.response_complete
        seen = (self.cycle, answered, self._pieces, unsent)
        if seen != self._seen or not (unsent or self._is_clients_turn()):
            self._since = now
        self._seen = seen
        if now - self._since > self._patience:
            self.transport.abort()
            return
        pause = min(self._patience / LOOKS, LONGEST_LOOK)
        self._timer = self.loop.call_later(pause, self._look)

    def _is_clients_turn(self) -> bool:
        if self.cycle is None:
            return True
        if self.cycle.response_complete:
            # For the next request uvicorn has a limit of its own.
            return self.cycle.more_body or self.timeout_keep_alive_task is None
        return self.cycle.more_body and not self.flow.read_paused
