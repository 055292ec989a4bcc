"""Where the entries of the cache are: in this process, or in Redis."""

import time
from collections import OrderedDict
from typing import Protocol

from lockgate.service.remote import Remote


class Keeper(Protocol):
    """Where entries are."""

    async def get(self, name: str) -> bytes | None:
        """Return an entry, None when there is none; may raise `Unavailable`."""

    async def put(self, name: str, entry: bytes) -> None:
        """Keep an entry; may raise `Unavailable`."""


class Memory:
    """The entries that were used last, in this process.

    Parameters
    ----------
    most : int
        How many there may be.
    seconds : float
        How long each is kept.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._entries: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    async def get(self, name: str) -> bytes | None:
        """Return an entry, None when there is none that is young enough."""
        if name not in self._entries:
            return None
        end, entry = self._entries[name]
        if end <= time.monotonic():
            del self._entries[name]
            return None
        self._entries.move_to_end(name)
        return entry

    async def put(self, name: str, entry: bytes) -> None:
        """Keep an entry; the one that was not used for longest makes room."""
        self._entries[name] = time.monotonic() + self._seconds, entry
        self._entries.move_to_end(name)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)


class Shared:
    """Entries in Redis, which all workers and instances share.

    Parameters
    ----------
    remote : Remote
        The Redis.
    seconds : float
        How long each is kept.
    """

    def __init__(self, remote: Remote, seconds: float) -> None:
        self._remote = remote
        self._milliseconds = max(1, round(seconds * 1000))

    async def get(self, name: str) -> bytes | None:
        """Return an entry, None when there is none."""
        found: bytes | None = await self._remote.ask("GET", f"lockgate:cache:{name}")
        return found

    async def put(self, name: str, entry: bytes) -> None:
        """Keep an entry."""
        await self._remote.ask("SET", f"lockgate:cache:{name}", entry, "PX", self._milliseconds)
