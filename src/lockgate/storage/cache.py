"""The cache of this machine: read whole, and what went bad in it replaced by a good copy."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lockgate.console import say
from lockgate.errors import EnvironmentProblem, Rejected
from lockgate.storage.objects import Item, file_hash, listed, needed, read, sound, tracked
from lockgate.storage.remote import opened
from lockgate.tables.paths import replacing


def damaged(items: Sequence[Item]) -> list[Item]:
    """Read the objects that the cache has, and return the bad ones.

    DVC itself trusts an object once it is write-protected, and hands out whatever it holds.
    """
    here = [item for item in items if item.cache.exists(item.oid)]
    return [item for item, good in zip(here, read(here, "cache"), strict=True) if not good]


def mend(root: Path) -> None:
    """Replace what went bad in the cache, and the copies of it that DVC has put in the workspace.

    A good copy is looked for in the workspace and in the remote. Without one, what a stage can
    write again is removed, so that DVC no longer takes it for whole, and all else is left alone.

    Raises
    ------
    Rejected
        When something is damaged for good.
    """
    hopeless: list[str] = []
    with opened(root) as repo:
        # Lists of files first, because they tell which files there are.
        for folders in (True, False):
            items = needed(repo, ask_remote=False) if tracked(repo) else []
            bad = damaged([item for item in items if item.folder == folders])
            remotes = _remotes(repo) if bad else {}
            hopeless += [
                item.path for item in bad if not _mended(item, root, remotes.get(item.oid))
            ]
    if hopeless:
        raise Rejected(
            f"damaged, and neither workspace nor remote has a good copy: {listed(hopeless)}",
            where="cache",
            hint="lockgate push in a checkout that has them, then lockgate doctor --mend here",
        )


def _remotes(repo: Any) -> dict[str, Any]:
    try:
        return {item.oid: item.remote for item in needed(repo)}
    except EnvironmentProblem as problem:
        say(f"no good copies from there: {problem.where}: {problem.what}", style="yellow")
        return {}


def _mended(item: Item, root: Path, remote: Any) -> bool:
    cached, workspace = Path(item.cache.oid_to_path(item.oid)), root / item.path
    bad = file_hash(cached, item.cache)
    found = None if item.folder else file_hash(workspace, item.cache)
    if found == item.oid:
        _put(item, cached, lambda partial: shutil.copyfile(workspace, partial))
    elif remote and sound(item, remote):
        source = remote.oid_to_path(item.oid)
        _put(item, cached, lambda partial: remote.fs.get_file(source, str(partial)))
        if found == bad:
            with replacing(workspace) as partial:
                shutil.copyfile(cached, partial)
    elif item.made or (item.folder and workspace.is_dir()):
        cached.unlink()
        if found == bad:
            workspace.unlink()
        say(f"removed from the cache, dvc repro brings it back: {item.path}")
    else:
        return False
    return True


def _put(item: Item, cached: Path, copy: Callable[[Path], object]) -> None:
    with replacing(cached) as partial:
        copy(partial)
    item.cache.protect(str(cached))
    say(f"replaced in the cache: {item.path}")
