"""A stage runs alone and on files that nobody edits meanwhile, or what DVC records is not true."""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from lockgate.errors import EnvironmentProblem, ParamsError
from lockgate.strict import read_yaml
from lockgate.tables.paths import writing

LOCK = "stage.lock"
READ_WHOLE = 4_000_000
SHOWN = 5


@contextmanager
def guarded(stage: str, root: Path = Path()) -> Iterator[None]:
    """Run a stage of dvc.yaml in the block, and refuse its results if it was disturbed.

    DVC hashes what a stage depends on when its command has ended. An edit in the meantime would be
    recorded as what the results came from; a stage that fails is not recorded at all.

    Parameters
    ----------
    stage : str
        Its name in dvc.yaml, which says what it depends on.
    root : Path
        The folder of dvc.yaml.

    Raises
    ------
    EnvironmentProblem
        When another stage is at work in this checkout, or, after the block, when a file or a
        parameter that the stage depends on is not what it was before.
    """
    with _alone(stage, root.absolute()):
        deps, keys = _depends_on(stage, root)
        before = _state(root, deps, keys)
        yield
        after = _state(root, deps, keys)
        changed = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
        if changed:
            more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
            raise EnvironmentProblem(
                "changed while the stage ran, so that its results are not those of this version; "
                "nothing was recorded",
                where=", ".join(changed[:SHOWN]) + more,
                hint="run dvc repro again; dvc exp run --temp runs a copy, beside which you may "
                "go on editing",
            )


@contextmanager
def _alone(stage: str, root: Path) -> Iterator[None]:
    """Hold a lock that the system lets go of with the process, however that ends."""
    path = _home(root) / ".dvc" / "tmp" / LOCK
    with writing(path):
        path.parent.mkdir(exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise EnvironmentProblem(
                f"a stage is still at work in this checkout: {file.read()}",
                where=str(root),
                hint="wait until it has ended, or stop that process, and run it again",
            ) from None
        with writing(path):
            file.truncate(0)
            file.write(f"{stage}, process {os.getpid()}")
            file.flush()
        yield


def _home(root: Path) -> Path:
    for folder in (root, *root.parents):
        if (folder / ".dvc").is_dir():
            return folder
    raise EnvironmentProblem(
        "neither this folder nor one above it is a DVC project",
        where=str(root),
        hint="run it in the checkout",
    )


def _depends_on(stage: str, root: Path) -> tuple[list[str], list[str]]:
    """Return the paths and the keys of params.yaml that dvc.yaml lists for the stage."""
    stages, params = _yaml(root / "dvc.yaml")["stages"], _yaml(root / "params.yaml")
    if stage not in stages:
        raise EnvironmentProblem(f"there is no stage '{stage}'", where=str(root / "dvc.yaml"))

    def filled(text: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda found: str(_value(params, found[1])), text)

    listed = stages[stage].get("params", [])
    keys = [filled(key) for key in listed if isinstance(key, str)]
    others = [path for entry in listed if isinstance(entry, dict) for path in entry]
    return [filled(path) for path in [*stages[stage].get("deps", []), *others]], keys


def _state(root: Path, deps: list[str], keys: list[str]) -> dict[str, Any]:
    """Return what the stage reads: values of parameters, and marks of files by their path."""
    params = _yaml(root / "params.yaml")
    found = {f"{key} in params.yaml": _value(params, key) for key in keys}
    for dep in deps:
        whole = root / dep
        for path in (whole, *whole.rglob("*")):
            # Python writes bytecode, and editors hidden files, that no stage reads.
            unread = path.name.startswith(".") or path.parent.name == "__pycache__"
            if path.is_file() and not unread:
                found[path.relative_to(root).as_posix()] = _mark(path)
    return found


def _yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_bytes(), yaml.CSafeLoader)
    except (OSError, yaml.YAMLError):
        return read_yaml(path, ParamsError)  # ten times slower, and says what is wrong


def _value(params: Any, key: str) -> Any:
    for part in key.split("."):
        params = params.get(part) if isinstance(params, dict) else None
    return params


def _mark(path: Path) -> str:
    """Return what changes with the content; of a big file, without reading it, with each write."""
    now = path.stat()
    if now.st_size > READ_WHOLE:
        return f"{now.st_size} {now.st_mtime_ns} {now.st_ino}"
    return hashlib.sha256(path.read_bytes()).hexdigest()
