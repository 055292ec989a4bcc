"""What a crash leaves of DVC's list of who is at work."""

import json
import os
import subprocess
import sys

import pytest

from lockgate.cli import project as commands
from lockgate.cli.doctor import examine
from lockgate.errors import EnvironmentProblem
from lockgate.storage import locks
from lockgate.storage.locks import LIST, read_locks
from tests.project import Project

Capture = pytest.CaptureFixture[str]
NOBODY = 2**22 + 1  # above every process number of Linux


def _list(project: Project, pid: int, command: str) -> None:
    entry = {"pid": pid, "cmd": command}
    listed = {"write": {"/data/features": entry, "/gone": {}}, "read": {"/data/raw": [entry]}}
    project.write(str(LIST), json.dumps(listed))


def _doctor(project: Project, capsys: Capture) -> str:
    examine(project.root, ask_remote=False)
    return capsys.readouterr().out


def test_a_list_that_was_cut_off_is_found_and_removed(project: Project, capsys: Capture) -> None:
    """A disk that is full leaves a list at which each command of DVC stops, for ever."""
    path = project.write(str(LIST), '{"write": {"/data/feat')
    assert project.dvc("repro", check=False).returncode != 0
    assert "wrong    .dvc/tmp/rwlock is cut off" in _doctor(project, capsys)
    with pytest.raises(EnvironmentProblem, match="--mend"):
        commands.check(project.root)
    locks.mend(project.root)
    assert "removed: .dvc/tmp/rwlock" in capsys.readouterr().out
    assert not path.exists()
    commands.check(project.root)


def test_a_number_that_went_to_another_program_is_found(project: Project, capsys: Capture) -> None:
    """After a crash and a reboot DVC may wait for a process that has never heard of it."""
    _list(project, os.getpid(), "/usr/bin/dvc repro --nowhere")
    said = _doctor(project, capsys)
    assert f"wrong    DVC waits for process {os.getpid()}, /usr/bin/dvc repro --nowhere" in said
    locks.mend(project.root)
    assert not (project.root / LIST).exists()


def test_dvc_at_work_is_left_at_work(project: Project, capsys: Capture) -> None:
    """A run that goes on is named, and mending does not take its locks away."""
    code = "import sys; sys.stdin.read()"
    command = [sys.executable, "-c", code, "repro"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as running:
        _list(project, running.pid, "-c " + code + " repro")
        assert f"warning  DVC is at work: process {running.pid}" in _doctor(project, capsys)
        locks.mend(project.root)
        assert (project.root / LIST).exists()
        commands.check(project.root)


def test_processes_that_ended_are_no_matter(project: Project) -> None:
    """DVC clears these by itself."""
    _list(project, NOBODY, "/usr/bin/dvc repro")
    assert not read_locks(project.root).stale
    assert not read_locks(project.root).working


def test_without_a_list_nobody_is_at_work(project: Project) -> None:
    """A checkout in which DVC has never run has none."""
    assert not read_locks(project.root).stale
    locks.mend(project.root)
