"""Small CSV files with one kind of dirt each, and what adoption decides of them."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from lockgate.adoption.deciding import Findings, decide
from lockgate.adoption.decision import Decision
from lockgate.adoption.profile import profile
from lockgate.adoption.sources import Source, find_sources, place, read_cells_of
from lockgate.adoption.wishes import Wishes

ROWS = 200


def noise(row: int) -> float:
    """Return a number that looks random and is the same each time."""
    return round((row * 7919 % 1009) / 10, 1)


def findings_of(columns: dict[str, Sequence[Any]], **wishes: Any) -> Findings:
    """Write a CSV file of these columns and a numeric target of its own, and decide about it."""
    texts = {name: [str(value) for value in values] for name, values in columns.items()}
    rows = len(next(iter(texts.values())))
    if "target" not in wishes:
        texts["outcome_value"] = [str(noise(row * 3 + 1)) for row in range(rows)]
    texts["other"] = [str(noise(row)) for row in range(rows)]
    with TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(texts)
            writer.writerows(zip(*texts.values(), strict=True))
        paths = tuple(place(source, Path(folder, "raw")) for source in _placed(path))
        found = profile(_halves(paths), list(texts))
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


def _placed(path: Path) -> tuple[Source, ...]:
    path.with_name("raw").mkdir()
    return find_sources(str(path))


def _halves(paths: tuple[Path, ...]) -> Iterator[tuple[pa.Table, int]]:
    """Yield each batch of the files in two, so that no finding depends on where one ends."""
    for cells, malformed in read_cells_of(paths):
        half = cells.num_rows // 2
        yield cells.slice(0, half), malformed
        yield cells.slice(half), 0
