"""A small shop's schema and deliveries, and one call that inspects them."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lockgate.contract import Column, Rule, Schema, TableBound
from lockgate.tables import Columns
from lockgate.validation.chunks import read_chunks
from lockgate.validation.deliveries import find_deliveries
from lockgate.validation.findings import Finding
from lockgate.validation.inspection import Inspection
from lockgate.validation.quarantine import BadRow


def column(name: str, kind: Any = "number", **constraints: Any) -> Column:
    """Return a feature column with these constraints."""
    return Column(name=name, type=kind, **{"role": "feature", **constraints})


def schema(*columns: Column, bounds: Any = (), rules: Any = ()) -> Schema:
    """Return a schema of these columns."""
    return Schema(
        entity="order",
        entities="orders",
        version="1.0.0",
        columns=columns,
        bounds=tuple(bounds),
        rules=tuple(rules),
    )


def rule(kind: str, severity: Any = "error", **kwargs: Any) -> Rule:
    """Return a listed expectation."""
    return Rule(type=kind, kwargs=kwargs, severity=severity)


def bound(metric: Any, name: str | None = None, **values: Any) -> TableBound:
    """Return a bound on an aggregate."""
    common = {"unit": "rows", "minimum": None, "maximum": None, "severity": "error"}
    return TableBound(metric=metric, column=name, **{**common, **values})


ORDERS = schema(
    column("id", "string", role="key", nullable=False, pattern="o[0-9]+"),
    column("price", nullable=False, minimum=0.0, maximum=100.0, role="target"),
    column("pieces", "integer", exclusive_minimum=0.0),
    column("kind", "string", values=("book", "toy")),
    column("gift", "boolean"),
    column("paid_on", "date", earliest="2020-01-01"),
)
HEADER = "id,price,pieces,kind,gift,paid_on"
GOOD = "o{},12.5,3,book,yes,2024-05-06"


def orders(count: int, first: int = 1) -> str:
    """Return a delivery of `count` good orders as CSV."""
    lines = [GOOD.format(number) for number in range(first, first + count)]
    return "\n".join([HEADER, *lines, ""])


def deliver(root: Path, **files: str) -> Path:
    """Write deliveries below ``data/raw``; ``jan=...`` becomes ``jan.csv``."""
    folder = root / "data/raw"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Inspected:
    """What became of deliveries."""

    inspection: Inspection
    accepted: Columns
    bad: list[BadRow]

    @property
    def findings(self) -> dict[str, Finding]:
        """Verdicts of the rules about the table, by rule."""
        found = self.inspection.findings(lambda names: {n: self.accepted[n] for n in names})
        return {finding.rule: finding for finding in found}

    @property
    def reasons(self) -> dict[int, str]:
        """Reasons of the bad rows by line."""
        return {row.line: row.reasons for row in self.bad}


def inspect(root: Path, contract: Schema, rows: int = 1000, **files: str) -> Inspected:
    """Write the deliveries and judge them all."""
    deliveries = find_deliveries(deliver(root, **files), root)
    inspection = Inspection(contract, deliveries, rows)
    good: list[Columns] = []
    bad: list[BadRow] = []
    for chunk in read_chunks(deliveries, contract, rows):
        accepted, refused = inspection.take(chunk)
        good.append(accepted)
        bad += refused
    columns = {name: np.concatenate([part[name] for part in good]) for name in contract.names}
    return Inspected(inspection, columns, bad)


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a CSV file as a list of rows."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
