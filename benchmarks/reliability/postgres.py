"""A PostgreSQL of its own, to be killed."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from load import free_port

MISSING = "PostgreSQL is not installed; it is Debian's package postgresql"
SECONDS = 30.0


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Postgres:
    """A server process that can go down and come back; it refuses root, and is nobody then."""

    def __init__(self, folder: Path, bin_: Path) -> None:
        self._folder = folder
        self._bin = bin_
        self._port = free_port()
        self._user = "nobody" if os.geteuid() == 0 else None
        self.url = f"postgresql://keeper@127.0.0.1:{self._port}/postgres"
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-U", "keeper", "-A", "trust", "-N").wait(SECONDS)
        self.start()

    def start(self) -> None:
        """Come up; clients may have to wait."""
        place = ("-p", str(self._port), "-k", str(self._folder))
        self._process = self._run("postgres", *place, "-c", "listen_addresses=127.0.0.1")

    def up(self) -> bool:
        """Tell whether it answers; one that could not start is started again."""
        if self._process.poll() is not None:
            self.start()
        try:
            with psycopg.connect(self.url, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def kill(self) -> None:
        """Go down at once."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(SECONDS)

    def stop(self) -> None:
        """Go down in order, at most so slowly."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(SECONDS)

    def rows(self) -> int:
        """Return how many rows the journal holds."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute("SELECT coalesce(sum(rows), 0) FROM predictions").fetchone()
        return int(found[0]) if found else 0

    def _run(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(self._bin / program), "-D", str(self._folder / "data"), *words],
            cwd="/",
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def postgres() -> Iterator[Postgres | None]:
    """Run a server until the block ends; None where it is not installed."""
    bin_ = programs()
    if bin_ is None:
        yield None
        return
    with TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder), bin_)
        try:
            yield server
        finally:
            server.stop()
