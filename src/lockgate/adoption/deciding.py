"""From a table's profile to a decision about each column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from lockgate.adoption.decision import Decision
from lockgate.adoption.kinds import kind_of
from lockgate.adoption.limits import FEWEST_ROWS, limits_of, remarks
from lockgate.adoption.profile import TableProfile
from lockgate.adoption.relations import spans, without_copies, without_leaks
from lockgate.adoption.roles import first_roles, worded
from lockgate.adoption.target import Problem, as_target, log_helps, problem_of, spread_of
from lockgate.adoption.wishes import Wishes
from lockgate.contract import Schema
from lockgate.errors import ContractError
from lockgate.features.batches import missing, select
from lockgate.features.feature import Array
from lockgate.features.splits import assign
from lockgate.params import SplitParams
from lockgate.tables import Columns
from lockgate.validation.parse import read_cells

LARGEST_TEST_SHARE, SMALLEST_TEST_SHARE = 0.2, 0.1
WANTED_TEST_ROWS = 1_000


@dataclass(frozen=True)
class Findings:
    """All that was decided of a table.

    Attributes
    ----------
    columns : tuple of Decision
        In the table's order.
    problem : Problem
        What is to be learned.
    rows, malformed : int
        Records, and those that do not have the header's fields.
    test_share : float
        Of the rows, which is kept back for the test part.
    test_from : date or None
        Where the test part begins, with a time column.
    log : bool
        Whether the target is better learned on a logarithmic scale.
    spread : float or None
        Of a number: the mean absolute error of who always says its mean.
    leaking_parts : frozenset of str
        Calendar parts of the time that give the target away.
    spans : tuple of str
        Features that are the days between two dates.
    """

    columns: tuple[Decision, ...]
    problem: Problem
    rows: int
    malformed: int
    test_share: float
    test_from: date | None
    log: bool
    spread: float | None = None
    leaking_parts: frozenset[str] = frozenset()
    spans: tuple[str, ...] = ()

    @property
    def target(self) -> Decision:
        """The column that is predicted."""
        return next(each for each in self.columns if each.role == "target")


def decide(table: TableProfile, wishes: Wishes) -> Findings:
    """Decide what each column is, and what for.

    Parameters
    ----------
    table : TableProfile
        Of all rows.
    wishes : Wishes
        What the person has said; checked against the table's columns.

    Raises
    ------
    ContractError
        When the target cannot be one, or no column is left to predict from.
    """
    columns = [Decision(name, kind_of(name, each)) for name, each in table.columns.items()]
    columns = [_as_asked(each, wishes) for each in columns]
    columns = first_roles(columns, table.columns, wishes)
    columns = [worded(each, table.columns[each.name]) for each in columns]
    target = next(each for each in columns if each.role == "target")
    problem = problem_of(target, table.columns[target.name], wishes.task)
    target = as_target(target, problem, table.columns[target.name])
    columns = [target if each.name == target.name else each for each in columns]
    cells = table.sample.cells()
    sample = {each.name: read_cells(cells[each.name], each.column())[0] for each in columns}
    columns = without_copies(columns, sample)
    share = test_share(table.rows - target.kind.absent)
    columns, test_from = _split(columns, sample, wishes, share)
    parts: frozenset[str] = frozenset()
    for rows in _judged_rows(columns, sample, test_from, share):
        answers = _answers(rows, target, problem)
        columns, leaking = without_leaks(columns, rows, answers, problem.classes)
        parts |= leaking
    columns = [_finished(each, table, sample[each.name]) for each in columns]
    if not any(each.role == "feature" for each in columns):
        raise ContractError(
            "no column is left to predict from",
            where="; ".join(f"{each.name}: {each.reasons[-1]}" for each in columns if each.reasons),
            hint="--keep NAME makes a column a feature whatever speaks against it",
        )
    log = problem.task == "regression" and log_helps(sample[target.name])
    return Findings(
        columns=tuple(columns),
        problem=problem,
        rows=table.rows,
        malformed=table.malformed,
        test_share=share,
        test_from=test_from,
        log=log,
        spread=spread_of(sample[target.name]) if problem.task == "regression" else None,
        leaking_parts=parts,
        spans=tuple(spans(columns, sample)),
    )


def test_share(rows: int) -> float:
    """Return the share of the rows that the test part should have.

    The losses of single rows spread about as much as their mean is large, so that a mean over n
    of them has a standard error of about one in the root of n: with a thousand, three per cent,
    which tells apart what matters. A small table gives a fifth for the fewer that it can spare. A
    large one gives a tenth, because slices want rows too, and a model that learns from 90 % of
    many rows is hardly worse than one that learns from all.

    Parameters
    ----------
    rows : int
        With a target.
    """
    share = WANTED_TEST_ROWS / max(rows, 1)
    return round(min(LARGEST_TEST_SHARE, max(SMALLEST_TEST_SHARE, share)), 2)


def _as_asked(decision: Decision, wishes: Wishes) -> Decision:
    if decision.name == wishes.time and decision.kind.type not in ("date", "timestamp"):
        raise ContractError(
            f"its values are no dates: they were read as {decision.kind.type}",
            where=f"--time {decision.name}",
        )
    if decision.name in (wishes.key, wishes.group) and decision.kind.type == "integer":
        return replace(decision, kind=replace(decision.kind, type="string"))
    return decision


def _answers(columns: Columns, target: Decision, problem: Problem) -> Array:
    values = columns[target.name]
    if problem.task == "regression":
        return values
    if target.kind.type == "boolean":
        return values.astype(np.int64)
    numeric = target.kind.type == "integer"
    places = {float(c) if numeric else c: place for place, c in enumerate(problem.classes)}
    return np.array([places[value] for value in values.tolist()], dtype=np.int64)


def _split(
    columns: Sequence[Decision], sample: Columns, wishes: Wishes, wanted: float
) -> tuple[list[Decision], date | None]:
    """Find the day from which on the latest rows, in the wanted share, are the test part."""
    time = next((each for each in columns if each.role == "time"), None)
    if time is None:
        return list(columns), None
    known = sample[time.name]
    days = np.sort(known[~np.isnat(known)].astype("datetime64[D]"))
    day = days[int((1 - wanted) * len(days))] if len(days) else None
    share = float(np.mean(days >= day)) if day is not None else 1.0
    if share <= 0.5 and day is not None:
        found: date = day.item()
        return [
            each.because(f"from {found} on: {share:.0%} of the rows") if each == time else each
            for each in columns
        ], found
    if wishes.time:
        raise ContractError(
            "its values lie too close together for a split by time", where=f"--time {time.name}"
        )
    said = replace(time, role="feature", reasons=time.kind.reasons)
    return [said if each == time else each for each in columns], None


def _judged_rows(
    columns: Sequence[Decision], sample: Columns, test_from: date | None, share: float
) -> Iterator[Columns]:
    """Yield all rows with a target, then those that featurize will train on and judge itself."""
    target = next(each for each in columns if each.role == "target")
    answered = select(sample, ~missing(sample[target.name]))
    yield answered
    described = tuple(each.column() for each in columns)
    schema = Schema(entity="row", entities="rows", version="1.0.0", columns=described)
    day = str(test_from) if test_from else None
    split = SplitParams.model_validate(
        {"test_from": day, "test_share": share, "calibration_share": 0.0}
    )
    yield select(answered, assign(answered, schema, split) == "train")


def _finished(decision: Decision, table: TableProfile, values: Array) -> Decision:
    profile = table.columns[decision.name]
    if decision.kind.type == "integer" and decision.role in ("key", "group"):
        decision = replace(decision, kind=replace(decision.kind, type="string"))
    required = not decision.kind.absent and (
        decision.role == "key" or (table.rows >= FEWEST_ROWS and decision.role != "ignore")
    )
    decision = replace(decision, required=required)
    if decision.role in ("feature", "target", "time") and not decision.limits.values:
        decision = replace(decision, limits=limits_of(decision, profile, values))
    if decision.kind.type in ("number", "integer") and decision.role in ("feature", "target"):
        decision = decision.warned(*remarks(values, profile))
    return decision
