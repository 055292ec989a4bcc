"""Bodies beyond all measure: refused before they are whole, and before memory fills."""

import asyncio
import gzip

from reliability.plan import Plan
from reliability.score import Score
from reliability.served import Served, served
from reliability.wire import Lost, chunked, request

MEGABYTE = 10**6
SECONDS = 1.5
GROWTH = 50.0
REFUSED = frozenset({400, 413, 415})
ASKED = f"413, 400 or 415 in under {SECONDS:g} s, growth below {GROWTH:g} MB"
EVERY = 0.01


async def large(plan: Plan) -> list[Score]:
    """Send each body to a service of its own, and watch its memory meanwhile."""
    return [
        await _refused(plan, f"large-{at}", what, sent)
        for at, (what, sent) in enumerate(bodies().items())
    ]


def bodies() -> dict[str, bytes]:
    """Return requests with large bodies."""
    found = {}
    for megabytes in (10, 100):
        body = b'{"a": "' + b"x" * megabytes * MEGABYTE + b'"}'
        found[f"a body of {megabytes} MB"] = request(body=body)
        head = request(transfer_encoding="chunked").replace(b"content-length: 0\r\n", b"")
        found[f"{megabytes} MB in chunks, without a length"] = head + chunked(body)
    bomb = gzip.compress(bytes(100 * MEGABYTE))
    found["100 MB packed by gzip"] = request(body=bomb, content_encoding="gzip")
    found["the same, not said to be packed"] = request(body=bomb)
    return found


async def _refused(plan: Plan, name: str, what: str, sent: bytes) -> Score:
    async with served(plan.bundle, plan.folder / name) as service:
        await service.ask(plan.requests()[0])
        before = service.megabytes()
        peak = Peak(service)
        try:
            reply = await service.ask(sent)
            status, seconds = reply.status, reply.seconds
        except Lost:
            status, seconds = 0, 0.0
        growth = await peak.stop() - before
        alive = (await service.ask(plan.requests()[0])).status == 200
    passed = status in REFUSED and seconds < SECONDS and growth < GROWTH and alive
    found = f"{status or 'no answer'} after {seconds:.2f} s, {growth:+.0f} MB"
    figures = {"status": status, "seconds": round(seconds, 3), "megabytes": round(growth, 1)}
    return Score(what, ASKED, found, passed, figures)


class Peak:
    """The most that the workers have resident from now on."""

    def __init__(self, service: Served) -> None:
        self._service = service
        self._most = 0.0
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> float:
        """Return it, in megabytes."""
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        return max(self._most, self._service.megabytes())

    async def _watch(self) -> None:
        while True:
            self._most = max(self._most, self._service.megabytes())
            await asyncio.sleep(EVERY)
