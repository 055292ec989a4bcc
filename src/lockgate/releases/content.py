"""The bytes of a release, brought from the cache or the remote when the workspace lacks them."""

import hashlib
from pathlib import Path

from lockgate.artifact.released import RELEASES, read_release
from lockgate.errors import BundleError
from lockgate.storage import transfer
from lockgate.storage.commands import dvc


def bring(root: Path, version: str) -> Path:
    """Return the folder of a release, after making sure that it holds what was released.

    Raises
    ------
    BundleError
        When there is no such release, or its folder holds something else.
    LockgateError
        When neither the cache nor the remote has it, with the reason.
    """
    wanted = read_release(root, version).model_hash
    folder = root / RELEASES / version
    pin = (RELEASES / f"{version}.dvc").as_posix()
    if _hash(folder) == wanted:
        return folder
    dvc(root, "checkout", "--quiet", pin)
    if _hash(folder) is None:
        transfer.pull(root, only=(RELEASES / version).as_posix())
    if _hash(folder) != wanted:
        raise BundleError(
            "the folder holds something else than what was released",
            where=str(folder),
            hint=f"dvc checkout --force {pin}",
        )
    return folder


def _hash(folder: Path) -> str | None:
    try:
        return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    except OSError:
        return None
