"""What columns say of each other and of the target: copies, sums, leaks."""

from collections.abc import Mapping, Sequence

import numpy as np

from lockgate.adoption.decision import AS_ASKED, Decision
from lockgate.features.calendar import PARTS
from lockgate.features.feature import Array
from lockgate.features.leaks import suspects
from lockgate.params import LeakParams
from lockgate.tables import Columns

LIMITS = LeakParams(refuse=0.995, warn=0.95)
FEWEST_ROWS = 30
_EXACT = 1e-9
_MOST_SUMMANDS = 60


def without_copies(decisions: Sequence[Decision], sample: Columns) -> list[Decision]:
    """Leave out features that have the same value as an earlier one in every sampled row."""
    seen: dict[bytes, str] = {}
    originals: dict[str, str] = {}
    for each in decisions:
        values = sample[each.name]
        if each.role == "feature" and AS_ASKED not in each.reasons and len(values) >= FEWEST_ROWS:
            originals[each.name] = seen.setdefault(_content(values), each.name)
    return [
        each
        if (original := originals.get(each.name, each.name)) == each.name
        else each.without(f"the same as '{original}' in every row")
        for each in decisions
    ]


def without_leaks(
    decisions: Sequence[Decision], sample: Columns, target: Array, classes: Sequence[str]
) -> list[Decision]:
    """Leave out what gives the target away, by the rules that featurize refuses features by.

    Parameters
    ----------
    decisions : sequence of Decision
    sample : Columns
        The columns of sampled rows with a target, each of shape (rows,).
    target : array, shape (rows,)
        The number, or the index of the class.
    classes : sequence of str
        Empty for regression.
    """
    features = _features(decisions, sample)
    refused, remarked = suspects(features, target, classes, LIMITS)
    evidence = {leak.feature: leak.evidence for leak in refused}
    if not classes:
        rest = {name: values for name, values in features.items() if name not in evidence}
        evidence |= _summands(rest, target)
    remarks = {leak.feature: leak.evidence for leak in remarked}
    return [_judged(each, evidence, remarks) for each in decisions]


def leaking_parts(
    decisions: Sequence[Decision], sample: Columns, target: Array, classes: Sequence[str]
) -> frozenset[str]:
    """Return the calendar parts of the time column that featurize would refuse as features."""
    times = [each.name for each in decisions if each.role == "time"]
    parts = {f"{name}_{part}": of(sample[name]) for name in times for part, of in PARTS.items()}
    refused, _ = suspects(parts, target, classes, LIMITS)
    return frozenset(leak.feature for leak in refused)


def _features(decisions: Sequence[Decision], sample: Columns) -> Columns:
    found: Columns = {}
    for each in decisions:
        values = sample[each.name]
        if each.role == "feature" and values.dtype.kind == "M":
            found |= {f"{each.name}_{part}": of(values) for part, of in PARTS.items()}
        elif each.role == "feature":
            found[each.name] = values
    return found


def _judged(
    decision: Decision, evidence: Mapping[str, str], remarks: Mapping[str, str]
) -> Decision:
    if decision.role != "feature":
        return decision
    for name, said in evidence.items():
        if name == decision.name or name.startswith(f"{decision.name}_"):
            if decision.kind.type not in ("date", "timestamp") and name != decision.name:
                continue
            return decision.without(f"gives the target away: {said}")
    if decision.name in remarks:
        return decision.warned(f"{remarks[decision.name]}: is it known before the target is?")
    return decision


def _summands(numbers: Columns, target: Array) -> dict[str, str]:
    """Find columns whose sum, in some rows negated, is the target."""
    names = [name for name, values in numbers.items() if values.dtype.kind == "f"]
    if not 2 < len(names) <= _MOST_SUMMANDS:
        return {}
    table = np.column_stack([numbers[name] for name in names])
    whole = ~np.isnan(table).any(axis=1)
    if whole.sum() < max(FEWEST_ROWS, 3 * len(names)):
        return {}
    x, y = table[whole], target[whole]
    weights, _, rank, _ = np.linalg.lstsq(x, y, rcond=None)
    if rank < len(names) or np.abs(x @ weights - y).max() > _EXACT * np.abs(y).max():
        return {}
    parts = [name for name, w in zip(names, weights, strict=True) if abs(w) > 1e-6]
    return {name: f"a sum of {', '.join(parts)} is the target" for name in parts}


def _content(values: Array) -> bytes:
    return "\x1f".join(values).encode() if values.dtype.kind == "O" else values.tobytes()
