"""Connections that say nothing, or only half of it."""

import asyncio
from contextlib import AsyncExitStack

from reliability.callers import called, percentile
from reliability.plan import Plan
from reliability.score import Score
from reliability.served import served
from reliability.wire import Connection

COUNT = 500
IDLE_SECONDS = 2
GRACE = 8.0
CALLERS = 4


async def sockets(plan: Plan) -> list[Score]:
    """Open many connections, send half a request on each, and predict meanwhile."""
    settings = {"LOCKGATE_IDLE_SECONDS": str(IDLE_SECONDS)}
    async with (
        served(plan.bundle, plan.folder / "sockets", **settings) as service,
        AsyncExitStack() as stack,
    ):
        whole = plan.requests()[0]
        opened = []
        for at in range(COUNT):
            connection = await stack.enter_async_context(Connection(service.port))
            await connection.send((b"", whole[:40], whole[:-10])[at % 3])
            opened.append(connection)
        tally = await called(service.port, plan.requests(), CALLERS, plan.seconds)
        ended = await asyncio.gather(*(each.ended(IDLE_SECONDS + GRACE) for each in opened))
    passed = not tally.failed and set(tally.statuses) == {200} and all(ended)
    found = (
        f"{tally.answered:,} answered, {tally.failed} failed, "
        f"p99 {percentile(tally.seconds, 0.99) * 1000:.0f} ms; {sum(ended)} of {COUNT} closed"
    )
    what = f"{COUNT} connections that send nothing, half a head or half a body"
    asked = "all predictions answered, and each of them closed by a timeout"
    return [Score(what, asked, found, passed, {"closed": sum(ended), "failed": tally.failed})]
