"""The incumbent rule: a candidate may not be worse than the released bundle on the same rows."""

from dataclasses import dataclass

from lockgate.gating.ruling import Ruling, skipped
from lockgate.params import IncumbentParams

RULE = "incumbent"


@dataclass(frozen=True)
class Skipped:
    """There is nothing to compare with, and that is in order."""

    reason: str


@dataclass(frozen=True)
class Incomparable:
    """There is an incumbent, and no number can be had."""

    reason: str


@dataclass(frozen=True)
class Compared:
    """Losses of candidate and incumbent on the same rows.

    Attributes
    ----------
    metric : str
        The loss.
    change : float
        The candidate's mean loss relative to the incumbent's, less 1: below 0 is better.
    lower, upper : float
        Confidence interval of `change`.
    rows : int
        Rows that both predicted.
    left_out : int
        Test rows that the incumbent was trained on.
    """

    metric: str
    change: float
    lower: float
    upper: float
    rows: int
    left_out: int


Comparison = Skipped | Incomparable | Compared


def judge_incumbent(comparison: Comparison, params: IncumbentParams) -> Ruling:
    """Reject a candidate that is significantly worse than the margin allows.

    With ``require_improvement``, also one that is not significantly better. Significant means
    that the whole confidence interval lies on that side.

    Parameters
    ----------
    comparison : Skipped or Incomparable or Compared
        What was found.
    params : IncumbentParams
        ``gate.comparison``.
    """
    if isinstance(comparison, Skipped):
        return skipped(RULE, comparison.reason)
    if isinstance(comparison, Incomparable):
        return Ruling(RULE, None, None, False, f"no comparison: {comparison.reason}")
    return _judge(comparison, params)


def _judge(found: Compared, params: IncumbentParams) -> Ruling:
    facts = (
        f"{found.metric} against the incumbent {found.change:+.2%} "
        f"({found.lower:+.2%} to {found.upper:+.2%}) on {found.rows:,} rows"
    )
    if found.left_out:
        facts += f", {found.left_out:,} rows left out that it was trained on"
    allowed = params.max_regression
    # Each comparison is the one that passes, so that a NaN never does.
    if not found.lower <= allowed:
        return Ruling(
            RULE,
            found.change,
            allowed,
            False,
            f"{facts}: significantly more than the allowed {allowed:.2%}",
        )
    if params.require_improvement and not found.upper < 0:
        return Ruling(RULE, found.change, 0.0, False, f"{facts}: not significantly better")
    return Ruling(
        RULE,
        found.change,
        allowed,
        True,
        f"{facts}: not significantly more than the allowed {allowed:.2%}",
    )
