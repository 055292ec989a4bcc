"""``lockgate reproduce VERSION``: rebuild a release from its tag, and compare the bytes."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from lockgate.artifact.parts import open_parts
from lockgate.artifact.released import RELEASES, Release, read_release
from lockgate.console import say
from lockgate.errors import BundleError, EnvironmentProblem, Rejected
from lockgate.releases.incumbents import NONE
from lockgate.releases.readiness import BUNDLE
from lockgate.releases.tags import version_tag
from lockgate.storage import commits, transfer
from lockgate.storage.clone import settings_like
from lockgate.storage.commands import dvc, git
from lockgate.storage.objects import needed
from lockgate.storage.remote import opened
from lockgate.tables.paths import scratch

DEPENDENCIES = Path("requirements", "base.txt")
RAW = "data/raw"


def reproduce(root: Path, version: str) -> None:
    """Run every stage again at the tag of a release, in a temporary clone.

    Where the release was made with other dependencies, they are installed there first. Content of
    the release that the workspace lacks, or has damaged, is put there and into the cache.

    Raises
    ------
    BundleError
        When there is no such release.
    EnvironmentProblem
        When its tag, its data or its dependencies cannot be had.
    Rejected
        When a stage fails, or the bytes are not the same.
    """
    wanted = read_release(root, version)
    with opened(root) as repo, scratch(Path(repo.tmp_dir, "reproduce")) as name:
        clone = name / "clone"
        say(f"Cloning {version_tag(version)}")
        commits.told(root, "clone", "--quiet", str(root.resolve()), str(clone))
        commits.told(clone, "checkout", "--quiet", version_tag(version))
        cache = repo.config["cache"] | {"dir": repo.cache.local_cache_dir}
        _fetch(clone, settings_like(repo, cache, name / "site"))
        _run(clone, _environment(root, clone, wanted))
        _compare(clone, wanted)
        _restore(root, clone, wanted)
    say(f"{version} was rebuilt from its tag, byte for byte", style="green")


def _fetch(clone: Path, settings: dict[str, Any]) -> None:
    """Bring what no stage writes: the deliveries, and the incumbent if there was one."""
    pinned = yaml.safe_load((clone / "params.yaml").read_bytes())["gate"]["incumbent"]
    inputs = [RAW] if pinned == NONE else [RAW, (RELEASES / pinned).as_posix()]
    with opened(clone, settings) as repo:
        items = [item for path in inputs for item in needed(repo, ask_remote=False, only=path)]
        whole = all(item.cache.exists(item.oid) for item in items)
        if whole:
            repo.checkout([str(clone / path) for path in inputs], force=True)
    for path in () if whole else inputs:
        transfer.pull(clone, path, settings)


def _environment(root: Path, clone: Path, wanted: Release) -> dict[str, str]:
    here = Path(sys.executable).parent
    if hashlib.sha256((root / DEPENDENCIES).read_bytes()).hexdigest() != wanted.dependencies:
        say(f"Installing the dependencies of {wanted.version}")
        _checked(("scripts/setup", "base"), clone, dict(os.environ))
        here = clone / ".venv" / "bin"
    return os.environ | {"PATH": os.pathsep.join([str(here), os.environ.get("PATH", os.defpath)])}


def _run(clone: Path, environment: dict[str, str]) -> None:
    _checked(("dvc", "repro", "--force"), clone, environment)


def _checked(command: tuple[str, ...], clone: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=clone, env=environment, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise Rejected(
            f"{' '.join(command)} failed in the clone, as it says above", where=str(clone)
        )


def _compare(clone: Path, wanted: Release) -> None:
    made = open_parts(clone / BUNDLE)
    changed = [line[3:] for line in git(clone, "status", "--porcelain").stdout.splitlines()]
    if made.hash != wanted.model_hash or changed:
        raise Rejected(
            f"other bytes than those that were released: model {made.hash[:12]} in place of "
            f"{wanted.model_hash[:12]}; {', '.join(changed) or 'no other file'}",
            where=wanted.version,
            hint="docs/reliability.md says on which machines the bytes are the same",
        )


def _restore(root: Path, clone: Path, wanted: Release) -> None:
    path = RELEASES / wanted.version
    if _whole(root / path, wanted):
        return
    with scratch(root / path) as fresh:
        shutil.copytree(clone / BUNDLE, fresh)
        shutil.rmtree(root / path, ignore_errors=True)
        fresh.rename(root / path)
    done = dvc(root, "commit", "--quiet", "--force", f"{path}.dvc")
    if done.returncode:
        raise EnvironmentProblem(f"dvc commit failed: {done.stderr.strip()}", where=str(path))
    say(f"{path} is there again; lockgate doctor --mend takes it to the remote")


def _whole(folder: Path, wanted: Release) -> bool:
    try:
        return open_parts(folder).hash == wanted.model_hash
    except BundleError:
        return False
