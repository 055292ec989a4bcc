"""What `lockgate doctor` looks at in the storage of DVC: its settings, locks, cache and remote."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lockgate.cli.findings import Finding
from lockgate.errors import EnvironmentProblem
from lockgate.storage.cache import damaged
from lockgate.storage.locks import LIST, read_locks
from lockgate.storage.objects import listed, look, needed, tracked
from lockgate.storage.remote import address, credentials, opened, reach

MEND = "lockgate doctor --mend"


def dvc_settings(root: Path) -> Iterator[Finding]:
    """Look at the settings of DVC that FAQs are made of: cache links, verification, analytics."""
    config = _config(root)
    links = config["cache"].get("type") or ["reflink", "copy"]
    if "hardlink" in links and hasattr(os, "geteuid") and os.geteuid() == 0:
        yield Finding(
            "wrong",
            "DVC links the workspace to its cache by hardlinks, and root's edits go through them",
            "dvc config cache.type reflink,copy",
        )
    name = config["core"].get("remote")
    if name is None:
        yield Finding("warning", "no default DVC remote", "dvc remote default local")
    elif not config["remote"].get(name, {}).get("verify"):
        yield Finding(
            "wrong",
            f"remote '{name}' is not verified: a truncated object would be taken as it is",
            f"dvc remote modify {name} verify true",
        )
    else:
        yield Finding("ok", f"DVC remote '{name}' is verified on download")


def _config(root: Path) -> dict[str, Any]:
    from dvc.config import Config

    return dict(Config(str(root / ".dvc")))


def locks(root: Path) -> Iterator[Finding]:
    """Look whether DVC is at work, or waits for a process that is long gone."""
    found = read_locks(root)
    if found.broken:
        text = f"{LIST} is cut off, as by a full disk, and every command of DVC stops at it"
        yield Finding("wrong", text, MEND)
    elif found.stale:
        text = f"DVC waits for {', '.join(found.strange)}; that number is another program's now"
        yield Finding("wrong", text, MEND)
    elif found.working:
        text = f"DVC is at work: {', '.join(found.working)}"
        yield Finding("warning", text, "wait until it has ended")


def cache(root: Path) -> Iterator[Finding]:
    """Read what the cache of this machine holds of what this checkout names."""
    try:
        with opened(root) as repo:
            items = needed(repo, ask_remote=False) if tracked(repo) else []
            bad = [item.path for item in damaged(items)]
            absent = [item.path for item in items if not item.cache.exists(item.oid)]
    except EnvironmentProblem as problem:
        yield Finding("wrong", f"{problem.where}: {problem.what}")
        return
    if bad:
        yield Finding("wrong", f"damaged in the cache: {listed(bad)}", MEND)
    if absent:
        yield Finding("warning", f"not in the cache: {listed(absent)}", "make pull, or make run")
    if items and not (bad or absent):
        yield Finding("ok", f"the cache has all {len(items)} objects, byte for byte")


def remote(root: Path) -> Iterator[Finding]:
    """Reach out to the default remote, and look whether it has what this checkout names."""
    try:
        with opened(root) as repo:
            where = address(repo.cloud.get_remote())
            if reach(repo):
                yield Finding("ok", f"{where} answers; {credentials(repo.config)}")
                yield from _objects(repo)
            else:
                yield Finding("warning", f"{where} is empty", "make push")
    except EnvironmentProblem as problem:
        yield Finding("wrong", f"{problem.where}: {problem.what}", problem.hint)


def _objects(repo: Any) -> Iterator[Finding]:
    held = look(needed(repo)) if tracked(repo) else []
    lost = [one.item.path for one in held if one.lost]
    waiting = [one.item.path for one in held if one.fault == "missing" and not one.lost]
    bad = [one.item.path for one in held if one.fault == "damaged"]
    if lost:
        hint = "make push where a cache still has them, or dvc repro --force"
        yield Finding("wrong", f"in neither cache nor remote: {listed(lost)}", hint)
    if bad:
        yield Finding("wrong", f"damaged in the remote: {listed(bad)}", MEND)
    if waiting:
        yield Finding("warning", f"not in the remote yet: {listed(waiting)}", "make push")
    if held and not (lost or bad or waiting):
        yield Finding("ok", f"the remote has all {len(held)} objects, of the right size")
