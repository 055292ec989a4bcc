"""Print the head of docs/benchmarks.md: how to run it again, and on what machine it was run."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from measure import table

PACKAGES = (
    "dvc",
    "great-expectations",
    "numpy",
    "onnxruntime",
    "pandas",
    "pyarrow",
    "pydantic",
    "scikit-learn",
)


def main() -> None:
    """Print it."""
    print(
        "# Benchmarks\n\n"
        "What the pipeline costs, beside a floor that is measured in the same run. This page is\n"
        "written by\n\n"
        "    make bench                   # up to a million rows\n"
        "    make bench ROWS=10000000     # up to ten million; needs 16 GB of memory\n\n"
        "Seconds are CPU seconds, user and system, of a process and of all that it starts. What\n"
        "is measured more than once takes turns with its floor, and the least counts. Every\n"
        "process gets the environment that `dvc.yaml` gives to the stages, so that numerical\n"
        "libraries use one thread. Memory is the peak resident size of the largest process.\n"
        "Ratios carry over to other machines; seconds do not."
    )
    show(PACKAGES)


def show(packages: Sequence[str]) -> None:
    """Print what the machine is, and the versions of packages."""
    rows = [("CPU", _cpu()), ("cores", os.cpu_count()), ("memory", _memory())]
    rows += [("system", _system()), ("Python", platform.python_version())]
    rows += [(name, version(name)) for name in packages]
    table(("machine", ""), rows)


def _cpu() -> str:
    return _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()


def _memory() -> str:
    kilobytes = _field("/proc/meminfo", "MemTotal").removesuffix(" kB")
    return f"{int(kilobytes) / 2**20:.0f} GB" if kilobytes else "unknown"


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        name = platform.system()
    return f"{name}, {platform.machine()}"


def _field(path: str, name: str) -> str:
    file = Path(path)
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


if __name__ == "__main__":
    main()
