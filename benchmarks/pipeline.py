"""What DVC and processes of their own cost: `dvc repro --force` against one straight process.

``python benchmarks/pipeline.py [RUNS [CHECKOUT]]`` clones the checkout's last commit, takes its
data along, and measures there.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import CHECKOUT, HERE, Cost, cheapest, cost, pinned, say, stage, table
from straight import IMPORTS, STAGES

BOUND = 1.7


def main(runs: int = 3, checkout: Path = CHECKOUT) -> None:
    """Measure, and print the section."""
    with TemporaryDirectory() as folder:
        clone, report = Path(folder) / "clone", Path(folder) / "seconds.json"
        subprocess.run(["git", "clone", "--quiet", checkout, clone], check=True)
        shutil.copytree(checkout / "data" / "raw", clone / "data" / "raw", dirs_exist_ok=True)
        repro: list[Cost] = []
        straight: list[Cost] = []
        alone: dict[str, list[Cost]] = {name: [] for name in STAGES}
        for run in range(1, runs + 1):
            say(f"pipeline: round {run} of {runs}")
            repro.append(cost(["dvc", "repro", "--force", "--quiet"], clone))
            for name, costs in alone.items():
                costs.append(cost(stage(name), clone))
            straight.append(cost(pinned("python", HERE / "straight.py"), clone))
        check_same_work(clone)
        cost(pinned("python", HERE / "straight.py", report), clone)
        parts = json.loads(report.read_text(encoding="utf-8"))
    single = {name: cheapest(costs).seconds for name, costs in alone.items()}
    show(runs, cheapest(repro).seconds, single, cheapest(straight).seconds, parts)


def check_same_work(clone: Path) -> None:
    """Make sure that the straight process, which came last, left the bytes that DVC expects."""
    done = subprocess.run(["dvc", "status"], cwd=clone, capture_output=True, text=True, check=True)
    if "up to date" not in done.stdout:
        raise SystemExit(f"the straight process did other work:\n{done.stdout}")


def show(
    runs: int,
    repro: float,
    alone: dict[str, float],
    straight: float,
    parts: dict[str, float],
) -> None:
    """Print the ratio, and where the seconds go."""
    work = {name: seconds for name, seconds in parts.items() if name != IMPORTS}
    rows: list[tuple[str, float, float]] = [
        ("DVC: reading and writing its files, hashes, cache", repro - sum(alone.values()), 0.0),
        (
            "Python's start and imports: once for each stage, or once",
            sum(alone.values()) - sum(work.values()),
            straight - sum(work.values()),
        ),
        *((name, seconds, seconds) for name, seconds in work.items()),
        ("**all**", repro, straight),
    ]
    print("\n## `dvc repro`: what DVC and a process for each stage cost\n")
    print(
        f"`dvc repro --force` takes **{repro / straight:.2f} times** the CPU time of one process\n"
        f"that runs the same five stages one after the other (asked: at most {BOUND}). After it,\n"
        "`dvc status` finds the same bytes. Measured in a clone, each the least of "
        f"{runs} runs.\nWhat each part takes is from one more straight process that watches "
        "itself, what a\nstart adds from each stage run alone."
    )
    header = ("CPU seconds", "`dvc repro --force` ", "`python benchmarks/straight.py` ")
    table(header, [(name, f"{ours:.2f}", f"{floor:.2f}") for name, ours, floor in rows])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *map(Path, sys.argv[2:]))
