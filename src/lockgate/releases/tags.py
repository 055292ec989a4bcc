"""GTO's tags: which commit is which version, and which version is in production."""

import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from lockgate.storage.commits import told

NAME = "model"
STAGE = "production"


def version_tag(version: str) -> str:
    """Return the tag of a version, by which git, DVC and GTO know it."""
    return f"{NAME}@{version}"


def commit_of(root: Path, version: str) -> str:
    """Return the commit that is tagged as a version, or an empty text."""
    if not told(root, "tag", "--list", version_tag(version)):
        return ""
    return told(root, "rev-list", "-n", "1", version_tag(version))


def in_production(root: Path) -> str:
    """Return the commit of the version that the newest tag puts in production, or an empty text."""
    newest = _newest_assignment(root)
    return told(root, "rev-list", "-n", "1", newest) if newest else ""


def register(root: Path, version: str, commit: str) -> None:
    """Tag the commit of a release, unless that was done before."""
    import gto.api

    if not commit_of(root, version):
        with redirect_stdout(StringIO()):
            gto.api.register(str(root), NAME, commit, version=version, message=f"Release {version}")


def assign(root: Path, version: str) -> None:
    """Tag a version as the one in production, unless the newest such tag says so already."""
    import gto.api

    if in_production(root) == commit_of(root, version):
        return
    if newest := _newest_assignment(root):
        _wait_out_the_second(root, newest)
    with redirect_stdout(StringIO()):
        gto.api.assign(
            str(root),
            NAME,
            STAGE,
            version=version,
            message=f"{version} in production",
            skip_registration=True,
            force=True,
        )


def _newest_assignment(root: Path) -> str:
    tags = told(root, "tag", "--list", f"{NAME}#{STAGE}#*").split()
    return max(tags, key=lambda tag: int(tag.rpartition("#")[2]), default="")


def _wait_out_the_second(root: Path, tag: str) -> None:
    # GTO orders assignments by their time in whole seconds.
    made = int(told(root, "tag", "--list", tag, "--format", "%(creatordate:unix)"))
    time.sleep(max(0.0, min(1.0, made + 1 - time.time())))
