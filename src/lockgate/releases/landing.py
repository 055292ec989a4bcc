"""Moving production in one step: written down first, then done, and finished after a crash.

The commit that moves the pointer exists before anything that a person or a service reads is
touched. `move` writes down which one it is, lands it, and tags it; each part may be repeated. After
a crash at any point, the next command that moves production finishes what was written down.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from lockgate.artifact.released import RELEASES
from lockgate.console import say
from lockgate.errors import EnvironmentProblem
from lockgate.releases import tags
from lockgate.storage import commits
from lockgate.tables.paths import replacing, writing

PLAN = Path(".dvc", "tmp", "production.plan.json")
LOCK = Path(".dvc", "tmp", "production.lock")


@dataclass(frozen=True)
class Plan:
    """What is about to happen.

    Attributes
    ----------
    version : str
        That will be in production.
    commit : str
        That moves the pointer.
    files : list of str
        That the commit touches.
    """

    version: str
    commit: str
    files: list[str]


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the right to move production in this checkout, after finishing what a crash left.

    Raises
    ------
    EnvironmentProblem
        When another process holds it.
    """
    path = root / LOCK
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EnvironmentProblem(
                "another release or rollback is at work in this checkout",
                where=str(root.resolve()),
                hint="wait until it has ended, and look at lockgate releases",
            ) from None
        settle(root)
        yield


def at_work(root: Path) -> bool:
    """Tell whether a release or rollback is at work in this checkout."""
    try:
        file = (root / LOCK).open("rb")
    except FileNotFoundError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def interrupted(root: Path) -> Plan | None:
    """Return what a killed release or rollback was about to do, None if there is nothing."""
    try:
        return Plan(**json.loads((root / PLAN).read_bytes()))
    except FileNotFoundError:
        return None


def move(root: Path, plan: Plan) -> None:
    """Put a version in production; the caller holds `alone` and has brought the content."""
    with replacing(root / PLAN) as partial:
        partial.write_text(json.dumps(asdict(plan)))
    _carry_out(root, plan)


def mend(root: Path) -> None:
    """Finish or undo what a crash left, if it left anything."""
    if interrupted(root):
        with alone(root):
            pass


def settle(root: Path) -> None:
    """Finish what a killed release or rollback left, or undo it where somebody committed since."""
    plan = interrupted(root)
    if plan is None:
        _clear(root)
        return
    if commits.contains(root, plan.commit) or commits.parent(root, plan.commit) == commits.head(
        root
    ):
        _carry_out(root, plan)
        say(f"The move to {plan.version} was interrupted and is finished now", style="yellow")
        return
    commits.put_back(root, [Path(name) for name in plan.files])
    (root / PLAN).unlink()
    _clear(root)
    say(f"The move to {plan.version} was interrupted and has been undone", style="yellow")


def _carry_out(root: Path, plan: Plan) -> None:
    commits.land(root, plan.commit, [Path(name) for name in plan.files])
    tags.register(root, plan.version, plan.commit)
    tags.assign(root, plan.version)
    (root / PLAN).unlink()


def _clear(root: Path) -> None:
    """Remove the content of releases that never came to be."""
    for folder in (root / RELEASES).glob("v*/"):
        if not folder.with_name(f"{folder.name}.dvc").exists():
            shutil.rmtree(folder)
