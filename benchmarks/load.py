"""Servers on one core, asked by wrk from another one."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import psutil
from measure import ENVIRONMENT

START_SECONDS = 60.0
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# wrk asks this script for each request, and reports to it in the end.
SCRIPT = """
local file = io.open("%s")
local requests = {}
for body in file:lines() do
    requests[#requests + 1] = wrk.format("POST", "%s", %s, body)
end
local at = 0
request = function()
    at = at %% #requests + 1
    return requests[at]
end
done = function(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests": %%d, "microseconds": %%d, "refused": %%d, "broken": %%d, ' ..
        '"p50": %%f, "p99": %%f}',
        summary.requests, summary.duration, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Load:
    """What a server did under load.

    Attributes
    ----------
    rate : float
        Requests answered each second.
    p50, p99 : float
        Latency in milliseconds, as the client saw it.
    cpu : float
        CPU seconds that the server's process spent on a request.
    """

    rate: float
    p50: float
    p99: float
    cpu: float


@dataclass(frozen=True)
class Asked:
    """What a server is asked: the bodies, one after the other, by so many connections."""

    path: str
    bodies: Sequence[bytes]
    connections: int


@dataclass(frozen=True)
class Server:
    """A process that listens on a port of this machine, and the headers that it wants."""

    process: psutil.Popen
    port: int
    headers: dict[str, str]
    ready_seconds: float

    def megabytes(self) -> float:
        """Return its resident size."""
        return float(self.process.memory_info().rss / 2**20)

    def seconds(self) -> float:
        """Return the CPU time that it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def cores() -> tuple[int, int] | None:
    """Return a core for the server and one for wrk, None where there are not two."""
    mine = sorted(os.sched_getaffinity(0))
    return (mine[-2], mine[-1]) if len(mine) > 1 else None


@contextmanager
def serving(
    command: Sequence[str],
    ready: str,
    core: int,
    folder: Path,
    headers: dict[str, str],
    **variables: str,
) -> Iterator[Server]:
    """Run a server on one core; `{port}` in its command and variables becomes a free one.

    Its log goes to a file, as a service's does.
    """
    port = free_port()
    words = [word.format(port=port) for word in command]
    settings = {name: value.format(port=port) for name, value in variables.items()}
    environment = ENVIRONMENT | ONE_THREAD | settings
    with TemporaryDirectory() as logs, (Path(logs) / "log").open("wb") as log:
        started = time.monotonic()
        process = psutil.Popen(
            ["taskset", "--cpu-list", str(core), sys.executable, *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            wait(f"http://127.0.0.1:{port}{ready}", process)
            yield Server(process, port, headers, time.monotonic() - started)
        finally:
            process.terminate()
            process.wait(30)


def wait(url: str, process: psutil.Popen) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{url} does not answer") from None
            time.sleep(0.01)


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def loaded(server: Server, asked: Asked, seconds: int, core: int) -> Load:
    """Ask a server for so long, and return how it did; one request not answered is an error."""
    with TemporaryDirectory() as folder:
        script = _script(Path(folder), server, asked)
        before, started = server.seconds(), time.monotonic()
        done = subprocess.run(
            [
                *("taskset", "--cpu-list", str(core), "wrk", "--threads", "1", "--latency"),
                *("--connections", str(asked.connections), "--duration", f"{seconds}s"),
                *("--timeout", "30s", "--script", str(script)),
                f"http://127.0.0.1:{server.port}",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 60,
        )
    found = json.loads(done.stdout[done.stdout.rindex("{") :])
    spent = server.seconds() - before
    if found["refused"] or found["broken"] or not found["requests"]:
        raise SystemExit(f"after {time.monotonic() - started:.1f} s of load: {found}")
    return Load(
        rate=found["requests"] / found["microseconds"] * 1e6,
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        cpu=spent / found["requests"],
    )


def _script(folder: Path, server: Server, asked: Asked) -> Path:
    bodies, script = folder / "bodies", folder / "script.lua"
    bodies.write_bytes(b"\n".join(asked.bodies) + b"\n")
    headers = {"content-type": "application/json"} | server.headers
    lua = ", ".join(f'["{name}"] = "{value}"' for name, value in headers.items())
    script.write_text(SCRIPT % (bodies, asked.path, f"{{{lua}}}"), encoding="utf-8")
    return script


def missing() -> str:
    """Return why nothing can be measured here, "" when it can."""
    for program, package in (("wrk", "wrk"), ("taskset", "util-linux")):
        if shutil.which(program) is None:
            return f"{program} is not installed; it is Debian's package {package}"
    return "" if cores() else "the server and wrk need a core each, and there is one"
