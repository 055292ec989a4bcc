"""What columns say of each other and of the target: copies, sums, leaks."""

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np

from lockgate.adoption.decision import AS_ASKED, Decision
from lockgate.adoption.summands import summands
from lockgate.features.calendar import days_between, parts_of
from lockgate.features.feature import Array
from lockgate.features.leaks import suspects
from lockgate.params import LeakParams
from lockgate.tables import Columns

LEAKS = "gives the target away"
LIMITS = LeakParams(refuse=0.995, warn=0.95)
FEWEST_ROWS = 30
_FEW_DATES = 4


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
) -> tuple[list[Decision], frozenset[str]]:
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

    Returns
    -------
    list of Decision, frozenset of str
        And the calendar parts of the time column that featurize would refuse as features.
    """
    features, owners = _features(decisions, sample, "feature")
    parts, _ = _features(decisions, sample, "time")
    between = spans(decisions, sample)
    roles = {each.name: each.role for each in decisions}
    for name, (earlier, later) in between.items():
        owners[name] = later if roles[later] == "feature" else earlier
    days = {name: days_between(sample[one], sample[two]) for name, (one, two) in between.items()}
    refused, remarked = suspects(features | days | parts, target, classes, LIMITS)
    evidence = {leak.feature: leak.evidence for leak in refused}
    remarks = {leak.feature: leak.evidence for leak in remarked}
    if not classes:
        rest = {name: values for name, values in features.items() if name not in evidence}
        found, plain = summands(rest, target)
        (evidence if plain else remarks).update(found)
    told = {owners[name]: said for name, said in reversed(evidence.items()) if name in owners}
    judged = [_judged(each, told, remarks) for each in decisions]
    return judged, frozenset(parts) & frozenset(evidence)


def spans(decisions: Sequence[Decision], sample: Columns) -> dict[str, tuple[str, str]]:
    """Return the features that are the days between two dates: their names and the two columns.

    The dates come in the order of their means; of more than a few, only neighbours are compared.
    """
    dates = {each.name: sample[each.name] for each in decisions if each.role in ("feature", "time")}
    known = {n: v[~np.isnat(v)].astype(np.int64) for n, v in dates.items() if v.dtype.kind == "M"}
    ordered = sorted((n for n in known if known[n].size), key=lambda name: known[name].mean())
    pairs = combinations(ordered, 2) if len(ordered) <= _FEW_DATES else pairwise(ordered)
    named = {f"{one}_to_{two}_days": (one, two) for one, two in pairs}
    return {name: pair for name, pair in named.items() if name not in sample}


def _features(
    decisions: Sequence[Decision], sample: Columns, role: str
) -> tuple[Columns, dict[str, str]]:
    """Return the features that columns of a role become, and for each the column that it is of."""
    found: Columns = {}
    owners: dict[str, str] = {}
    for each in decisions:
        values, made = sample[each.name], {}
        if each.role == role and values.dtype.kind == "M":
            parts = parts_of(each.kind.type)
            made = {f"{each.name}_{part}": of(values) for part, of in parts.items()}
        elif each.role == role:
            made = {each.name: values}
        found |= made
        owners |= dict.fromkeys(made, each.name)
    return found, owners


def _judged(
    decision: Decision, evidence: Mapping[str, str], remarks: Mapping[str, str]
) -> Decision:
    if decision.role != "feature":
        return decision
    if decision.name in evidence:
        said = f"{LEAKS}: '{decision.name}' {evidence[decision.name]}"
        return decision.warned(said) if AS_ASKED in decision.reasons else decision.without(said)
    if decision.name in remarks:
        said = f"{remarks[decision.name]}: is it known beforehand?"
        # Once is enough: all rows are judged, then those that will train.
        told = any(warning.endswith("known beforehand?") for warning in decision.warnings)
        return decision if told else decision.warned(said)
    return decision


def _content(values: Array) -> bytes:
    return "\x1f".join(values).encode() if values.dtype.kind == "O" else values.tobytes()
