"""How each stage grows: CPU time for each row and peak memory, from ten thousand rows upwards.

``python benchmarks/scale.py [ROWS [CHECKOUT]]`` simulates tables of the bundled example, and takes
contract and params from the checkout. The floor of validate is Great Expectations alone
(benchmarks/alone.py); that of the other stages is their own time for each row of smaller tables.
"""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from measure import CHECKOUT, HERE, Cost, cheapest, cost, pinned, say, stage, table

from lockgate.contract.compile import load_schema
from lockgate.sources.market import simulate

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
REPEATS = {10_000: 3, 100_000: 3, 1_000_000: 2}
FORMATS = ("BASIC", "COMPLETE")
MONTHS = 24
MANY = 240
BOUND = 1.3


@dataclass(frozen=True)
class Measured:
    """What one size took; `floor` is Great Expectations' import and run, by result format."""

    rows: int
    checks: int
    stages: dict[str, Cost]
    many: Cost
    floor: dict[str, tuple[Cost, Cost]]


def main(most: int = 1_000_000, checkout: Path = CHECKOUT) -> None:
    """Measure, and print the section; nothing where the contract is not that of the example."""
    if not fits(checkout):
        say("scale: left out, because the contract is not that of the simulated market")
        return
    sizes = [size for size in SIZES if size <= most] or [most]
    found = []
    for size in sizes:
        with TemporaryDirectory() as folder:
            found.append(measured(Path(folder), size, checkout))
    show_validate(found)
    show_stages(found)


def fits(checkout: Path) -> bool:
    """Tell whether the contract describes the columns of the simulated market."""
    with TemporaryDirectory() as folder:
        (path,) = simulate(folder, months=1, sales_per_month=1)
        header = path.read_text(encoding="utf-8").splitlines()[0]
    return set(header.split(",")) <= set(load_schema(checkout / "data/contract.yaml").names)


def measured(folder: Path, rows: int, checkout: Path) -> Measured:
    """Run every stage on a simulated market of about `rows` sales."""
    one, many = (project(folder / name, checkout) for name in ("one", "many"))
    join(simulate(folder / "months", months=MONTHS, sales_per_month=-(-rows // MONTHS)), one)
    shutil.rmtree(folder / "months")
    simulate(many / "data/raw", months=MANY, sales_per_month=-(-rows // MANY))
    validate: list[Cost] = []
    scattered: list[Cost] = []
    floor: dict[str, list[tuple[Cost, Cost]]] = {name: [] for name in FORMATS}
    checks = 0
    for repeat in range(1, REPEATS.get(rows, 1) + 1):
        say(f"scale: {rows:,} rows, validate, round {repeat}")
        validate.append(cost(stage("validate"), one))
        scattered.append(cost(stage("validate"), many))
        for name, runs in floor.items():
            import_, run, checks = great_expectations(one, name)
            runs.append((import_, run))
    shutil.rmtree(many)
    stages = {"validate": cheapest(validate)}
    for name in ("featurize", "train"):
        say(f"scale: {rows:,} rows, {name}")
        stages[name] = cost(stage(name), one)
    say(f"scale: {rows:,} rows, predict")
    predict = pinned("lockgate", "predict", "data/raw/sales.csv", "-o", "predicted.csv")
    stages["predict"] = cost(predict, one)
    least = {
        name: (cheapest([each for each, _ in runs]), cheapest([each for _, each in runs]))
        for name, runs in floor.items()
    }
    return Measured(rows, checks, stages, cheapest(scattered), least)


def project(root: Path, checkout: Path) -> Path:
    """Lay out a project without data whose tolerances stop no small delivery."""
    (root / "data/raw").mkdir(parents=True)
    (root / ".dvc").mkdir()
    shutil.copy(checkout / "dvc.yaml", root)
    shutil.copy(checkout / "data/contract.yaml", root / "data")
    params = yaml.safe_load((checkout / "params.yaml").read_text(encoding="utf-8"))
    params["validate"] |= {"max_quarantined_share": 1.0, "max_quarantined_share_per_rule": 1.0}
    (root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    return root


def join(deliveries: Sequence[Path], root: Path) -> None:
    """Write all deliveries as one file."""
    with (root / "data/raw/sales.csv").open("wb") as whole:
        for number, path in enumerate(deliveries):
            with path.open("rb") as part:
                header = part.readline()
                whole.write(b"" if number else header)
                shutil.copyfileobj(part, whole)


def great_expectations(root: Path, result_format: str) -> tuple[Cost, Cost, int]:
    """Return what import and run cost in a process of their own, and how many checks it made."""
    report = root / "floor.json"
    whole = cost(pinned("python", HERE / "alone.py", result_format, report), root)
    found = json.loads(report.read_text(encoding="utf-8"))
    import_, run = (Cost(found[part], whole.megabytes) for part in ("import", "run"))
    return import_, run, found["checks"]


def show_validate(found: Sequence[Measured]) -> None:
    """Print what validate costs beside Great Expectations alone."""
    print("\n## validate, beside Great Expectations alone\n")
    print(
        f"The same {found[0].checks} checks on the same rows, as Great Expectations is documented: "
        "one frame, one suite,\none run. Its seconds are those of its import and of the run; "
        "reading the files and making the\nframe are a gift to it. validate does all that: it "
        "reads text, parses and judges each row, lets\nGreat Expectations judge it again, writes "
        "the accepted and the refused rows, and a report. The\nresult format `COMPLETE` names the "
        "rows that break a rule, which validate must know; `BASIC` only\ncounts them. Asked: at "
        f"most {BOUND}."
    )
    rows = []
    for each in found:
        ours = each.stages["validate"]
        for name, (import_, run) in each.floor.items():
            floor = import_.seconds + run.seconds
            seconds = f"{import_.seconds:.1f} + {run.seconds:.1f}"
            ratio = f"**{ours.seconds / floor:.2f}**"
            memory = f"{run.megabytes:,.0f}"
            rows.append(
                (f"{each.rows:,}", f"`{name}`", f"{ours.seconds:.1f}", seconds, ratio, memory)
            )
    header = ("rows ", "result format", "`python -m lockgate.pipeline validate`, s ")
    header += ("`python benchmarks/alone.py`, import + run, s ", "ratio ", "its memory, MB ")
    table(header, rows)


def show_stages(found: Sequence[Measured]) -> None:
    """Print what a row costs in each stage, and the memory."""
    print("\n## How the stages grow\n")
    print(
        "A simulated market (`lockgate simulate`) in one file, and for validate also in "
        f"{MANY} deliveries. The\nmicroseconds for each row include what a process costs before "
        "it sees the first one."
    )
    commands = {
        "validate": "`python -m lockgate.pipeline validate`",
        "many": f"the same, {MANY} deliveries",
        "featurize": "`python -m lockgate.pipeline featurize`",
        "train": "`python -m lockgate.pipeline train`",
        "predict": "`lockgate predict data/raw/sales.csv -o predicted.csv`",
    }
    rows = []
    for name, command in commands.items():
        for each in found:
            spent = each.many if name == "many" else each.stages[name]
            a_row = f"{spent.seconds / each.rows * 1e6:,.1f}"
            rows.append(
                (
                    command,
                    f"{each.rows:,}",
                    f"{spent.seconds:,.1f}",
                    a_row,
                    f"{spent.megabytes:,.0f}",
                )
            )
    table(("command", "rows ", "seconds ", "µs for each row ", "memory, MB "), rows)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *map(Path, sys.argv[2:]))
