"""Files that are replaced in one step, whatever happens meanwhile."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lockgate.errors import EnvironmentProblem
from lockgate.tables.paths import replacing, scratch

KILLED = """
import os, signal, sys
from lockgate.tables.paths import scratch
with scratch(sys.argv[1]) as partial:
    if sys.argv[2] == "folder":
        partial.mkdir()
        (partial / "part").write_text("half")
    else:
        partial.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_process_left_is_cleared_by_the_next(tmp_path: Path, kind: str) -> None:
    """A kill -9 leaves the old file in its place, and its scrap goes with the next attempt."""
    target = tmp_path / "sales [1].csv"
    target.write_text("old")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(target), kind], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    with replacing(target) as partial:
        partial.write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    assert target.read_text() == "new"


def test_the_scrap_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    """Two processes that write the same file at once do not take each other's half away."""
    living = tmp_path / f".sales.csv.{os.getppid()}.partial"
    foreign = tmp_path / ".sales.csv.notes.partial"
    for path in (living, foreign):
        path.write_text("half")
    with replacing(tmp_path / "sales.csv") as partial:
        partial.write_text("new")
    assert living.exists()
    assert foreign.exists()


def test_a_folder_is_thrown_away_when_the_block_fails(tmp_path: Path) -> None:
    """Nothing half-made stays behind, whatever stopped it."""

    def make() -> None:
        with scratch(tmp_path / "model") as folder:
            folder.mkdir()
            (folder / "part").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_named(tmp_path: Path) -> None:
    """The file, the reason and the next step are said, and the old file stays as it was."""
    target = tmp_path / "sales.csv"
    target.write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with (
            pytest.raises(EnvironmentProblem, match="sales.csv: it cannot be written"),
            replacing(target) as partial,
        ):
            partial.write_bytes(bytes(2000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["sales.csv"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """So is a path below something that is no folder."""
    (tmp_path / "models").write_text("a file")
    with (
        pytest.raises(EnvironmentProblem, match="models/model.json: it cannot be written"),
        replacing(tmp_path / "models/model.json"),
    ):
        pass
