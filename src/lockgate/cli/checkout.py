"""What `lockgate doctor` looks at in a checkout: git, the files that people write, the pipeline."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lockgate.cli.findings import Finding
from lockgate.errors import LockgateError
from lockgate.params import load_params
from lockgate.storage.commands import dvc, git
from lockgate.validation.checked import checked_schema


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
