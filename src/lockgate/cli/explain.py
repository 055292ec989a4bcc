"""``lockgate explain``: one row's prediction, and what each feature adds to it."""

import json
import sys
from dataclasses import dataclass
from math import floor, log10
from pathlib import Path
from typing import Any

from lockgate.console import say, table
from lockgate.contract import Schema
from lockgate.errors import RequestError
from lockgate.predict import Explanation, Predictor, load_predictor

STDIN = "-"
HALF = 12
DIGITS = 4


@dataclass(frozen=True)
class Wanted:
    """Which row, and which class.

    Attributes
    ----------
    row : str
        A JSON object, ``-`` for one on standard input, or a JSON, CSV or Parquet file.
    line : int or None
        Of a CSV or Parquet file; None takes the first row.
    key : str or None
        Instead of the line, the row's value in the contract's key column.
    label : str or None
        The class whose probability is explained; None takes the likeliest.
    """

    row: str
    line: int | None = None
    key: str | None = None
    label: str | None = None


def explain(model: Path, wanted: Wanted, *, as_json: bool) -> None:
    """Explain what the bundle `model` predicts of a row, in a table or in JSON.

    Raises
    ------
    RequestError
        When the row is not there, or does not fit.
    BundleError
        When the model cannot be explained.
    """
    predictor = load_predictor(model)
    found = _explained(predictor, wanted)
    if as_json:
        say(json.dumps(_document(found), indent=2, ensure_ascii=False))
    else:
        _show(found, predictor.bundle.schema)


def _explained(predictor: Predictor, wanted: Wanted) -> Explanation:
    text = _json_text(wanted.row)
    if text is not None:
        if wanted.line is not None or wanted.key is not None:
            raise RequestError(
                "--line and --key choose a row of a CSV or Parquet file",
                where=wanted.row[:60],
                hint="leave them out: JSON is one row",
            )
        found: Explanation = predictor.explain(_row(text, wanted.row), label=wanted.label)
        return found
    from lockgate.predict.files import find_row

    columns = find_row(predictor, Path(wanted.row), line=wanted.line, key=wanted.key)
    return predictor.explain_columns(columns, label=wanted.label)[0]


def _json_text(row: str) -> str | None:
    if row == STDIN:
        return sys.stdin.read()
    if row.lstrip().startswith("{"):
        return row
    if row.lower().endswith(".json"):
        try:
            return Path(row).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise RequestError(f"cannot be read: {problem}", where=row) from None
    return None


def _row(text: str, where: str) -> Any:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise RequestError(f"not JSON: {problem}", where=where[:60]) from None
    if not isinstance(row, dict):
        raise RequestError("must be a JSON object of column names and values", where=where[:60])
    return row


def _document(found: Explanation) -> dict[str, Any]:
    return {
        "value": found.value,
        **({} if found.label is None else {"label": found.label}),
        "base": found.base,
        "contributions": found.contributions,
        "inputs": found.inputs,
        "model_hash": found.lineage.model_hash,
        "data_hash": found.lineage.data_hash,
    }


def _show(found: Explanation, schema: Schema) -> None:
    decimals = _decimals(found)
    names = [name for name in found.largest() if found.contributions[name]]
    largest = max((abs(found.contributions[name]) for name in names), default=1.0)
    unit = f" {schema.target.unit}" if schema.target.unit and found.label is None else ""
    what = schema.target.name if found.label is None else f"the probability of {found.label}"
    rows = [[f"any {schema.entity}", "", f"{found.base:,.{decimals}f}", ""]]
    for name in names:
        added = found.contributions[name]
        shown = [name, _value(found.inputs[name]), f"{added:+,.{decimals}f}"]
        rows.append([*shown, _bar(added / largest)])
    rows.append([f"this {schema.entity}", "", f"{found.value:,.{decimals}f}", ""])
    table(f"What makes {what} {found.value:,.{decimals}f}{unit}", ["", "value ", "adds ", ""], rows)
    if idle := len(found.contributions) - len(names):
        say(f"{idle} more {'feature adds' if idle == 1 else 'features add'} nothing")


def _decimals(found: Explanation) -> int:
    size = max(abs(found.value), abs(found.base))
    return 0 if size == 0 else max(0, DIGITS - 1 - floor(log10(size)))


def _value(value: float | str | None) -> str:
    if value is None:
        return "missing"
    return value if isinstance(value, str) else f"{value:,.6g}"


def _bar(share: float) -> str:
    full = "█" * max(1, round(abs(share) * HALF))
    return f"{full if share < 0 else '':>{HALF}}│{full if share > 0 else ''}"
