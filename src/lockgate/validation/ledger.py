"""Counts of rows by delivery and by rule, and a few examples to look at."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from lockgate.contract import Schema
from lockgate.validation.chunks import Part
from lockgate.validation.parse import Mask
from lockgate.validation.quarantine import BadRow, bad_rows

EXAMPLES_PER_RULE = 2
LONGEST_EXAMPLE = 80
HIDDEN = "(personal)"


@dataclass(eq=False)
class Tally:
    """Counts of one delivery, or of all together.

    Attributes
    ----------
    rows, quarantined : int
        Malformed records are among both.
    rules : Counter
        Quarantined rows by rule; a row that breaks two rules counts for both.
    warnings : Counter
        Rows that break a listed expectation of severity warning.
    """

    rows: int = 0
    quarantined: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def accepted(self) -> int:
        """Rows that broke no rule of severity error."""
        return self.rows - self.quarantined

    def share(self, rows: int) -> float:
        """Return `rows` as a share of all rows; of no rows, none."""
        return rows / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class Example:
    """The cells of a quarantined row that broke a rule."""

    rule: str
    delivery: str
    line: int
    shown: str


class Ledger:
    """Counts what became of the rows of each delivery.

    Parameters
    ----------
    schema : Schema
    deliveries : tuple of str
        Their names.
    columns : mapping of str to tuple of str
        The columns that a listed expectation reads, by its name.

    Attributes
    ----------
    tallies : dict of Tally
        By delivery.
    examples : list of Example
        The first rows that broke each rule, without personal data.
    """

    def __init__(
        self, schema: Schema, deliveries: tuple[str, ...], columns: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._columns = columns
        self._personal = {column.name for column in schema.columns if column.personal}
        self._shown: Counter[str] = Counter()
        self.tallies = {name: Tally() for name in deliveries}
        self.examples: list[Example] = []

    @property
    def total(self) -> Tally:
        """Counts of all deliveries together."""
        whole = Tally()
        for tally in self.tallies.values():
            whole.rows += tally.rows
            whole.quarantined += tally.quarantined
            whole.rules.update(tally.rules)
            whole.warnings.update(tally.warnings)
        return whole

    def add(
        self, part: Part, errors: Mapping[str, Mask], warnings: Mapping[str, Mask]
    ) -> list[BadRow]:
        """Count the rows of a part and return those that go to quarantine."""
        bad = bad_rows(part, errors)
        tally = self.tallies[part.delivery.name]
        tally.rows += part.rows
        tally.quarantined += len(bad)
        # A rule that no row breaks is listed with a zero.
        tally.rules.update(dict.fromkeys(errors, 0))
        tally.rules.update(rule for row in bad for rule in row.rules)
        for rule, mask in warnings.items():
            tally.warnings[rule] += int(mask[part.start : part.stop].sum())
        for row in bad:
            self._remember(row, part)
        return bad

    def _remember(self, row: BadRow, part: Part) -> None:
        for rule in row.rules:
            if self._shown[rule] < EXAMPLES_PER_RULE:
                self._shown[rule] += 1
                shown = self._cells(row, rule, part)
                self.examples.append(Example(rule, row.delivery, row.line, shown))

    def _cells(self, row: BadRow, rule: str, part: Part) -> str:
        if row.place is None:
            return HIDDEN if self._personal else f"{_shortened(row.text)} ({row.detail})"
        names = self._columns.get(rule, (rule.rsplit(": ", 1)[0],))
        place = row.place
        return ", ".join(
            HIDDEN if name in self._personal else repr(_shortened(part.raw.cell(name, place)))
            for name in names
        )


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_EXAMPLE:
        return text
    return f"{text[:LONGEST_EXAMPLE]}… ({len(text):,} characters)"
