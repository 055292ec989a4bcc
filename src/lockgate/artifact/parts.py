"""The files of a bundle: written in one step, and hashed before anything in them is parsed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lockgate.artifact.manifest import Manifest
from lockgate.errors import BundleError
from lockgate.tables.paths import scratch, writing

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
PIPELINE = "pipeline.joblib"
RESTORE = "restore the whole directory: dvc checkout, dvc pull or dvc repro"


@dataclass(frozen=True)
class Parts:
    """A bundle whose files are the ones that its manifest lists.

    Attributes
    ----------
    hash : str
        The model hash: sha256 of manifest.json, which holds the sha256 of every other part.
    """

    directory: Path
    manifest: Manifest
    hash: str

    def read(self, name: str) -> bytes:
        """Return the content of a part, having compared its hash.

        Raises
        ------
        BundleError
            When there is no such part, or it is not the one that was saved.
        """
        if name not in self.manifest.parts:
            raise BundleError(f"the manifest lists no {name}", where=str(self.directory))
        content = (self.directory / name).read_bytes()
        if sha256(content) != self.manifest.parts[name]:
            raise _altered(self.directory / name)
        return content


def sha256(content: bytes) -> str:
    """Return the sha256 of `content` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_parts(directory: Path, manifest: Manifest, parts: Mapping[str, bytes]) -> str:
    """Write a bundle beside `directory`, then put it in its place.

    Parameters
    ----------
    directory : Path
        What stood there is replaced; missing folders are made.
    manifest : Manifest
        Its ``parts`` name exactly `parts`.
    parts : mapping of str to bytes
        File names and contents.

    Returns
    -------
    str
        The model hash.

    Raises
    ------
    EnvironmentProblem
        When the disk is full or may not be written to.
    """
    table = manifest.to_json().encode()
    seal = f"{sha256(table)}  {MANIFEST}\n".encode()
    with writing(directory), scratch(directory) as folder:
        fresh = folder / "fresh"
        fresh.mkdir(parents=True)
        for name, content in {**parts, MANIFEST: table, SEAL: seal}.items():
            (fresh / name).write_bytes(content)
        if directory.exists():
            directory.rename(folder / "old")
        fresh.rename(directory)
    return sha256(table)


def open_parts(directory: Path) -> Parts:
    """Check that a directory is a whole bundle: every part there, unaltered, and nothing else.

    Raises
    ------
    BundleError
        Naming the part that is missing, foreign or altered.
    """
    manifest, digest = _read_manifest(directory)
    found = {path.name for path in directory.iterdir()}
    expected = {MANIFEST, SEAL, *manifest.parts}
    _refuse(expected - found, "missing from", directory)
    _refuse(found - expected, "no part of", directory)
    for name, recorded in manifest.parts.items():
        if _digest(directory / name) != recorded:
            raise _altered(directory / name)
    return Parts(directory, manifest, digest)


def _read_manifest(directory: Path) -> tuple[Manifest, str]:
    try:
        table = (directory / MANIFEST).read_bytes()
        seal = (directory / SEAL).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise BundleError(
            f"no model bundle: it has no {MANIFEST} with its {SEAL}",
            where=str(directory),
            hint="train one with dvc repro, or fetch it with dvc pull",
        ) from None
    digest = sha256(table)
    if seal != f"{digest}  {MANIFEST}\n".encode():
        raise _altered(directory / MANIFEST)
    return Manifest.from_json(table, str(directory / MANIFEST)), digest


def _digest(path: Path) -> str:
    if not path.is_file():
        raise _altered(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _altered(path: Path) -> BundleError:
    return BundleError(
        "the part is not the one that was saved: its sha256 differs", where=str(path), hint=RESTORE
    )


def _refuse(names: set[str], what: str, directory: Path) -> None:
    if names:
        raise BundleError(
            f"{', '.join(sorted(names))}: {what} the bundle", where=str(directory), hint=RESTORE
        )
