"""One rule's answer: a number, its bound, and a sentence that a person can act on."""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ruling:
    """What one rule says.

    Attributes
    ----------
    rule : str
        The key under ``gate`` in params.yaml that the rule reads, or the rule's own name.
    value, bound : float or None
        What was measured and what it was held against; None where there is no number.
    passed : bool
        A rule that was skipped has passed, and its reason starts with ``skipped``.
    reason : str
        Why, in one sentence without a final full stop.
    """

    rule: str
    value: float | None
    bound: float | None
    passed: bool
    reason: str


def at_least(rule: str, what: str, value: Any, bound: float) -> Ruling:
    """Ask for ``value >= bound``; anything but a finite number fails."""
    number = finite(value)
    if number is None:
        return missing(rule, what, bound)
    if number >= bound:
        return Ruling(rule, number, bound, True, f"{what} {show(number)}, at least {show(bound)}")
    return Ruling(rule, number, bound, False, _shortfall(what, number, bound, "below"))


def at_most(rule: str, what: str, value: Any, bound: float) -> Ruling:
    """Ask for ``value <= bound``; anything but a finite number fails."""
    number = finite(value)
    if number is None:
        return missing(rule, what, bound)
    if number <= bound:
        return Ruling(rule, number, bound, True, f"{what} {show(number)}, at most {show(bound)}")
    return Ruling(rule, number, bound, False, _shortfall(what, number, bound, "above"))


def missing(rule: str, what: str, bound: float | None, detail: str = "") -> Ruling:
    """Fail a rule whose number is missing or no number."""
    return Ruling(rule, None, bound, False, f"{what} is missing{detail}; a missing number fails")


def skipped(rule: str, why: str) -> Ruling:
    """Pass a rule that does not apply, and say why."""
    return Ruling(rule, None, None, True, f"skipped: {why}")


def finite(value: Any) -> float | None:
    """Return `value` as a float, or None when it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def show(number: float) -> str:
    """Write a number with thousands separators and up to six digits."""
    if abs(number) >= 1e5:
        return f"{number:,.0f}"
    return f"{number:,.6g}"


def _shortfall(what: str, value: float, bound: float, side: str) -> str:
    gap = abs(value - bound)
    share = f" ({gap / abs(bound):.1%})" if bound else ""
    return f"{what} {show(value)} is {side} {show(bound)} by {show(float(f'{gap:.3g}'))}{share}"
