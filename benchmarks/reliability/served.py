"""The service as a process, with what can be seen of it from outside."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from load import ONE_THREAD, free_port
from measure import ENVIRONMENT
from prometheus_client.parser import text_string_to_metric_families

from reliability.wire import Connection, Lost, Reply, request

START_SECONDS = 60.0
STOP_SECONDS = 60.0


@dataclass(frozen=True)
class Served:
    """A running service.

    Attributes
    ----------
    folder : Path
        Its own, with its log and, unless it was told otherwise, its journal.
    """

    process: psutil.Popen
    port: int
    folder: Path

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / "journal.db"

    async def ask(self, sent: bytes, patience: float = 30.0) -> Reply:
        """Send a request on a connection of its own."""
        async with Connection(self.port) as connection:
            return await connection.ask(sent, patience)

    async def read(self, path: str) -> Reply:
        """Get a path."""
        return await self.ask(request(path, method="GET"))

    async def metric(self, name: str, **labels: str) -> float:
        """Return the sum of a metric over its other labels, 0 where there is none."""
        text = (await self.read("/metrics")).body.decode()
        samples = (
            each for family in text_string_to_metric_families(text) for each in family.samples
        )
        return sum(each.value for each in samples if _fits(each, name, labels))

    def workers(self) -> list[psutil.Process]:
        """Return the processes that answer."""
        children = [each for each in self.process.children() if "spawn_main" in _command(each)]
        return children or [self.process]

    def megabytes(self) -> float:
        """Return the resident size of the workers."""
        return sum(float(each.memory_info().rss) for each in self.workers()) / 2**20

    def rows(self) -> int:
        """Return how many rows the journal's SQLite file holds."""
        return rows_of(self.journal)

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of its log about an event."""
        texts = (self.folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
        lines = (json.loads(text) for text in texts if text.startswith("{"))
        return [line for line in lines if line.get("event") == event]

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        self.process.terminate()
        return int(self.process.wait(STOP_SECONDS))


@asynccontextmanager
async def served(bundle: Path, folder: Path, **variables: str) -> AsyncIterator[Served]:
    """Run the service with settings until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    settings = {
        "PORT": str(port),
        "LOCKGATE_MODEL": str(bundle),
        "LOCKGATE_JOURNAL": str(folder / "journal.db"),
        "LOCKGATE_DRAIN_SECONDS": "0",
    }
    inherited = {k: v for k, v in ENVIRONMENT.items() if not k.startswith("LOCKGATE_")}
    with (folder / "log").open("ab") as log:
        process = psutil.Popen(
            [sys.executable, "-m", "lockgate.service"],
            cwd=folder,
            env=inherited | ONE_THREAD | settings | variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    service = Served(process, port, folder)
    try:
        await ready(service, int(variables.get("WORKERS", "1")))
        yield service
    finally:
        await _end(process)


async def ready(service: Served, workers: int = 1) -> None:
    """Wait until it answers with all its workers."""
    await until(lambda: _ready(service, workers), START_SECONDS)


async def until(true: Callable[[], Any], seconds: float) -> float:
    """Wait until something is true, and return how long that took; `true` may be a coroutine.

    Raises
    ------
    SystemExit
        When it is not in time.
    """
    started = time.monotonic()
    while True:
        found = true()
        if await found if asyncio.iscoroutine(found) else found:
            return time.monotonic() - started
        if time.monotonic() - started > seconds:
            raise SystemExit(f"waited {seconds:g} s in vain")
        await asyncio.sleep(0.02)


async def _ready(service: Served, workers: int) -> bool:
    if service.process.poll() is not None:
        log = (service.folder / "log").read_text(encoding="utf-8", errors="replace")
        raise SystemExit(f"the service stopped: {log[-2000:]}")
    try:
        reply = await service.read("/ready")
    except Lost:
        return False
    return reply.status == 200 and len(service.workers()) == workers


async def _end(process: psutil.Popen) -> None:
    if process.poll() is not None:
        return
    family = [*process.children(recursive=True), process]
    process.terminate()
    with suppress(psutil.TimeoutExpired):
        await asyncio.to_thread(process.wait, STOP_SECONDS)
    for each in family:
        if each.is_running():
            each.kill()


def _fits(sample: Any, name: str, labels: dict[str, str]) -> bool:
    return bool(sample.name == name and labels.items() <= sample.labels.items())


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def rows_of(journal: Path) -> int:
    """Return how many rows a journal in SQLite holds."""
    with closing(sqlite3.connect(journal)) as connection:
        found = connection.execute("SELECT coalesce(sum(rows), 0) FROM predictions").fetchone()
    return int(found[0])
