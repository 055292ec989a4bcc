"""The data report: one page that says what was delivered, what was bad, and what is left."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from lockgate.contract import Schema
from lockgate.html import render
from lockgate.params import ValidateParams
from lockgate.validation.findings import Finding
from lockgate.validation.inspection import Inspection
from lockgate.validation.ledger import HIDDEN, Ledger, Tally
from lockgate.validation.profile import MOST_LEVELS, ColumnProfile
from lockgate.validation.tolerance import excesses

MOST_DELIVERIES = 100
TOP_LEVELS = 4
LONGEST_BAR = 8.0


def data_page(
    inspection: Inspection,
    schema: Schema,
    findings: tuple[Finding, ...],
    params: ValidateParams,
    data: str,
) -> str:
    """Return the HTML of the data report; it needs no network and shows no personal value.

    Parameters
    ----------
    data : str
        DVC's hash of the deliveries.
    """
    ledger = inspection.ledger
    total = ledger.total
    return render(
        "data.html",
        title=f"Data report: {schema.entities.replace('_', ' ')}",
        version=schema.version,
        data=data,
        cards=list(_cards(inspection)),
        findings=[_finding(item) for item in findings],
        rules=list(_broken_rules(total)),
        kept=sorted(
            rule for rule, rows in (*total.rules.items(), *total.warnings.items()) if not rows
        ),
        deliveries=list(_deliveries(ledger, params)),
        delivery_count=len(ledger.tallies),
        columns=[_column(item) for item in inspection.profile.columns.values()],
        examples=sorted(ledger.examples, key=lambda example: example.rule),
    )


def _cards(inspection: Inspection) -> Iterator[dict[str, str]]:
    total = inspection.ledger.total
    files = len(inspection.ledger.tallies)
    notes = {
        "Delivered": (total.rows, f"rows in {files:,} {'file' if files == 1 else 'files'}"),
        "Accepted": (total.accepted, _percent(total.share(total.accepted))),
        "Quarantined": (total.quarantined, _percent(total.share(total.quarantined))),
        "Repeated keys": (inspection.profile.repeated_keys, "in accepted rows; the last counts"),
    }
    for label, (value, note) in notes.items():
        yield {"label": label, "value": f"{value:,}", "note": note}


def _finding(item: Finding) -> dict[str, Any]:
    word = "passed" if item.passed else "failed" if item.severity == "error" else "warning"
    return {"rule": item.rule, "bound": item.bound, "value": item.seen, "verdict": word}


def _broken_rules(total: Tally) -> Iterator[dict[str, Any]]:
    """Describe the rules that rows break, the most broken first."""
    broken = [(rule, rows, "quarantined") for rule, rows in total.rules.items() if rows]
    broken += [(rule, rows, "warning") for rule, rows in total.warnings.items() if rows]
    broken.sort(key=lambda item: (-item[1], item[0]))
    for rule, rows, outcome in broken:
        yield {
            "name": rule,
            "rows": f"{rows:,}",
            "share": _percent(total.share(rows)),
            "outcome": outcome,
            "bar": _bar(rows, broken[0][1]),
        }


def _deliveries(ledger: Ledger, params: ValidateParams) -> Iterator[dict[str, Any]]:
    """Describe the deliveries by name; where there are many, those with the largest bad share."""
    beyond = {excess.delivery for excess in excesses(ledger, params)}
    shares = {name: tally.share(tally.quarantined) for name, tally in ledger.tallies.items()}
    worst = sorted(shares, key=lambda name: -shares[name])
    for name in sorted(worst[:MOST_DELIVERIES]):
        tally = ledger.tallies[name]
        yield {
            "name": name,
            "rows": f"{tally.rows:,}",
            "quarantined": f"{tally.quarantined:,}",
            "share": _percent(shares[name]),
            "bar": _bar(shares[name], shares[worst[0]]),
            "beyond": name in beyond,
            "rules": ", ".join(f"{rule} {rows:,}" for rule, rows in _top(tally.rules, 2) if rows),
        }


def _column(item: ColumnProfile) -> dict[str, Any]:
    column = item.column
    shown = not column.personal and column.type not in {"string", "boolean"}
    ends = (item.minimum, item.mean, item.maximum) if shown else (None, None, None)
    least, mean, greatest = (_number(end) for end in ends)
    return {
        "name": column.name,
        "role": column.role,
        "type": column.type,
        "unit": column.unit or "",
        "missing": _percent(item.missing / item.rows) if item.missing else "",
        "bar": _bar(item.missing, item.rows),
        "least": least,
        "mean": mean,
        "greatest": greatest,
        "levels": HIDDEN if column.personal else _levels(item),
    }


def _levels(item: ColumnProfile) -> str:
    """Name the most frequent texts with their shares, or the share of true."""
    if item.column.type == "boolean" and item.mean is not None:
        return f"true {_percent(item.mean, 1)}"
    if item.levels is None:
        return f"more than {MOST_LEVELS:,} texts"
    top = [
        f"{text} {_percent(rows / item.given, 1)}" for text, rows in _top(item.levels, TOP_LEVELS)
    ]
    more = len(item.levels) - len(top)
    return ", ".join(top) + (f" and {more:,} more" if more else "")


def _top(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


def _number(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, np.datetime64):
        return str(value).removesuffix("T00:00:00").replace("T", " ")
    whole = float(value).is_integer() or abs(value) >= 1000
    return f"{value:,.0f}" if whole and abs(value) < 1e15 else f"{value:.4g}"


def _percent(share: float, digits: int = 2) -> str:
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def _bar(part: float, whole: float) -> str:
    """Return the length of a bar in rem."""
    return f"{LONGEST_BAR * part / whole:.2f}" if whole else "0"
