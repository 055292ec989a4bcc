"""Other programs, run in a checkout with the project's own environment first on the PATH."""

import os
import subprocess
import sys
from pathlib import Path

Done = subprocess.CompletedProcess[str]


def dvc(root: Path, *arguments: str) -> Done:
    """Run DVC in `root`, quietly, and return what it said."""
    return _run(root, sys.executable, "-m", "dvc", *arguments)


def git(root: Path, *arguments: str) -> Done:
    """Run git in `root`, quietly, and return what it said."""
    return _run(root, "git", *arguments)


def _run(root: Path, *command: str) -> Done:
    own = str(Path(sys.executable).parent)
    path = os.pathsep.join([own, os.environ.get("PATH", os.defpath)])
    return subprocess.run(
        command,
        cwd=root,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
