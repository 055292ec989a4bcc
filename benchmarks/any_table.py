"""How good the models of a table are: adopted and run without an edit, beside plain ones.

``python benchmarks/any_table.py CSV TARGET [--model ENTRY] [--test-size SHARE] [--stratify]`` keeps
rows back, gives the others to a clone of the checkout's last commit, and asks it about the rows
that it never saw.
"""

import argparse
import json
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from kept_back import Files, Judged, divide, judge
from measure import CHECKOUT, HERE, Cost, cost, pinned, say, table
from threadpoolctl import threadpool_limits

BUNDLE = Path("models", "model")
FEATURES = Path("data", "features")
ROUNDS = 5


@dataclass(frozen=True)
class Step:
    """A command of the run, and what it took; the seconds are by the clock, on all cores."""

    name: str
    cost: Cost
    seconds: float


@dataclass(frozen=True)
class Bundle:
    """What the model is to those who serve it."""

    verdict: str
    megabytes: float
    one_row: float
    one_row_by_pipeline: float


def main() -> None:
    """Measure, and print the section."""
    given = arguments()
    with TemporaryDirectory() as folder:
        root, files = Path(folder) / "project", Files.within(Path(folder))
        divide(given.csv, given.target, given.test_size, files, stratify=given.stratify)
        subprocess.run(["git", "clone", "--quiet", CHECKOUT, root], check=True)
        adopted = step(root, "lockgate", "adopt", files.known, "--target", given.target, "--yes")
        model = choose(root / "params.yaml", given.model)
        steps = [
            adopted,
            step(root, "dvc", "repro", "--quiet"),
            step(root, "lockgate", "predict", files.asked, "--output", files.answers),
        ]
        say("any_table: the plain models, and one row")
        with threadpool_limits(1):
            judged, rows = judge(root / BUNDLE, root / FEATURES, files)
        bundle = weigh(root)
    print(f"\n## {given.csv.name}: {given.target}, `{model}`")
    show_judged(judged, rows)
    show_steps(steps, bundle)


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description="How good the models of a table are.")
    parser.add_argument("csv", type=Path, help="the table")
    parser.add_argument("target", help="the column to predict")
    parser.add_argument("--model", help="an entry of train.models; else the one that adopt leaves")
    parser.add_argument("--test-size", type=float, default=0.2, help="the share kept back")
    parser.add_argument("--stratify", action="store_true", help="keep classes in proportion")
    return parser.parse_args()


def choose(params: Path, model: str | None) -> str:
    """Name the model, and let the gate tell its verdict without stopping what is measured."""
    text = params.read_text(encoding="utf-8")
    if model is not None:
        text = re.sub(r"(?m)^(train:\n  model: )\S+", rf"\g<1>{model}", text)
    text = re.sub(r"(?m)^(gate:\n  enforce: )\S+", r"\g<1>false", text)
    params.write_text(text, encoding="utf-8")
    chosen: str = yaml.safe_load(text)["train"]["model"]
    return chosen


def step(root: Path, *command: str | Path) -> Step:
    """Run a command in the project."""
    name = f"{command[0]} {command[1]}"
    say(f"any_table: {name}")
    started = time.monotonic()
    taken = cost(command, root)
    return Step(name, taken, time.monotonic() - started)


def weigh(root: Path) -> Bundle:
    """Ask the gate's verdict and the bundle's size, and time one row as predict.py does."""
    verdict = json.loads((root / "metrics/gate.json").read_text(encoding="utf-8"))["verdict"]
    size = sum(file.stat().st_size for file in (root / BUNDLE).iterdir())
    report, row, features = (root.parent / name for name in ("warm", "row", "features"))
    cost(pinned("python", HERE / "warm.py", str(ROUNDS), report, row, features), root)
    found = json.loads(report.read_text(encoding="utf-8"))
    return Bundle(verdict, size / 1e6, found["one, dict"], found["pipeline, one"])


def show_judged(judged: Sequence[Judged], rows: int) -> None:
    """Print a line for each model."""
    names = [*judged[0].figures]
    lines = [
        (
            each.name,
            *(f"{each.figures[name]:,.5g}" if name in each.figures else "" for name in names),
            "" if each.seconds is None else f"{each.seconds:.1f}",
        )
        for each in judged
    ]
    print(f"\nOf {rows:,} rows kept back.")
    table(("model", *(f"{name} " for name in names), "fit, s "), lines)


def show_steps(steps: Sequence[Step], bundle: Bundle) -> None:
    """Print what each command took, and what came out."""
    lines = [
        (
            f"`{each.name}`",
            f"{each.seconds:.1f}",
            f"{each.cost.seconds:.1f}",
            f"{each.cost.megabytes:.0f}",
        )
        for each in steps
    ]
    table(("command", "seconds ", "CPU seconds ", "memory, MB "), lines)
    times = bundle.one_row_by_pipeline / bundle.one_row
    print(
        f"\nThe gate: {bundle.verdict}. The bundle has {bundle.megabytes:.1f} MB. One row takes\n"
        f"{bundle.one_row * 1e6:,.0f} µs, **{times:.0f} times** faster than `pipeline.predict`."
    )


if __name__ == "__main__":
    main()
