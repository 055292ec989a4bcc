"""The journal in PostgreSQL, which is killed and comes back."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from lockgate.journal import Conflict, Privacy, Writer, open_store
from tests.journal.test_journal import SCHEMA, record, until

PROGRAMS = Path(max([*Path("/usr/lib/postgresql").glob("*/bin"), Path("/absent")][:1]))
pytestmark = pytest.mark.skipif(
    not (PROGRAMS / "initdb").exists(), reason="needs PostgreSQL: Debian's package postgresql"
)


class Server:
    """A PostgreSQL of its own; it refuses root, so it runs as nobody there."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"postgresql://keeper@127.0.0.1:{self.port}/postgres"
        user = {"user": "nobody"} if os.geteuid() == 0 else {}
        if user:
            shutil.chown(folder, **user)
        self._user = user
        making = [PROGRAMS / "initdb", "-D", folder / "data", "-U", "keeper", "-A", "trust", "-N"]
        subprocess.run(making, check=True, capture_output=True, cwd="/", **user)

    def start(self):
        """Come up."""
        options = ["-p", str(self.port), "-k", self.folder, "-c", "listen_addresses=127.0.0.1"]
        self.process = subprocess.Popen(
            [PROGRAMS / "postgres", "-D", self.folder / "data", *options],
            cwd="/",
            stderr=subprocess.DEVNULL,
            **self._user,
        )

    def stop(self, how):
        """Go down."""
        self.process.send_signal(how)
        self.process.wait(30)


@pytest.fixture
def server():
    """Return a PostgreSQL that runs."""
    folder = Path(tempfile.mkdtemp(prefix="postgres"))
    server = Server(folder)
    server.start()
    yield server
    server.stop(signal.SIGINT)
    shutil.rmtree(folder)


def test_a_killed_postgresql_loses_nothing_once_it_is_back(server):
    """Killed and started again between and while records come."""
    writer = Writer(open_store(server.url, Privacy(SCHEMA)), 10_000)
    writer.start()
    writer.put(record(1))
    until(lambda: writer.written == 1)
    server.stop(signal.SIGQUIT)
    for number in range(2, 1_002):
        writer.put(record(number))
    until(lambda: writer.failure)
    time.sleep(0.3)
    server.start()
    until(lambda: writer.written == 1_001, 40)
    store = writer.store
    assert len(list(store.all())) == 1_001
    store.write([record(1)])
    assert store.give([(record(1).id, 0, 2.0)]) == 1
    assert store.give([(record(1).id, 0, 2.0)]) == 0
    with pytest.raises(Conflict):
        store.give([(record(1).id, 0, 3.0)])
    assert store.find([record(1).id])[record(1).id]["feedback"] == {0: 2.0}
    assert store.prune(time.time_ns() // 1_000_000) == 1_001
    writer.close(20)
    assert writer.dropped == 0
