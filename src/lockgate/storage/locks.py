"""DVC's list of who is at work on what, and what is left of it after a crash."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from lockgate.console import say

LIST = Path(".dvc", "tmp", "rwlock")


@dataclass(frozen=True)
class Locks:
    """What the list says.

    Attributes
    ----------
    path : Path
        Where it is.
    broken : bool
        Whether it cannot be read: a disk was full when it was written. Every command of DVC fails.
    working : tuple of str
        The processes that are at work, each with its command.
    strange : tuple of str
        Those that DVC waits for in vain: their number has gone to another program since.
    """

    path: Path
    broken: bool = False
    working: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether the list is in the way of DVC and of no use to anybody."""
        return self.broken or bool(self.strange and not self.working)


def read_locks(root: Path) -> Locks:
    """Read the list of the checkout at `root`; entries of processes that ended are no matter."""
    path = root / LIST
    try:
        listed = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Locks(path)
    except ValueError:
        return Locks(path, broken=True)
    working: set[str] = set()
    strange: set[str] = set()
    for entry in _entries(listed):
        if psutil.pid_exists(entry["pid"]):
            known = working if _is_the_same(entry["pid"], entry["cmd"]) else strange
            known.add(f"process {entry['pid']}, {entry['cmd']}")
    return Locks(path, working=tuple(sorted(working)), strange=tuple(sorted(strange)))


def mend(root: Path) -> None:
    """Remove the list where it is broken or keeps DVC waiting for nobody."""
    found = read_locks(root)
    if found.stale:
        found.path.unlink()
        say(f"removed: {LIST}")


def _entries(listed: dict[str, Any]) -> list[dict[str, Any]]:
    readers = [entry for entries in listed.get("read", {}).values() for entry in entries]
    return [*readers, *(entry for entry in listed.get("write", {}).values() if entry)]


def _is_the_same(pid: int, command: str) -> bool:
    arguments = command.partition(" ")[2]
    try:
        return " ".join(psutil.Process(pid).cmdline()).endswith(arguments)
    except psutil.Error:
        return True
