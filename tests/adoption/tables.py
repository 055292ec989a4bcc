"""Small tables with one kind of dirt each, and what adoption decides of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from lockgate.adoption.deciding import Findings, decide
from lockgate.adoption.decision import Decision
from lockgate.adoption.profile import profile
from lockgate.adoption.wishes import Wishes

ROWS = 200


def noise(row: int) -> float:
    """Return a number that looks random and is the same each time."""
    return round((row * 7919 % 1009) / 10, 1)


def findings_of(columns: dict[str, Sequence[Any]], **wishes: Any) -> Findings:
    """Decide about a table of these columns and a numeric target of its own."""
    texts = {name: [str(value) for value in values] for name, values in columns.items()}
    rows = len(next(iter(texts.values())))
    if "target" not in wishes:
        texts["outcome_value"] = [str(noise(row * 3 + 1)) for row in range(rows)]
    texts["other"] = [str(noise(row)) for row in range(rows)]
    table = pa.table({name: pa.array(values, pa.string()) for name, values in texts.items()})
    found = profile(_halves(table), table.column_names)
    return decide(found, Wishes(**{"target": "outcome_value", **wishes}))


def decided(name: str, cells: Sequence[Any], **wishes: Any) -> Decision:
    """Decide about one column beside two columns of noise."""
    found = findings_of({name: cells}, **wishes)
    return next(each for each in found.columns if each.name == name)


def cycled(*cells: Any, rows: int = ROWS) -> list[Any]:
    """Repeat cells, so that there are `rows`."""
    return [cells[row % len(cells)] for row in range(rows)]


def write(path: Path, text: str | bytes) -> Path:
    """Write a file."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _halves(table: pa.Table) -> Iterable[tuple[pa.Table, int]]:
    half = table.num_rows // 2
    return ((table.slice(0, half), 0), (table.slice(half), 0))
