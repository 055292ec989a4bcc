"""A journal whose database is full, read-only, locked or gone, while predictions are asked for."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass

from reliability.callers import Callers, percentile
from reliability.disks import disk
from reliability.plan import Plan
from reliability.postgres import MISSING, postgres
from reliability.score import Score, left_out
from reliability.served import Served, rows_of, served, until

CALLERS = 4
ASKED = "0 failed predictions; each in the journal, or counted as dropped"
NO_MOUNT = "only root may mount a small disk"
FEW_ROWS = 200
STOP_SECONDS = 60.0


@dataclass(frozen=True)
class Trouble:
    """What happens to a database, and what ends it.

    Attributes
    ----------
    rows : callable
        Counts the rows of the journal in the end.
    drops : bool
        Whether rows must be dropped, for want of a longer queue.
    """

    what: str
    begin: Callable[[], object]
    end: Callable[[], object]
    rows: Callable[[], int]
    drops: bool = False


async def database(plan: Plan) -> list[Score]:
    """Try each trouble."""
    scores = [await locked(plan), await full(plan), await read_only(plan)]
    return [*scores, await restarted(plan)]


async def locked(plan: Plan) -> Score:
    """Let another program hold the only lock of the SQLite file."""
    folder = plan.folder / "locked"
    async with served(plan.bundle, folder) as service:
        with ExitStack() as holding:

            def hold() -> None:
                other = holding.enter_context(closing(sqlite3.connect(service.journal)))
                other.execute("BEGIN EXCLUSIVE")

            what = "SQLite: the file locked by another program"
            return await _tried(plan, service, Trouble(what, hold, holding.close, service.rows))


async def full(plan: Plan) -> Score:
    """Fill the disk of journal and log, with a short queue, and give the space back."""
    what = "SQLite and the log: no space left on the disk, and a short queue"
    with disk(plan.folder / "full", 8) as small:
        if small is None:
            return left_out(what, ASKED, NO_MOUNT)
        queue = str(FEW_ROWS)
        async with served(plan.bundle, small.folder, LOCKGATE_JOURNAL_QUEUE=queue) as service:
            trouble = Trouble(what, small.fill, small.clear, service.rows, drops=True)
            return await _tried(plan, service, trouble)


async def read_only(plan: Plan) -> Score:
    """Start on a disk that is read-only until later."""
    what = "SQLite: a disk that is read-only from the start, until it is mended"
    folder = plan.folder / "read-only"
    with disk(folder / "disk", 64) as small:
        if small is None:
            return left_out(what, ASKED, NO_MOUNT)
        small.remount("ro")
        file = small.folder / "journal.db"
        async with served(plan.bundle, folder, LOCKGATE_JOURNAL=str(file)) as service:
            trouble = Trouble(
                what, lambda: None, lambda: small.remount("rw"), lambda: rows_of(file)
            )
            return await _tried(plan, service, trouble)


async def restarted(plan: Plan) -> Score:
    """Kill PostgreSQL, and start it again."""
    what = "PostgreSQL: kill -9, and started again"
    with postgres() as server:
        if server is None:
            return left_out(what, ASKED, MISSING)
        await until(server.up, STOP_SECONDS)
        settings = {"LOCKGATE_JOURNAL_URL": server.url}
        async with served(plan.bundle, plan.folder / "postgres", **settings) as service:
            trouble = Trouble(what, server.kill, server.start, server.rows)
            score = await _tried(plan, service, trouble, server.up)
    return score


async def _tried(
    plan: Plan, service: Served, trouble: Trouble, up: Callable[[], bool] = lambda: True
) -> Score:
    callers = Callers(service.port, plan.requests(), CALLERS)
    await asyncio.sleep(1.0)
    trouble.begin()
    await asyncio.sleep(plan.seconds)
    trouble.end()
    await until(up, STOP_SECONDS)
    await asyncio.sleep(1.0)
    tally = await callers.stop()
    dropped = await service.metric("lockgate_journal_rows_total", outcome="dropped")
    code = await asyncio.to_thread(service.stop)
    kept = trouble.rows()
    missing = tally.answered - kept - int(dropped)
    passed = not tally.failed and set(tally.statuses) == {200} and not missing and not code
    passed = passed and (bool(dropped) or not trouble.drops)
    found = (
        f"{tally.failed} of {tally.answered:,} failed, p99 "
        f"{percentile(tally.seconds, 0.99) * 1000:.0f} ms; {kept:,} in the journal, "
        f"{dropped:,.0f} counted as dropped, {missing:,} missing"
    )
    figures = {"failed": tally.failed, "kept": kept, "dropped": dropped, "missing": missing}
    return Score(trouble.what, ASKED, found, passed, figures)
