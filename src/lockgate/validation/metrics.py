"""What validate writes to metrics/: a headline, and every count."""

from typing import Any

from lockgate.tables import rounded
from lockgate.validation.findings import Finding
from lockgate.validation.inspection import Inspection
from lockgate.validation.ledger import Tally


def headline(inspection: Inspection) -> dict[str, Any]:
    """Return the few numbers of metrics/validate.json."""
    return {"deliveries": len(inspection.ledger.tallies)} | _counts(inspection.ledger.total)


def details(inspection: Inspection, findings: tuple[Finding, ...], data: str) -> dict[str, Any]:
    """Return metrics/deliveries.json.

    Parameters
    ----------
    data : str
        DVC's hash of the deliveries.

    Returns
    -------
    dict
        ``data``; ``deliveries``: counts and broken rules by delivery; ``rules``: for each row
        rule the rows that break it, its severity and, where Great Expectations judges it too,
        both counts among the rows whose cells could all be read; ``table``: rules about the table
        as a whole; ``repeated_keys``: accepted rows whose key stood in an earlier row.
    """
    total = inspection.ledger.total
    rules = {name: _rule(inspection, name, rows, "error") for name, rows in total.rules.items()}
    rules |= {n: _rule(inspection, n, rows, "warning") for n, rows in total.warnings.items()}
    tallies = inspection.ledger.tallies.items()
    return dict(
        rounded(
            {
                "data": data,
                "deliveries": {name: _delivery(tally) for name, tally in tallies},
                "rules": rules,
                "table": [_finding(item) for item in findings],
                "repeated_keys": inspection.profile.repeated_keys,
            }
        )
    )


def _counts(tally: Tally) -> dict[str, Any]:
    counts = {
        "rows": tally.rows,
        "accepted": tally.accepted,
        "quarantined": tally.quarantined,
        "quarantined_share": tally.share(tally.quarantined),
    }
    return dict(rounded(counts))


def _delivery(tally: Tally) -> dict[str, Any]:
    broken = {rule: rows for rule, rows in tally.rules.items() if rows}
    warned = {rule: rows for rule, rows in tally.warnings.items() if rows}
    return _counts(tally) | {"rules": broken, "warnings": warned}


def _rule(inspection: Inspection, name: str, rows: int, severity: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"rows": rows, "severity": severity}
    if name in inspection.counted:
        rule["row_mask"] = inspection.marked[name]
        rule["great_expectations"] = inspection.counted[name]
    return rule


def _finding(item: Finding) -> dict[str, Any]:
    return {
        "rule": item.rule,
        "severity": item.severity,
        "value": item.value,
        "bound": item.bound,
        "passed": item.passed,
    }
