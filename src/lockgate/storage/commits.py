"""Commits made beside the workspace and landed in one step: a crash leaves no half of one."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from lockgate.errors import EnvironmentProblem
from lockgate.storage.commands import git
from lockgate.tables.paths import scratch


def head(root: Path) -> str:
    """Return the commit that is checked out."""
    return told(root, "rev-parse", "HEAD")


def parent(root: Path, commit: str) -> str:
    """Return the commit before `commit`; an empty text where git has dropped it as nobody's."""
    return git(root, "rev-parse", "--quiet", "--verify", f"{commit}^").stdout.strip()


def told(root: Path, *arguments: str, index: Path | None = None, text: bytes | None = None) -> str:
    """Run git and return what it printed, without the space around it.

    Raises
    ------
    EnvironmentProblem
        With git's own words, when it fails.
    """
    variables = {"GIT_INDEX_FILE": str(index)} if index else {}
    done = subprocess.run(
        ("git", *arguments),
        cwd=root,
        env=os.environ | variables,
        input=text or b"",
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise EnvironmentProblem(
            f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}",
            where=str(root),
            hint="put right what git says, and run the same command again",
        )
    return done.stdout.decode(errors="replace").strip()


def commit_beside(root: Path, files: Mapping[Path, bytes], message: str) -> str:
    """Make a commit on top of the present one, and leave workspace, index and branch as they are.

    Parameters
    ----------
    root : Path
        The checkout.
    files : mapping of Path to bytes
        What is added or replaced.
    message : str
        Of the commit.

    Returns
    -------
    str
        Its hash.

    Raises
    ------
    EnvironmentProblem
        When git refuses, for example because it knows no name and email of the author.
    """
    with scratch(root / ".dvc" / "tmp" / "index") as index:
        told(root, "read-tree", "HEAD", index=index)
        for path, content in files.items():
            blob = told(root, "hash-object", "-w", "--stdin", text=content)
            entry = f"100644,{blob},{path.as_posix()}"
            told(root, "update-index", "--add", "--cacheinfo", entry, index=index)
        tree = told(root, "write-tree", index=index)
    return told(root, "commit-tree", tree, "-p", "HEAD", "-m", message)


def land(root: Path, commit: str, files: list[Path]) -> None:
    """Move branch and workspace to a commit on top of the present one; doing it twice is harmless.

    Parameters
    ----------
    root : Path
        The checkout; files that the commit does not touch may be edited.
    commit : str
        As `commit_beside` made it.
    files : list of Path
        What it touches. What a killed landing left of them is written over.

    Raises
    ------
    EnvironmentProblem
        With git's words, when the commit is not on top of the present one, for example.
    """
    if not contains(root, commit):
        put_back(root, files)
        told(root, "merge", "--quiet", "--ff-only", commit)


def put_back(root: Path, files: list[Path]) -> None:
    """Make files what they are in the present commit; one that it has not is removed."""
    for path in files:
        name = path.as_posix()
        if git(root, "cat-file", "-e", f"HEAD:{name}").returncode == 0:
            told(root, "checkout", "--quiet", "HEAD", "--", name)
        else:
            told(root, "rm", "--quiet", "--cached", "--ignore-unmatch", "--", name)
            (root / path).unlink(missing_ok=True)


def contains(root: Path, commit: str) -> bool:
    """Tell whether a commit is part of what is checked out."""
    return git(root, "merge-base", "--is-ancestor", commit, "HEAD").returncode == 0
