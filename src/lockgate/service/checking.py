"""From the body of a request to the columns that a model reads, or to the problems with it."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import orjson

from lockgate.errors import RequestError
from lockgate.predict import Row
from lockgate.service.models import Loaded
from lockgate.service.problems import Problem
from lockgate.tables import Columns

DEEPEST = 32
NESTING = frozenset({list, dict})
# Bytes from which numpy counts sooner.
LONG = 4096
CURLY, OTHER_BIT = ord("{"), ord("{") ^ ord("[")


def parsed(body: bytes) -> Any:
    """Return what a JSON text says.

    Raises
    ------
    Problem
        400 when it is not JSON; NaN and infinities are not. Also when it is nested too deep.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise Problem(400, f"the body is not JSON: {problem.msg} at {problem.pos}") from None
    check_depth(body, value)
    return value


def check_depth(body: bytes, value: Any) -> None:
    """See that a body is nested no deeper than any request needs to be.

    Raises
    ------
    Problem
        400
    """
    if too_deep(body, value):
        raise Problem(400, f"the body is nested deeper than {DEEPEST} levels")


def too_deep(body: bytes, value: Any) -> bool:
    """Tell whether lists and objects are nested deeper than `DEEPEST`, one level after another."""
    left = _openings(body)
    if left <= DEEPEST:
        return False
    level = [value] if type(value) in NESTING else []
    for deeper in range(DEEPEST, 0, -1):
        left -= len(level)
        # So few are left that each could be inside of the one before.
        if left < deeper or not level:
            return False
        level = [inner for outer in level for inner in _inside(outer) if type(inner) in NESTING]
    return bool(level)


def _openings(body: bytes) -> int:
    """Return how often a list or an object begins, or seems to within a text."""
    if len(body) < LONG:
        return body.count(b"[") + body.count(b"{")
    # Both differ in this bit alone.
    return int(np.count_nonzero(np.frombuffer(body, np.uint8) | OTHER_BIT == CURLY))


def checked(loaded: Loaded, rows: Sequence[Any]) -> Columns:
    """Return the columns of rows that all fit the schema.

    Raises
    ------
    Problem
        422, naming each field that does not fit, and its row where there are several.
    """
    try:
        return loaded.predictor.read(rows)
    except RequestError as problem:
        raise _refusal(problem, len(rows)) from None


def checked_row(loaded: Loaded, row: Any) -> Row:
    """Return one row as it is predicted soonest; a Problem as of `checked`."""
    try:
        return loaded.predictor.read_row(row)
    except RequestError as problem:
        raise _refusal(problem, 1) from None


def sifted(
    loaded: Loaded, rows: Sequence[Any]
) -> tuple[Columns | None, dict[int, list[dict[str, Any]]]]:
    """Return the columns of the rows that fit, None when there are none, and what ails the others.

    The problems are those of `lockgate.service.problems.FieldError`, by the row's place.
    """
    found = loaded.predictor.sift(rows)
    bad: dict[int, list[dict[str, Any]]] = {}
    for each in found.problems:
        bad.setdefault(each.row, []).append({"field": each.field, "problem": each.what})
    return (found.columns if found.kept else None), bad


def _inside(outer: Any) -> Iterable[Any]:
    return outer.values() if isinstance(outer, dict) else outer


def _refusal(problem: RequestError, rows: int) -> Problem:
    errors = [
        ({"row": each.row} if rows > 1 else {}) | {"field": each.field, "problem": each.what}
        for each in problem.problems
    ]
    return Problem(422, problem.what, errors)
