"""What was in production when: the git history of the pointer, and nothing else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lockgate.artifact.released import POINTER, Pointer, parse
from lockgate.storage.commits import told


@dataclass(frozen=True)
class Move:
    """A commit that moved production.

    Attributes
    ----------
    version : str
        In production from then on; "" where none was.
    at : datetime
        When, in UTC.
    commit, author : str
        By which commit, and whose.
    """

    version: str
    at: datetime
    commit: str
    author: str


def moves(root: Path) -> list[Move]:
    """Return each move of production in the history of the present commit, newest first."""
    log = told(root, "log", "--first-parent", "--format=%H%x09%cI%x09%an", "--", POINTER.as_posix())
    return [_move(root, *line.split("\t")) for line in log.splitlines()]


def on(root: Path, moment: datetime) -> Move | None:
    """Return the move that put into production what answered at a moment; None before the first."""
    return next((move for move in moves(root) if move.at <= moment), None)


def _move(root: Path, commit: str, at: str, author: str) -> Move:
    listed = told(root, "ls-tree", "--name-only", commit, "--", POINTER.as_posix())
    version = ""
    if listed:
        text = told(root, "show", f"{commit}:{POINTER.as_posix()}")
        version = parse(Pointer, text.encode(), f"{POINTER} in {commit[:12]}").version
    return Move(version, datetime.fromisoformat(at).astimezone(UTC), commit, author)
