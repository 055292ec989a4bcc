"""The objects that this checkout names, and what cache and remote really hold of them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from lockgate.console import progress
from lockgate.errors import EnvironmentProblem
from lockgate.storage.remote import reach

READERS = 4
SHOWN = 5


@dataclass(frozen=True)
class Item:
    """One object of DVC: a tracked file, or the list of files of a tracked folder.

    Attributes
    ----------
    path : str
        Where it belongs in the workspace.
    oid : str
        The hash that dvc.lock or a .dvc file names.
    made : bool
        Whether a stage writes it, and could do so again.
    cache, remote : dvc_data.hashfile.db.HashFileDB
        Where it should be kept; the remote is None where nobody asked for it.
    """

    path: str
    oid: str
    made: bool
    cache: Any
    remote: Any

    @property
    def folder(self) -> bool:
        """Whether it is the list of files of a folder."""
        return self.oid.endswith(".dir")


@dataclass(frozen=True)
class Held:
    """What there is of one object.

    Attributes
    ----------
    item : Item
    here, there : int or None
        Size in the cache and in the remote, in bytes; None where it is missing.
    misleading : bool
        Whether the remote has it as a list of files with other bytes, which DVC would follow.
    """

    item: Item
    here: int | None
    there: int | None
    misleading: bool = False

    @property
    def fault(self) -> Literal["missing", "damaged"] | None:
        """What is wrong with it in the remote; of a file, as far as its size tells."""
        if self.there is None:
            return "missing"
        return "damaged" if self.misleading or self.here not in (None, self.there) else None

    @property
    def lost(self) -> bool:
        """Whether neither the cache nor the remote has it."""
        return self.here is None and self.there is None


def needed(repo: Any, *, ask_remote: bool = True, only: str = "") -> list[Item]:
    """List each object that dvc.lock and the .dvc files of the workspace name, once.

    The files of a folder come before the folder's own list, which DVC takes as proof of them.
    They are known from that list alone, in the cache or, if it may be asked, in the remote.

    Parameters
    ----------
    repo : dvc.repo.Repo
    ask_remote : bool
        Whether to reach out to the remotes.
    only : str
        The tracked file or folder whose objects are listed; without it, those of all.

    Raises
    ------
    EnvironmentProblem
        When nothing is recorded yet, or a remote cannot be used.
    """
    if not tracked(repo):
        raise EnvironmentProblem(
            "neither dvc.lock nor a .dvc file names any data", where=repo.root_dir, hint="make run"
        )
    if ask_remote:
        _reach_all(repo)

    @cache
    def store(name: str | None, hash_name: str) -> Any:
        return repo.cloud.get_remote_odb(name, "push", hash_name=hash_name)

    found: dict[str, Item] = {}
    for output in _chosen(repo, only):
        remote = store(output.remote, output.hash_name) if ask_remote else None
        for item in _parts(output, remote):
            found.setdefault(item.oid, item)
    return list(found.values())


def tracked(repo: Any) -> list[Any]:
    """List the outputs that have been recorded and that a push is responsible for."""
    return [
        output
        for output in repo.index.outs
        if output.use_cache and output.can_push and output.hash_info
        if not output.stage.is_repo_import
    ]


def _chosen(repo: Any, only: str) -> list[Any]:
    return [output for output in tracked(repo) if only in ("", _path(output))]


def _path(output: Any) -> str:
    return Path(output.fs_path).relative_to(output.repo.root_dir).as_posix()


def _reach_all(repo: Any) -> None:
    for name in {output.remote for output in tracked(repo)}:
        reach(repo, name)


def _parts(output: Any, remote: Any) -> Iterator[Item]:
    from dvc_data.hashfile.tree import Tree

    path = _path(output)
    made = output.stage.cmd is not None
    whole = Item(path, output.hash_info.value, made, output.cache, remote)
    stores = (store for store in (whole.cache, remote) if store and sound(whole, store))
    store = next(stores, None) if whole.folder else None
    if store is not None:
        for key, _, part in Tree.load(store, output.hash_info):
            yield replace(whole, path="/".join((path, *key)), oid=part.value)
    yield whole


def look(items: Sequence[Item]) -> list[Held]:
    """Ask cache and remote for the size of each object, and read the lists of files."""
    here = _sizes([(item.cache, item.oid) for item in items])
    there = _sizes([(item.remote, item.oid) for item in items])
    misled = {
        item.oid
        for item in items
        if item.folder and there[item.oid] is not None and not sound(item, item.remote)
    }
    return [Held(item, here[item.oid], there[item.oid], item.oid in misled) for item in items]


def _sizes(wanted: list[tuple[Any, str]]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for store in {store for store, _ in wanted}:
        oids = [oid for where, oid in wanted if where == store]
        paths = [store.oid_to_path(oid) for oid in oids]
        for oid, entry in zip(oids, store.fs.info(paths, return_exceptions=True), strict=True):
            if isinstance(entry, Exception) and not isinstance(entry, FileNotFoundError):
                raise entry
            found[oid] = None if isinstance(entry, Exception) else entry["size"]
    return found


def fetch(repo: Any, items: Sequence[Item], only: str = "") -> list[Item]:
    """Pull into cache and workspace of `repo`, and return which of `items` did not arrive.

    All outputs are pulled, or `only` one, because two of them may share each of their objects.
    What DVC raises is passed on only if everything arrived: when the workspace could not be brought
    in line because that would overwrite files that are nowhere else, for example.

    Raises
    ------
    EnvironmentProblem
        When the remote does not answer any more.
    """
    caches = {"md5": repo.cache.local, "md5-dos2unix": repo.cache.legacy}

    def absent() -> list[Item]:
        return [item for item in items if not caches[item.remote.hash_name].exists(item.oid)]

    try:
        repo.pull([output.fs_path for output in _chosen(repo, only)])
    except Exception:  # DVC has many; what did not arrive says more than any of them
        _reach_all(repo)
        if not absent():
            raise
    return absent()


def read(items: Sequence[Item], where: Literal["cache", "remote"] = "remote") -> list[bool]:
    """Read every object in one place and say of each whether its bytes have its hash."""
    with ThreadPoolExecutor(READERS) as readers, progress("Reading", len(items)) as steps:
        answers = []
        for good in readers.map(lambda item: sound(item, getattr(item, where)), items):
            answers.append(good)
            steps.advance()
    return answers


def sound(item: Item, store: Any) -> bool:
    """Read an object in its cache or remote and compare it with its hash; False if missing."""
    return file_hash(store.oid_to_path(item.oid), store) == item.oid.partition(".")[0]


def file_hash(path: str | Path, store: Any) -> str | None:
    """Read a file where a store is, and return its hash as the store counts; None if missing."""
    from dvc_data.hashfile.hash import file_md5

    try:
        return str(file_md5(str(path), store.fs, name=store.hash_name))
    except FileNotFoundError:
        return None


def listed(paths: Sequence[str]) -> str:
    """Name the first few of `paths` and count the others."""
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more
