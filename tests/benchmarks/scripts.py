"""Running the scripts of benchmarks/."""

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(script: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run a script, whether it succeeds or not."""
    command = [sys.executable, str(BENCHMARKS / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def printed(script: str, *arguments: object) -> str:
    """Run a script and return what it prints, which is a part of docs/benchmarks.md."""
    done = run(script, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout
