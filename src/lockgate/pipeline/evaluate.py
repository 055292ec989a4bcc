"""evaluate: the model on rows that it has never seen, as numbers, plots, a report and a card."""

import csv
from pathlib import Path

from lockgate.artifact import load
from lockgate.console import progress, say, table
from lockgate.contract import Schema
from lockgate.features.feature import Array
from lockgate.features.target import target_values
from lockgate.learning.curve import PARTS, Step
from lockgate.params import load_params
from lockgate.pipeline.inputs import FEATURES
from lockgate.reporting.card import model_card
from lockgate.reporting.documents import details, headline
from lockgate.reporting.findings import Findings, investigate
from lockgate.reporting.points import tables, write_points
from lockgate.reporting.reach import coverage
from lockgate.reporting.report import metric_rows, report
from lockgate.tables import read_json, read_parquet, write_json, write_text
from lockgate.tables.paths import reading

BUNDLE = Path("models", "model")
TRAINING = Path("metrics", "train.json")
CURVE = Path("plots", "learning_curve.csv")
METRICS = Path("metrics", "evaluate.json")
DETAILS = Path("metrics", "evaluation")
POINTS = Path("plots", "evaluate")
REPORT = Path("plots", "report.html")
CARD = Path("plots", "model_card.md")


def run(root: Path = Path()) -> None:
    """Run the stage in the project at `root`.

    Raises
    ------
    LockgateError
        When the bundle cannot be loaded, or a slice or a check does not fit the data.
    """
    params = load_params(root / "params.yaml")
    bundle = load(root / BUNDLE)
    test = read_parquet(root / FEATURES / "test.parquet")
    train_y = _training_target(root, bundle.schema)
    with progress("evaluating"):
        findings = investigate(bundle, test, train_y, params.evaluate, params.seed)
        page = report(findings, read_json(root / TRAINING), _curve(root / CURVE))
    write_json(root / METRICS, headline(findings))
    for name, document in details(findings).items():
        write_json(root / DETAILS / f"{name}.json", document)
    write_points(root / POINTS, tables(findings))
    write_text(root / REPORT, page)
    write_text(root / CARD, model_card(findings))
    _summary(findings)


def _training_target(root: Path, schema: Schema) -> Array:
    columns = read_parquet(root / FEATURES / "train.parquet", [schema.target.name])
    return target_values(columns, schema)


def _curve(path: Path) -> list[Step]:
    with reading(path), path.open(encoding="utf-8", newline="") as file:
        return [
            Step(int(row["iteration"]), part, float(row[part]))
            for row in csv.DictReader(file)
            for part in PARTS
            if row[part]
        ]


def _summary(findings: Findings) -> None:
    rows = [
        (row.label, row.value, row.interval, row.linear, row.constant)
        for row in metric_rows(findings)
    ]
    columns = ("", "model ", "95 % interval ", "linear ", "constant ")
    table(f"Test part, {len(findings.y):,} rows", columns, rows)
    say(coverage(findings))
    for check in findings.checks:
        if not check.passed:
            say(f"check failed: {check.check}: {check.reason}", style="red")
    say(f"look at {REPORT}, or run: dvc plots show")
