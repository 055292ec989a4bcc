"""What the benchmarks share: the cost of a command, in CPU seconds and memory, and tables."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).parents[1]
HERE = Path(__file__).parent

_LEFT_OUT = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT} | {
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    "DVC_NO_ANALYTICS": "1",
}


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes
    ----------
    seconds : float
        User and system CPU time of its process and of all that it started.
    megabytes : float
        The largest resident size of one of these processes.
    """

    seconds: float
    megabytes: float


def cost(command: Sequence[str | Path], folder: Path) -> Cost:
    """Run a command in a folder, quietly, and return what it took."""
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode} from {shlex.join(map(str, command))}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Cost(usage.ru_utime + usage.ru_stime, kilobytes / 1024)


def pinned(*command: str | Path) -> list[str]:
    """Return a command to be run with the environment that dvc.yaml gives to the stages."""
    settings = yaml.safe_load((CHECKOUT / "dvc.yaml").read_text(encoding="utf-8"))
    words = shlex.split(settings["vars"][0]["stage"])
    return [*words[: words.index("python")], *map(str, command)]


def stage(name: str) -> list[str]:
    """Return the command of a stage, as in dvc.yaml."""
    return pinned("python", "-m", "lockgate.pipeline", name)


def cheapest(costs: Sequence[Cost]) -> Cost:
    """Return the least of what repeated runs took: a busy machine only ever adds to it."""
    return Cost(min(each.seconds for each in costs), min(each.megabytes for each in costs))


def say(text: str) -> None:
    """Tell the person at the terminal what is going on; what is printed becomes the page."""
    print(text, file=sys.stderr, flush=True)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table; a column whose name ends in a space is aligned right."""
    print(f"\n| {' | '.join(name.strip() for name in header)} |")
    print("".join("|---:" if name.endswith(" ") else "|---" for name in header) + "|")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
