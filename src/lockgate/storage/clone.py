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
    """Open a fresh clone, with an empty cache, that is thrown away afterwards.

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
        # No second copy on the disk of what is in the clone's cache.
        cache = {"dir": f"{name}/cache", "type": "symlink,copy"}
        settings = settings_like(repo, cache, name / "site")
        with Repo(f"{name}/clone", config=settings) as clone:
            yield clone


def settings_like(repo: Any, cache: dict[str, str], site: Path) -> dict[str, Any]:
    """Return settings of DVC for a copy: the remotes of `repo`, and a memory of its own of them."""
    remote = {"remote": repo.config["core"]["remote"]} if "remote" in repo.config["core"] else {}
    return {
        "core": {"no_scm": True, "site_cache_dir": str(site)} | remote,
        "cache": cache,
        "remote": repo.config["remote"],
    }


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
