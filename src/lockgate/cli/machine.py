"""What `lockgate doctor` looks at on this machine: interpreter, packages, environment, disk."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from lockgate.cli.findings import Finding

FREE_GIGABYTES = 2.0


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


def disk(root: Path) -> Iterator[Finding]:
    """Compare free space with what a run of a few copies of the data needs."""
    free = shutil.disk_usage(root).free / 1e9
    state: Literal["ok", "warning"] = "ok" if free >= FREE_GIGABYTES else "warning"
    hint = "" if state == "ok" else "dvc gc --workspace frees the cache of what no longer counts"
    yield Finding(state, f"{free:.1f} GB free on this disk", hint)
