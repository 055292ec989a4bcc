"""Four times as many requests as the service can answer."""

import asyncio
import time

from reliability.callers import Tally, called, percentile
from reliability.plan import Plan, text
from reliability.score import Score
from reliability.served import Served, served
from reliability.wire import Connection, Lost, request

AT_WORK, WAITING = 4, 4
TIMES = 4
ROWS = 1000
SLOWER = 2.0
AT_ONCE = 0.1
WAIT = 0.5
LEAST_SHARE = 0.5
REFUSED = frozenset({429, 503})


async def overload(plan: Plan) -> list[Score]:
    """Measure a full house with batches, then send four times as many, whatever is answered."""
    settings = {
        "LOCKGATE_MAX_AT_WORK": str(AT_WORK),
        "LOCKGATE_MAX_WAITING": str(WAITING),
        "LOCKGATE_MAX_WAIT": str(WAIT),
    }
    rows = [plan.rows[at % len(plan.rows)] for at in range(ROWS)]
    batch = request("/predict/batch", text({plan.entities: rows}))
    async with served(plan.bundle, plan.folder / "overload", **settings) as service:
        await called(service.port, [batch], 1, 1.0)
        full = await called(service.port, [batch], AT_WORK + WAITING, plan.seconds)
        rate = full.answered / plan.seconds
        crowded, spent = await flooded(service, batch, TIMES * rate, plan.seconds)
    usual, now = percentile(full.seconds, 0.99), percentile(crowded.seconds, 0.99)
    half, most = (percentile(crowded.refusals, share) for share in (0.5, 0.99))
    share = crowded.answered / spent / rate
    passed = not crowded.lost and set(crowded.statuses) <= REFUSED | {200}
    passed = passed and now < SLOWER * usual and share > LEAST_SHARE
    passed = passed and half < AT_ONCE and most < WAIT + AT_ONCE
    found = (
        f"{crowded.answered} accepted, p99 {now * 1000:.0f} ms (a full house: {usual * 1000:.0f}); "
        f"{len(crowded.refusals)} refused, half of them within {half * 1000:.0f} ms, p99 "
        f"{most * 1000:.0f} ms; {len(crowded.lost)} lost"
    )
    asked = (
        f"accepted ones keep their p99 (at most {SLOWER:g} times a full house's) and are at least "
        f"{LEAST_SHARE:.0%} of what a full house gets; the rest get "
        f"429 or 503 at once, or after the {WAIT:g} s that a few may wait"
    )
    what = f"{TIMES} times as many batches as it can answer"
    figures = {"statuses": dict(crowded.statuses), "p99": now, "p99_full": usual, "share": share}
    return [Score(what, asked, found, passed, figures)]


async def flooded(service: Served, sent: bytes, rate: float, seconds: float) -> tuple[Tally, float]:
    """Send so many requests a second, waiting for none, each on a connection of its own."""
    tally = Tally()
    started = time.monotonic()
    tasks: list[asyncio.Task[None]] = []
    while (now := time.monotonic() - started) < seconds:
        while len(tasks) < now * rate:
            tasks.append(asyncio.create_task(_one(service, sent, tally)))
        await asyncio.sleep(0.002)
    await asyncio.gather(*tasks)
    return tally, time.monotonic() - started


async def _one(service: Served, sent: bytes, tally: Tally) -> None:
    try:
        async with Connection(service.port) as connection:
            tally.add(await connection.ask(sent))
    except Lost as problem:
        tally.lost.append(str(problem))
