"""A Redis that is killed or hangs, while cache and rate limits lean on it."""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from load import free_port

from reliability.callers import Callers, percentile
from reliability.plan import Plan
from reliability.score import Score, left_out
from reliability.served import served, until
from reliability.wire import HOST

CALLERS = 4
P99 = 0.1
ASKED = f"no 5xx, p99 below {P99:g} s"
MISSING = "redis-server is not installed; it is Debian's package redis-server"
UP_SECONDS = 10.0
LEANING = {
    "LOCKGATE_CACHE": "redis",
    "LOCKGATE_RATE_STORE": "redis",
    "LOCKGATE_RATE_PER_ADDRESS": "1000000/second",
}


class Redis:
    """A server process of its own that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://{HOST}:{self._port}"
        self.start()

    def start(self) -> None:
        """Come up."""
        place = ["--port", str(self._port), "--bind", HOST, "--dir", str(self._folder)]
        command = ["redis-server", *place, "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def hang(self) -> None:
        """Take connections, and say nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Go down at once."""
        self._process.kill()
        self._process.wait(UP_SECONDS)

    async def up(self) -> bool:
        """Tell whether it takes connections."""
        try:
            _, writer = await asyncio.open_connection(HOST, self._port)
        except OSError:
            return False
        writer.close()
        return True


@dataclass(frozen=True)
class Trouble:
    """What happens to it, and what ends it."""

    name: str
    what: str
    begin: Callable[[Redis], None]
    end: Callable[[Redis], None]


TROUBLES = (
    Trouble("killed", "Redis: kill -9, and started again", Redis.stop, Redis.start),
    Trouble("hung", "Redis: hung (SIGSTOP), and awake again", Redis.hang, Redis.go_on),
)


async def redis(plan: Plan) -> list[Score]:
    """Kill it and start it again; stop it and let it go on."""
    if not shutil.which("redis-server"):
        return [left_out(trouble.what, ASKED, MISSING) for trouble in TROUBLES]
    return [await _tried(plan, trouble) for trouble in TROUBLES]


async def _tried(plan: Plan, trouble: Trouble) -> Score:
    folder = plan.folder / f"redis-{trouble.name}"
    server = Redis(folder / "redis")
    try:
        await until(server.up, UP_SECONDS)
        settings = LEANING | {"LOCKGATE_REDIS_URL": server.url}
        async with served(plan.bundle, folder, **settings) as service:
            callers = Callers(service.port, plan.requests(), CALLERS)
            await asyncio.sleep(1.0)
            trouble.begin(server)
            await asyncio.sleep(plan.seconds)
            trouble.end(server)
            await asyncio.sleep(1.0)
            tally = await callers.stop()
    finally:
        server.stop()
    p99 = percentile(tally.seconds, 0.99)
    passed = not tally.failed and set(tally.statuses) == {200} and p99 < P99
    found = (
        f"{tally.failed} of {tally.answered:,} failed, p99 {p99 * 1000:.0f} ms, "
        f"the slowest {max(tally.seconds) * 1000:.0f} ms"
    )
    figures = {"failed": tally.failed, "p99": p99, "slowest": max(tally.seconds)}
    return Score(trouble.what, ASKED, found, passed, figures)
