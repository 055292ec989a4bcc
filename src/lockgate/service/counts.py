"""How often somebody asked lately: counted in this process, or with others in Redis."""

import time
from contextlib import suppress
from math import ceil

from lockgate.service.formats import Rate
from lockgate.service.remote import Remote, Unavailable

# Whoever comes when so many are known is counted together with the others: memory has an end.
MOST_KNOWN = 100_000
OTHERS = ""
# Requests in this window, and the whole seconds until the next one; a named tuple takes longer to
# make than both to count.
Count = tuple[int, int]
# One trip, and no key is left behind without its end.
HIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, math.max(1, redis.call('TTL', KEYS[1]))}
"""


class Local:
    """Counts of this process, in fixed windows; of past ones nothing is kept."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._counts: dict[str, int] = {}
        self._ends = 0.0

    def hit(self, who: str) -> Count:
        """Count a request."""
        now = time.monotonic()
        if now >= self._ends:
            self._counts = {}
            self._ends = now + self._rate.seconds
        if len(self._counts) >= MOST_KNOWN and who not in self._counts:
            who = OTHERS
        count = self._counts[who] = self._counts.get(who, 0) + 1
        return count, ceil(self._ends - now)


class Counts:
    """How often each caller asked in this window.

    Parameters
    ----------
    name : {"address", "key"}
        What callers are told apart by.
    rate : Rate
        How often one may ask.
    remote : Remote or None
        Where all processes count together; while it fails each counts for itself.

    Attributes
    ----------
    together : bool
        Whether all processes count together.
    hit_here : callable
        Counts a request in this process alone, and never waits.
    """

    def __init__(self, name: str, rate: Rate, remote: Remote | None) -> None:
        self.name = name
        self.rate = rate
        self.together = remote is not None
        self._remote = remote
        self.hit_here = Local(rate).hit
        self._prefix = f"lockgate:rate:{name}:{rate.amount}/{rate.seconds}:"

    async def hit(self, who: str) -> Count:
        """Count a request, together with the other processes if they can be."""
        if self._remote:
            with suppress(Unavailable):
                key = f"{self._prefix}{who}"
                asked = await self._remote.ask("EVAL", HIT, 1, key, self.rate.seconds)
                requests, seconds = asked
                return requests, seconds
        return self.hit_here(who)
