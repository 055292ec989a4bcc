"""The files of a directory as DVC sees them, and the hash that DVC gives them together."""

import hashlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path

from lockgate.errors import DeliveryError
from lockgate.strict import read_yaml


def tracked_files(folder: Path, root: Path) -> tuple[Path, ...]:
    """Return the files below `folder` that no ``.dvcignore`` excludes, sorted by relative path.

    As for DVC itself, what git ignores does not matter.

    Parameters
    ----------
    folder : Path
        Inside `root`.
    root : Path
        The project; a ``.dvcignore`` counts from here down to `folder`'s parent.
    """
    from pathspec import GitIgnoreSpec

    files = [path for path in folder.rglob("*") if path.is_file()]
    for place, patterns in _ignore_files(folder.absolute(), root.absolute()):
        spec = GitIgnoreSpec.from_lines(patterns)
        files = [f for f in files if not spec.match_file(f.absolute().relative_to(place))]
    return tuple(sorted(files, key=lambda path: path.relative_to(folder).as_posix()))


def directory_hash(folder: Path, root: Path, without: Collection[Path] = ()) -> str:
    """Return the hash that ``dvc add`` writes for `folder`: an md5 that ends in ``.dir``.

    DVC hashes a JSON list of the files' md5 and relative paths, sorted by path.

    Parameters
    ----------
    folder, root : Path
        As for `tracked_files`.
    without : collection of Path
        Files below `folder` that are passed over.
    """
    entries = [
        {"md5": _md5(path), "relpath": path.relative_to(folder).as_posix()}
        for path in tracked_files(folder, root)
        if path not in without
    ]
    listing = json.dumps(entries, sort_keys=True).encode()
    return hashlib.md5(listing, usedforsecurity=False).hexdigest() + ".dir"


def check_pin(folder: Path, found: str) -> None:
    """Compare the hash of `folder` with the one that ``dvc add`` wrote beside it, if it did.

    ``dvc repro`` pins what it finds. But DVC knows a file by its time, and so takes one whose
    bytes went bad on the disk, or in its cache, for the one that it has once hashed.

    Raises
    ------
    DeliveryError
        When the bytes are others.
    """
    pin = folder.with_name(f"{folder.name}.dvc")
    if not pin.exists():
        return
    (pinned, *_) = read_yaml(pin, DeliveryError).get("outs") or [{}]
    if pinned.get("hash") == "md5" and pinned.get("md5", found) != found:
        raise DeliveryError(
            f"the files are not the ones that {pin.name} pins",
            where=str(folder),
            hint=f"if they are meant to be new: dvc add {folder}; if not, they are damaged: "
            "lockgate doctor",
        )


def _ignore_files(folder: Path, root: Path) -> Iterator[tuple[Path, list[str]]]:
    between = [root, *reversed([p for p in folder.parents if root in p.parents])]
    for place in between:
        file = place / ".dvcignore"
        if file.is_file():
            yield place, file.read_text(encoding="utf-8").splitlines()


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    return digest.hexdigest()
