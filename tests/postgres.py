"""A PostgreSQL of the tests' own, in a temporary folder."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = Path(max([*Path("/usr/lib/postgresql").glob("*/bin"), Path("/absent")][:1]))
INSTALLED = (PROGRAMS / "initdb").exists()
REASON = "needs PostgreSQL: Debian's package postgresql"


class Server:
    """A PostgreSQL of its own; it refuses root, so it runs as nobody there.

    Parameters
    ----------
    folder : Path
        Empty.
    trust : str
        Whom it lets in: ``trust`` is everybody, ``password`` who knows it.
    """

    def __init__(self, folder: Path, trust: str = "trust") -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"postgresql://keeper@127.0.0.1:{self.port}/postgres"
        self._user = {"user": "nobody"} if os.geteuid() == 0 else {}
        secret = folder / "secret"
        secret.write_text("s3cret/word\n")
        if self._user:
            shutil.chown(folder, **self._user)
            shutil.chown(secret, **self._user)
        making = [PROGRAMS / "initdb", "-D", folder / "data", "-U", "keeper", "-A", trust, "-N"]
        making.append(f"--pwfile={secret}")
        subprocess.run(making, check=True, capture_output=True, cwd="/", **self._user)

    def start(self) -> None:
        """Come up."""
        options = ["-p", str(self.port), "-k", self.folder, "-c", "listen_addresses=127.0.0.1"]
        self.process = subprocess.Popen(
            [PROGRAMS / "postgres", "-D", self.folder / "data", *options],
            cwd="/",
            stderr=subprocess.DEVNULL,
            **self._user,
        )

    def stop(self, how: signal.Signals) -> None:
        """Go down."""
        self.process.send_signal(how)
        self.process.wait(30)


@contextmanager
def serving(trust: str = "trust") -> Iterator[Server]:
    """Run a PostgreSQL while the block lasts; it may take a second until it answers."""
    folder = Path(tempfile.mkdtemp(prefix="postgres"))
    server = Server(folder, trust)
    server.start()
    try:
        yield server
    finally:
        server.stop(signal.SIGINT)
        shutil.rmtree(folder)
