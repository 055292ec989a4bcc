"""Behavioural checks: what must happen to a prediction when one column is changed.

After Ribeiro, Wu, Guestrin and Singh 2020, "Beyond Accuracy: Behavioral Testing of NLP Models
with CheckList": directional expectation and invariance tests.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.contract import Column, Schema
from lockgate.errors import ParamsError, did_you_mean
from lockgate.features.batches import missing
from lockgate.params import CheckParams
from lockgate.tables import Columns

Array = npt.NDArray[Any]
Predict = Callable[[Columns], Array]
CHECKS = "params.yaml, evaluate.checks"


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check.

    Attributes
    ----------
    check : str
        What was asked.
    passed : bool
    value, bound : float or None
        What was found and what it is held against; no value where no row could be asked.
    rows : int
        How many rows were asked.
    reason : str
        The finding in words.
    """

    check: str
    passed: bool
    value: float | None
    bound: float
    rows: int
    reason: str


def run_checks(
    checks: Sequence[CheckParams], schema: Schema, predict: Predict, columns: Columns
) -> list[CheckResult]:
    """Run the declared checks, and one that always holds: order does not matter.

    Parameters
    ----------
    checks : sequence of CheckParams
        ``evaluate.checks``.
    schema : Schema
        Bounds how far a value may be moved.
    predict : callable
        From the contract's columns to one number a row, shape (rows,): the predicted value, or
        the probability of a class.
    columns : Columns
        Rows to ask, arrays of shape (rows,).

    Raises
    ------
    ParamsError
        When a check cannot be asked of its column.
    """
    before = predict(columns)
    results = []
    for check in checks:
        if check.column not in schema.names:
            raise ParamsError(
                f"no column '{check.column}'{did_you_mean(check.column, schema.names)}",
                where=CHECKS,
            )
        column = schema.column(check.column)
        if check.kind == "invariant":
            results.append(_invariant(column, predict, columns, before))
        else:
            results.append(_moved(check, column, predict, columns, before))
    return [*results, _order(predict, columns, before)]


def _moved(
    check: CheckParams, column: Column, predict: Predict, columns: Columns, before: Array
) -> CheckResult:
    if not column.numeric or column.type == "boolean" or check.step is None:
        raise ParamsError(
            f"a {check.kind} check adds a step to a number, and {column.name} is a {column.type}",
            where=CHECKS,
        )
    name = f"{check.kind}: {column.name} + {check.step:g} moves the prediction {check.direction}"
    bound = check.min_share if check.kind == "monotone" else 0.0
    moved = columns[column.name] + check.step
    # A row whose new value the contract forbids is not asked; a missing value stays missing.
    asked = (moved <= _largest(column)).nonzero()[0]
    if not len(asked):
        return CheckResult(name, False, None, bound, 0, "no row can be asked")
    changed = {each: values[asked] for each, values in columns.items()}
    after = predict(changed | {column.name: moved[asked]})
    sign = 1 if check.direction == "up" else -1
    gains = sign * (after - before[asked])
    gains[np.abs(gains) <= 1e-9 * np.abs(before[asked])] = 0.0
    mean, share = float(np.mean(gains)), float(np.mean(gains >= 0))
    finding = f"{sign * mean:+,.6g} on average; {share:.1%} of the rows do not go the other way"
    if check.kind == "monotone":
        passed = mean > 0 and share >= bound
        return CheckResult(name, passed, share, bound, len(asked), finding)
    return CheckResult(name, mean > 0, mean, bound, len(asked), finding)


def _largest(column: Column) -> float:
    bounds = [b for b in (column.maximum, column.exclusive_maximum) if b is not None]
    return min(bounds, default=np.inf)


def _invariant(column: Column, predict: Predict, columns: Columns, before: Array) -> CheckResult:
    name = f"invariant: another {column.name} changes nothing"
    values = columns[column.name]
    shifted = np.roll(values, 1)
    rows = int(np.sum((shifted != values) & ~(missing(shifted) & missing(values))))
    if not rows:
        return CheckResult(name, False, None, 0.0, 0, "all rows have the same value")
    return _unchanged(name, before, predict(columns | {column.name: shifted}), rows)


def _order(predict: Predict, columns: Columns, before: Array) -> CheckResult:
    backwards = {name: columns[name][::-1] for name in reversed(columns)}
    name = "invariant: the order of rows and columns changes nothing"
    return _unchanged(name, before, predict(backwards)[::-1], len(before))


def _unchanged(name: str, before: Array, after: Array, rows: int) -> CheckResult:
    share = float(np.mean(before != after))
    return CheckResult(name, share == 0, share, 0.0, rows, f"{share:.1%} of the predictions change")
