"""A fresh clone of what could be committed now, with nothing in its cache: the proof of a push."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lockgate.errors import EnvironmentProblem
from lockgate.storage.commands import git
from lockgate.tables.paths import scratch


@contextmanager
def fresh_clone(repo: Any, size: int) -> Iterator[Any]:
    """Open a fresh clone that is thrown away afterwards.

    Parameters
    ----------
    repo : dvc.repo.Repo
        The checkout; settings and remotes are taken from it.
    size : int
        Bytes that it has to hold for a while, on the disk of the checkout.

    Raises
    ------
    EnvironmentProblem
        When the disk has no room for it.
    """
    from dvc.repo import Repo

    root = Path(repo.root_dir)
    _want_room(root, size)
    with scratch(Path(repo.tmp_dir, "clone")) as name:
        for path in _committable(root):
            target = name / "clone" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, target)
        settings = {
            "core": {"no_scm": True, "site_cache_dir": f"{name}/site"},
            "cache": {"dir": f"{name}/cache", "type": "symlink,copy"},  # no second copy on the disk
            "remote": repo.config["remote"],
        }
        if "remote" in repo.config["core"]:
            settings["core"]["remote"] = repo.config["core"]["remote"]
        with Repo(f"{name}/clone", config=settings) as clone:
            yield clone


def _want_room(root: Path, size: int) -> None:
    free = shutil.disk_usage(root).free
    if free < size:
        raise EnvironmentProblem(
            f"the proof takes {size / 1e6:,.0f} MB for a while, and {free / 1e6:,.0f} MB are free",
            where=str(root),
            hint="free some space, or: lockgate push --quick, which only compares sizes",
        )


def _committable(root: Path) -> list[str]:
    listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    return [path for path in listed.split("\0") if path and (root / path).is_file()]
