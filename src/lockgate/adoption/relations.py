"""What columns say of each other and of the target: copies, sums, leaks."""

from collections.abc import Mapping, Sequence

from lockgate.adoption.decision import AS_ASKED, Decision
from lockgate.adoption.summands import summands
from lockgate.features.calendar import PARTS
from lockgate.features.feature import Array
from lockgate.features.leaks import suspects
from lockgate.params import LeakParams
from lockgate.tables import Columns

LIMITS = LeakParams(refuse=0.995, warn=0.95)
FEWEST_ROWS = 30


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
    features = _features(decisions, sample, "feature")
    parts = _features(decisions, sample, "time")
    refused, remarked = suspects(features | parts, target, classes, LIMITS)
    evidence = {leak.feature: leak.evidence for leak in refused}
    remarks = {leak.feature: leak.evidence for leak in remarked}
    if not classes:
        rest = {name: values for name, values in features.items() if name not in evidence}
        found, plain = summands(rest, target)
        (evidence if plain else remarks).update(found)
    judged = [_judged(each, evidence, remarks) for each in decisions]
    return judged, frozenset(parts) & frozenset(evidence)


def _features(decisions: Sequence[Decision], sample: Columns, role: str) -> Columns:
    found: Columns = {}
    for each in decisions:
        values = sample[each.name]
        if each.role != role:
            continue
        if values.dtype.kind == "M":
            found |= {f"{each.name}_{part}": of(values) for part, of in PARTS.items()}
        else:
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


def _content(values: Array) -> bytes:
    return "\x1f".join(values).encode() if values.dtype.kind == "O" else values.tobytes()
