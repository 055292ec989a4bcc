"""``lockgate doctor``: what is missing or wrong on this machine and in this checkout."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from lockgate.cli.findings import Finding
from lockgate.cli.production import production
from lockgate.console import say
from lockgate.errors import EnvironmentProblem, LockgateError
from lockgate.params import load_params
from lockgate.storage.cache import damaged
from lockgate.storage.commands import dvc, git
from lockgate.storage.locks import LIST, read_locks
from lockgate.storage.objects import listed, look, needed, tracked
from lockgate.storage.remote import address, credentials, opened, reach
from lockgate.validation.checked import checked_schema

FREE_GIGABYTES = 2.0
MEND = "lockgate doctor --mend"


def examine(root: Path, *, ask_remote: bool = True) -> int:
    """Look at everything, print what was found, and return the exit code.

    Parameters
    ----------
    root : Path
        The checkout.
    ask_remote : bool
        Whether to reach out to the DVC remote.
    """
    examinations: list[Callable[[Path], Iterator[Finding]]] = [
        python_and_packages,
        environment,
        git_history,
        hand_written_files,
        split_date,
        dvc_settings,
        disk,
        locks,
        pipeline,
        production,
        cache,
    ]
    if ask_remote:
        examinations.append(remote)
    findings = [finding for look in examinations for finding in look(root)]
    for finding in findings:
        _show(finding)
    return int(any(finding.state == "wrong" for finding in findings))


def _show(finding: Finding) -> None:
    style = {"ok": "green", "warning": "yellow", "wrong": "red"}[finding.state]
    say(f"{finding.state:<8} {finding.text}", style=style)
    if finding.hint:
        say(f"{'':<8} -> {finding.hint}")


def python_and_packages(root: Path) -> Iterator[Finding]:
    """Compare the interpreter and the installed packages with what the project asks for."""
    running = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        yield Finding("ok", f"Python {running}")
    else:
        yield Finding("wrong", f"Python {running} is not 3.11 to 3.13", "make setup PYTHON=...")
    drifted = list(_drift(root / "requirements" / "base.txt"))
    if drifted:
        hint = "make setup; other versions may give other bytes"
        yield Finding("wrong", f"not as locked: {', '.join(drifted[:5])}", hint)
    else:
        yield Finding("ok", "packages are as locked")


def _drift(lock: Path) -> Iterator[str]:
    pinned = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)( ;)?", re.MULTILINE)
    for name, locked, conditional in pinned.findall(lock.read_text(encoding="utf-8")):
        try:
            if version(name) != locked and not conditional:
                yield f"{name} {version(name)} instead of {locked}"
        except PackageNotFoundError:
            if not conditional:
                yield f"{name} is not installed"


def environment(_: Path) -> Iterator[Finding]:
    """Look at variables that slow the stages down or change what they import."""
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        yield Finding(
            "warning",
            "PYTHONDONTWRITEBYTECODE is set: commands compile their imports at each start",
            "unset PYTHONDONTWRITEBYTECODE (the stages unset it for themselves)",
        )
    if shutil.which("python") is None or not _same_python():
        yield Finding(
            "wrong",
            "`python` on the PATH is not the project's, and the stages run `python`",
            "source .venv/bin/activate, or use make",
        )


def _same_python() -> bool:
    found = shutil.which("python")
    return (
        found is not None and Path(found).parent.resolve() == Path(sys.executable).parent.resolve()
    )


def git_history(root: Path) -> Iterator[Finding]:
    """Look for git and its history."""
    if shutil.which("git") is None:
        yield Finding("wrong", "git is not installed", "install git")
    elif not (root / ".git").exists():
        hint = "git init && git add --all && git commit --message 'Start'"
        yield Finding("wrong", "this folder has no git history, and DVC needs one", hint)
    else:
        yield Finding("ok", "git history is there")
        if git(root, "config", "user.email").returncode != 0:
            hint = "git config user.name NAME && git config user.email ADDRESS"
            yield Finding("warning", "git does not know who you are, and experiments ask", hint)


def hand_written_files(root: Path) -> Iterator[Finding]:
    """Check params.yaml and the contract, which plain `dvc repro` does only in the stages."""
    files: list[tuple[str, Callable[[Path], Any]]] = [
        ("params.yaml", load_params),
        ("data/contract.yaml", checked_schema),
    ]
    for name, load in files:
        try:
            load(root / name)
        except LockgateError as problem:
            yield Finding("wrong", str(problem))
        else:
            yield Finding("ok", f"{name} is valid")


def split_date(root: Path) -> Iterator[Finding]:
    """Compare the split date with the committed one: it may only ever move forward."""
    committed = git(root, "show", "HEAD:params.yaml").stdout
    before = _test_from(committed)
    now = _test_from((root / "params.yaml").read_text(encoding="utf-8"))
    if before is not None and now is not None and now < before:
        yield Finding(
            "wrong",
            f"featurize.split.test_from moved back from {before} to {now}: rows that models were "
            "trained on would become test rows",
            f"set it to {before} or later",
        )


def _test_from(params: str) -> str | None:
    found = re.search(r"^ +test_from: *['\"]?(\d{4}-\d{2}-\d{2})", params, re.MULTILINE)
    return found.group(1) if found else None


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


def disk(root: Path) -> Iterator[Finding]:
    """Compare free space with what a run of a few copies of the data needs."""
    free = shutil.disk_usage(root).free / 1e9
    state: Literal["ok", "warning"] = "ok" if free >= FREE_GIGABYTES else "warning"
    hint = "" if state == "ok" else "dvc gc --workspace frees the cache of what no longer counts"
    yield Finding(state, f"{free:.1f} GB free on this disk", hint)


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


def pipeline(root: Path) -> Iterator[Finding]:
    """Ask DVC whether dvc.lock still says what the workspace holds."""
    asked = dvc(root, "status", "--json")
    if asked.returncode != 0:
        lines = [line for line in asked.stderr.splitlines() if line and "Having any" not in line]
        yield Finding("wrong", f"dvc status: {' '.join(lines)}", _remedy(asked.stderr))
    elif asked.stdout.strip() == "{}":
        yield Finding("ok", "dvc.lock is in sync with the workspace")
    else:
        yield Finding("warning", "something changed since the last run", "dvc status; make run")


def _remedy(said: str) -> str:
    if "dvc.lock" in said:
        return "git checkout dvc.lock; or remove it, and make run writes it anew"
    if "Read-only" in said:
        return "work in a checkout that can be written to; reports, predict and serve need none"
    return ""


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
