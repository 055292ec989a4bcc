"""Workers that are killed, and services that are told to stop, under load."""

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass

import psutil

from reliability.callers import Callers, percentile
from reliability.plan import Plan
from reliability.score import Score
from reliability.served import START_SECONDS, Served, served, until
from reliability.wire import Connection, Lost, request

CALLERS = 8
PAUSE = 0.005
PROBES = 16
MOST_KILLS = 20
BACK_SECONDS = 5.0
LOOK_EVERY = 0.2
DRAIN_SECONDS = 2.0


@dataclass(frozen=True)
class Kill:
    """What a kill cost: requests lost, connections that the worker had, seconds until two again."""

    lost: int
    held: int
    seconds: float


async def killed(plan: Plan) -> list[Score]:
    """Kill one of two workers again and again."""
    async with served(plan.bundle, plan.folder / "killed", WORKERS="2") as service:
        callers = Callers(service.port, plan.requests(), CALLERS, PAUSE)
        kills = [await _kill(service, callers) for _ in range(min(plan.rounds, MOST_KILLS))]
        tally = await callers.stop()
    slowest = max(each.seconds for each in kills)
    passed = all(each.lost <= each.held for each in kills) and slowest < BACK_SECONDS
    passed = passed and set(tally.statuses) == {200}
    found = (
        f"{max(each.lost for each in kills)} of {CALLERS} in flight lost, "
        f"two workers answer again after {slowest:.1f} s, {tally.answered:,} answered"
    )
    asked = f"lost at most what it was answering, two answer again in under {BACK_SECONDS:g} s"
    figures = {"kills": [asdict(each) for each in kills], "answered": tally.answered}
    return [Score("kill -9 of one of two workers under load", asked, found, passed, figures)]


async def _kill(service: Served, callers: Callers) -> Kill:
    await asyncio.sleep(1.0)
    workers = service.workers()
    before = len(callers.tally.lost)
    held = len(_connections(workers[0]))
    workers[0].send_signal(signal.SIGKILL)
    old = {each.pid for each in workers}
    seconds = await until(lambda: _replaced(service, old), START_SECONDS)
    return Kill(len(callers.tally.lost) - before, held, round(seconds, 2))


async def _replaced(service: Served, old: set[int]) -> bool:
    """Tell whether a new worker has taken one of some connections, all of them answered."""
    new = [each for each in service.workers() if each.pid not in old]
    async with AsyncExitStack() as stack:
        probes = [await stack.enter_async_context(Connection(service.port)) for _ in range(PROBES)]
        replies = [await each.ask(request("/health", method="GET")) for each in probes]
        taken = any(_connections(each) for each in new)
    return taken and all(reply.status == 200 for reply in replies)


def _connections(worker: psutil.Process) -> list[object]:
    with suppress(psutil.Error):
        return [each for each in worker.net_connections("tcp") if each.raddr]
    return []


async def stopped(plan: Plan) -> list[Score]:
    """Tell it to stop under load, with one worker and with two; callers follow /ready."""
    return [await _stopped(plan, workers) for workers in (1, 2)]


async def _stopped(plan: Plan, workers: int) -> Score:
    settings = {"WORKERS": str(workers), "LOCKGATE_DRAIN_SECONDS": str(DRAIN_SECONDS)}
    async with served(plan.bundle, plan.folder / f"stopped-{workers}", **settings) as service:
        callers = Callers(service.port, plan.requests(), CALLERS)
        await asyncio.sleep(plan.seconds)
        service.process.terminate()
        await until(lambda: _not_ready(service), DRAIN_SECONDS)
        tally = await callers.stop()
        code = await asyncio.to_thread(service.process.wait, 60)
        kept = service.rows()
    missing = tally.answered - kept
    passed = not tally.failed and set(tally.statuses) == {200} and not missing and code == 0
    found = (
        f"{len(tally.lost)} of {tally.answered:,} lost, {missing} missing in the journal, "
        f"exit code {code}, p99 {percentile(tally.seconds, 0.99) * 1000:.0f} ms"
    )
    what = f"SIGTERM under load, {workers} worker{'s' * (workers > 1)}"
    asked = "0 requests lost, all of them in the journal, exit code 0"
    return Score(what, asked, found, passed, {"lost": tally.lost, "answered": tally.answered})


async def _not_ready(service: Served) -> bool:
    """Ask as a load balancer does."""
    await asyncio.sleep(LOOK_EVERY)
    try:
        return (await service.read("/ready")).status != 200
    except Lost:
        return True
