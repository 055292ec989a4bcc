"""Rules about the table as a whole, judged on aggregates that merge over batches."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lockgate.contract import Schema, TableBound
from lockgate.validation.listed import MERGED, Listed

Severity = Literal["error", "warning"]

_STATISTICS = {
    "rowCount": "rows",
    "missingValues": "missing",
    "nullValues": "missing",
    "invalidValues": "invalid",
    "duplicateValues": "repeats",
}


@dataclass(frozen=True)
class Finding:
    """The verdict of a rule about the whole table.

    Attributes
    ----------
    value : float, str or None
        What was observed; None where there was nothing to observe.
    bound : str
        What the contract asks for, in words.
    """

    rule: str
    severity: Severity
    value: float | str | None
    bound: str
    passed: bool

    @property
    def seen(self) -> str:
        """The value in words."""
        if self.value is None:
            return "nothing"
        return f"{self.value:,.6g}" if isinstance(self.value, float) else self.value


@dataclass(frozen=True)
class Limit:
    """Bounds of one statistic of the table or of a column; a strict bound is itself too far."""

    rule: str
    severity: Severity
    column: str | None
    statistic: str
    low: float | None
    high: float | None
    strict_low: bool = False
    strict_high: bool = False

    def judge(self, value: float | None) -> Finding:
        """Compare the statistic with the bounds; where there is none, or it is NaN, it fails."""
        passed = value is not None and not math.isnan(value)
        if value is not None and self.low is not None:
            passed &= value > self.low if self.strict_low else value >= self.low
        if value is not None and self.high is not None:
            passed &= value < self.high if self.strict_high else value <= self.high
        return Finding(self.rule, self.severity, value, self._words(), passed)

    def _words(self) -> str:
        unit = " %" if self.statistic.endswith("_percent") else ""
        if self.low is not None and self.low == self.high:
            return f"exactly {self.low:,.12g}{unit}"
        ends = (
            ("more than" if self.strict_low else "at least", self.low),
            ("less than" if self.strict_high else "at most", self.high),
        )
        return " and ".join(f"{word} {end:,.12g}{unit}" for word, end in ends if end is not None)


def limits(schema: Schema, listed: tuple[Listed, ...]) -> Iterator[Limit]:
    """Yield the contract's bounds, then the listed expectations whose aggregate merges."""
    for bound in schema.bounds:
        yield _bound_limit(bound)
    for item in listed:
        if item.scope == "merged":
            yield _listed_limit(item)


def _bound_limit(bound: TableBound) -> Limit:
    statistic = _STATISTICS[bound.metric] + ("_percent" if bound.unit == "percent" else "")
    return Limit(
        rule=f"{bound.column or 'table'}: {bound.metric}",
        severity=bound.severity,
        column=bound.column,
        statistic=statistic,
        low=bound.minimum,
        high=bound.maximum,
    )


def _listed_limit(item: Listed) -> Limit:
    asked = item.expectation.dict()
    exact = asked.get("value")
    return Limit(
        rule=item.name,
        severity=item.rule.severity,
        column=asked.get("column"),
        statistic=MERGED[item.expectation.expectation_type],
        low=exact if exact is not None else asked["min_value"],
        high=exact if exact is not None else asked["max_value"],
        strict_low=bool(asked.get("strict_min")),
        strict_high=bool(asked.get("strict_max")),
    )
