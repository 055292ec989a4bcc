"""HTTP/1.1 by hand: what is sent is up to the byte, and what is lost is counted to the request."""

import asyncio
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
PATIENCE = 30.0
LONGEST_HEAD = 1 << 20


class Lost(Exception):
    """No whole answer came."""


@dataclass(frozen=True)
class Reply:
    """An answer; `seconds` from the request's first byte."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


class Connection:
    """One connection to a port of this machine, to be used in an `async with`."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        """Connect."""
        try:
            self._reader, self._writer = await asyncio.wait_for(
                asyncio.open_connection(HOST, self._port, limit=LONGEST_HEAD), PATIENCE
            )
        except OSError as problem:
            raise Lost(f"no connection: {problem}") from None
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        """Disconnect, without waiting for what was not sent yet."""
        self._writer.transport.abort()

    async def ask(self, request: bytes, patience: float = PATIENCE) -> Reply:
        """Send a request as it is and return the answer, which may come before all was sent.

        Raises
        ------
        Lost
            When the connection ends, or nothing comes for `patience` seconds.
        """
        # While a large body is on its way its answer may come already.
        sending = asyncio.create_task(self.send(request))
        try:
            return await asyncio.wait_for(self.read(), patience)
        except TimeoutError:
            raise Lost(f"nothing came for {patience:g} s") from None
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def send(self, data: bytes) -> None:
        """Send bytes; that nobody reads them any more shows when the answer is read."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            return

    async def read(self) -> Reply:
        """Return the next answer.

        Raises
        ------
        Lost
            When the connection ends before it, or in the middle of it.
        """
        started = time.perf_counter()
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            status, headers = _head(head)
            while status == 100:
                status, headers = _head(await self._reader.readuntil(b"\r\n\r\n"))
            body = await self._body(headers)
        except (OSError, EOFError) as problem:
            raise Lost(f"the connection ended: {problem}") from None
        return Reply(status, headers, body, time.perf_counter() - started)

    async def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                parts.append(await self._reader.readexactly(size + 2))
            await self._reader.readuntil(b"\r\n")
            return b"".join(part[:-2] for part in parts)
        if "content-length" in headers:
            return await self._reader.readexactly(int(headers["content-length"]))
        return await self._reader.read()

    async def ended(self, patience: float) -> bool:
        """Tell whether the server closes the connection within so many seconds."""
        try:
            return not await asyncio.wait_for(self._reader.read(1), patience)
        except TimeoutError:
            return False
        except OSError:
            return True


def _head(text: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = text.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


def request(
    path: str = "/predict", body: bytes = b"", method: str = "POST", **headers: str
) -> bytes:
    """Return a request; an underscore in the name of a header stands for a dash."""
    standard = {"host": "localhost", "content_type": "application/json"}
    if body or method == "POST":
        standard["content_length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in (standard | headers).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(data: bytes, size: int = 65_536) -> bytes:
    """Return a body in chunks, without its length."""
    parts = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
