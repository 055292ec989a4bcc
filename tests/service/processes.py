"""The service as a process of its own."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.artifact.cases import ROW

ROOT = Path(__file__).parents[2]


@contextmanager
def served(bundle, log=subprocess.DEVNULL, checkout=None, **variables):
    """Run the service on a free port, its log to a file; yields the process and its address.

    Without a bundle it serves what is in production in a checkout.
    """
    settings = {"PORT": "0", "LOCKGATE_DRAIN_SECONDS": "0"}
    if bundle:
        settings["LOCKGATE_MODEL"] = str(bundle)
    server = subprocess.Popen(
        [sys.executable, "-m", "lockgate.service"],
        cwd=checkout,
        env={**os.environ, **settings, **variables, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        greeting = server.stdout.readline()
        yield server, re.search(r"on (https?://\S+)", greeting)[1]
    finally:
        server.terminate()
        try:
            server.communicate(timeout=30)
        finally:
            server.kill()


def eventually(true, seconds=30):
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers(server):
    """Return the process ids of the workers."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return [int(each) for each in children if "spawn_main" in _command(each)]


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:  # it has ended meanwhile
        return ""


def answers(url, seconds=5):
    """Tell whether a prediction is answered on a connection of its own."""
    try:
        return httpx.post(f"{url}/predict", json=ROW, timeout=seconds).status_code == 200
    except httpx.TransportError:
        return False


def resident(pid):
    """Return the megabytes that a process holds in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[1]) / 1024
