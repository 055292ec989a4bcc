"""Running the scripts of benchmarks/."""

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def printed(script: str, *arguments: object) -> str:
    """Run a script and return what it prints, which is a part of docs/benchmarks.md."""
    command = [sys.executable, str(BENCHMARKS / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
