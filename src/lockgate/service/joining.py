"""Writes what an answer consists of at once: head and body are one system call, not two."""

import asyncio
from typing import Any

# Bytes that wait at most: of more, the transport is to say when the client reads too slowly.
MOST = 65_536


class Joining:
    """A transport that sends all that was written to it in one turn of the event loop together.

    Parameters
    ----------
    transport : asyncio.Transport
        Does everything else.
    loop : asyncio.AbstractEventLoop
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Send some bytes before the next turn of the loop."""
        if not self._pieces:
            self._loop.call_soon(self._send)
        self._pieces.append(data)
        self._size += len(data)
        if self._size > MOST:
            self._send()

    def close(self) -> None:
        """Close the connection after what was written."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        pieces, self._pieces, self._size = self._pieces, [], 0
        if pieces and not self._transport.is_closing():
            self._transport.write(b"".join(pieces))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
