"""Bad rows: kept as they were delivered, each with every reason."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.tables import CsvSink
from lockgate.validation.chunks import Part
from lockgate.validation.parse import Mask

HEADER = ("delivery", "line", "reasons", "text")
MALFORMED = "record: malformed"


@dataclass(frozen=True)
class BadRow:
    """A row that goes to quarantine.

    Attributes
    ----------
    delivery : str
    line : int
        The line of a text file, or the row of a Parquet file.
    rules : tuple of str
        The names of all rules that it breaks.
    detail : str
        What is wrong with a malformed record.
    text : str
        As delivered.
    place : int or None
        The row in the part's cells; None for a malformed record.
    """

    delivery: str
    line: int
    rules: tuple[str, ...]
    detail: str
    text: str
    place: int | None

    @property
    def reasons(self) -> str:
        """The rules in one text, as in quarantine.csv."""
        return "; ".join(self.rules) + (f" ({self.detail})" if self.detail else "")


def bad_rows(part: Part, masks: Mapping[str, Mask]) -> list[BadRow]:
    """Return the part's malformed records and the rows that a mask marks, by line.

    Parameters
    ----------
    masks : mapping of str to bool ndarray, each of shape (rows of the chunk,)
        Which rows break which rule.
    """
    name = part.delivery.name
    found = [
        BadRow(name, record.line, (MALFORMED,), record.reason, record.text, None)
        for record in part.raw.malformed
    ]
    for row, rules in _rules_by_row(part, masks).items():
        line = int(part.raw.lines[row])
        found.append(BadRow(name, line, tuple(rules), "", part.raw.text(row), row))
    return sorted(found, key=lambda bad: bad.line)


class QuarantineSink(CsvSink):
    """Writes quarantine.csv: delivery, line, reasons, and the row as delivered."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, HEADER)

    def keep(self, rows: list[BadRow]) -> None:
        """Append bad rows."""
        cells = {
            "delivery": [bad.delivery for bad in rows],
            "line": [str(bad.line) for bad in rows],
            "reasons": [bad.reasons for bad in rows],
            "text": [bad.text for bad in rows],
        }
        self.write({name: np.array(values, dtype=object) for name, values in cells.items()})


def _rules_by_row(part: Part, masks: Mapping[str, Mask]) -> dict[int, list[str]]:
    rules: dict[int, list[str]] = defaultdict(list)
    for rule, mask in masks.items():
        for row in np.flatnonzero(mask[part.start : part.stop]).tolist():
            rules[row].append(rule)
    return rules
