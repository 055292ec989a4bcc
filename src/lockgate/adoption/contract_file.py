"""data/contract.yaml as adoption writes it: for people first, with what was decided and why."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from lockgate.adoption.deciding import Findings
from lockgate.adoption.decision import Decision, Limits

HEADER = """\
# What a row is: the one source for types, ranges, allowed values, roles, units and meaning.
# Written by lockgate adopt from the data; descriptions say what was decided. Correct what you know
# better: docs/contract.md says what each key means, lockgate contract check whether it holds.
"""
FEWEST_ROWS = 10
MISSING_ROOM = 10.0


def contract_text(findings: Findings, name: str) -> str:
    """Return the contract of an adopted table, the same text for the same findings.

    Parameters
    ----------
    findings : Findings
        What was decided of each column.
    name : str
        Of the table.
    """
    plain = re.sub(r"\W+", "_", name).strip("_").lower() or "table"
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": plain.replace("_", "-"),
        "name": name,
        "version": "1.0.0",
        "status": "active",
        "description": {"purpose": f"Predict {findings.target.name}."},
        "schema": [_table(findings, plain)],
    }
    body = yaml.safe_dump(
        document, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100
    )
    return HEADER + body


def _table(findings: Findings, name: str) -> dict[str, Any]:
    fewest = max(FEWEST_ROWS, findings.rows // 2)
    return {
        "name": name,
        "logicalType": "object",
        "description": f"Adopted with {findings.rows:,} rows.",
        "customProperties": [
            _custom("entity", "row"),
            _custom("entities", "rows"),
        ],
        "quality": [
            {
                "metric": "rowCount",
                "mustBeGreaterOrEqualTo": fewest,
                "description": "Far fewer rows than when the table was adopted.",
            }
        ],
        "properties": [column_entry(each, findings.rows) for each in findings.columns],
    }


def column_entry(decision: Decision, rows: int) -> dict[str, Any]:
    """Return what the contract says of a column of a table with so many rows."""
    described: dict[str, Any] = {
        "name": decision.name,
        "logicalType": decision.kind.type,
        "description": _description(decision),
    }
    if decision.required:
        described["required"] = True
    if decision.role == "key":
        described["primaryKey"] = True
    if decision.personal:
        described["classification"] = "personal"
    for key, value in (
        ("logicalTypeOptions", _options(decision)),
        ("quality", [*_quality(decision, rows)]),
        ("customProperties", [*_properties(decision)]),
    ):
        if value:
            described[key] = value
    return described


def _description(decision: Decision) -> str:
    said = [*decision.kind.reasons, *decision.reasons]
    asked = [f"Look: {text}" for text in (*decision.kind.warnings, *decision.warnings)]
    sentences = [text[:1].upper() + text[1:] for text in [*said, *asked]]
    return ". ".join(sentences) + "." if sentences else f"{decision.kind.type.capitalize()}s."


def _options(decision: Decision) -> dict[str, Any]:
    limits = decision.limits
    options = {
        "format": decision.kind.format,
        "minimum": _short(limits.minimum) if limits.earliest is None else limits.earliest,
        "maximum": _short(limits.maximum),
        "maxLength": limits.max_length,
    }
    return {key: value for key, value in options.items() if value is not None}


def _short(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _quality(decision: Decision, rows: int) -> Iterator[dict[str, Any]]:
    limits = decision.limits
    if limits.values:
        values: list[Any] = list(limits.values)
        if decision.kind.type == "integer":
            values = [int(value) for value in values]
        yield {"metric": "invalidValues", "arguments": {"validValues": values}, "mustBe": 0}
    if decision.role == "feature" and not decision.required and rows:
        share = 100 * decision.kind.absent / rows
        most = min(100.0, round(max(2 * share, share + MISSING_ROOM)))
        if most < 100:
            yield {
                "metric": "nullValues",
                "mustBeLessOrEqualTo": _short(most),
                "unit": "percent",
                "description": f"{share:.2g} % when the table was adopted.",
            }
    yield from _unusual(limits)


def _unusual(limits: Limits) -> Iterator[dict[str, Any]]:
    if limits.usual:
        low, high = (_short(value) for value in limits.usual)
        yield {
            "type": "custom",
            "engine": "greatExpectations",
            "severity": "warning",
            "description": "Far from the rest: counted, and kept.",
            "implementation": {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"min_value": low, "max_value": high},
            },
        }


def _properties(decision: Decision) -> Iterator[dict[str, Any]]:
    writing = decision.kind.writing
    if decision.role not in ("feature", "key"):
        yield _custom("role", decision.role)
    if decision.role == "ignore":
        yield _custom("delivery", "optional")
    if decision.text:
        yield _custom("kind", "text")
    if writing.percent:
        yield _custom("unit", "%")
    if writing.decimal != ".":
        yield _custom("decimalSeparator", writing.decimal)
    if writing.grouping:
        yield _custom("groupingSeparator", writing.grouping)
    if writing.affixes:
        yield _custom("affixes", list(writing.affixes))
    if writing.negative != "minus":
        yield _custom("negativeNumbers", writing.negative)
    if decision.kind.missing:
        yield _custom("missingTokens", ["", *decision.kind.missing])


def _custom(name: str, value: Any) -> dict[str, Any]:
    return {"property": name, "value": value}
