"""The target: what kind of problem its values make, and which rows have it."""

from dataclasses import dataclass, replace

import numpy as np

from lockgate.adoption.decision import Decision, Limits
from lockgate.adoption.profile import ColumnProfile
from lockgate.contract.schema import FALSE, Task, Type
from lockgate.errors import ContractError

MOST_CLASSES = 50
MOST_CODES = 10
FEW_ROWS = 10
SKEWED = 1.0
# The class that is not asked about, which comes first.
NEGATIVE = frozenset({*FALSE, "nein", "non", "nej", "off", "negative", "neg", "absent", "none"})


@dataclass(frozen=True)
class Problem:
    """What is to be learned.

    Attributes
    ----------
    task : str
        regression, binary or multiclass.
    classes : tuple of str
        As the deliveries write them; empty for a regression.
    """

    task: Task
    classes: tuple[str, ...] = ()


def problem_of(decision: Decision, profile: ColumnProfile, asked: Task | None) -> Problem:
    """Decide what the target's values ask for.

    Words are classes; so are two values, and at most ten whole numbers that count from 0 or 1.

    Raises
    ------
    ContractError
        When the column cannot be a target, or not one of the task that was asked for.
    """
    kind, name = decision.kind, decision.name
    if kind.type in ("date", "timestamp"):
        raise ContractError("a date cannot be the target", where=f"--target {name}")
    classes = tuple(t for t in sorted(profile.levels, key=_order) if t not in kind.missing)
    if kind.type == "boolean" and len(classes) > 2:
        return Problem("binary", ("false", "true"))
    if len(classes) < 2:
        raise ContractError("it has one value alone: nothing to predict", where=f"--target {name}")
    numeric = kind.type in ("number", "integer")
    few = numeric and not profile.overflow and _few(kind.type, profile, classes)
    regression = asked == "regression" if asked else numeric and not few
    if regression and not numeric:
        raise ContractError("words cannot be a regression's target", where=f"--target {name}")
    if regression:
        return Problem("regression")
    if profile.overflow or len(classes) > MOST_CLASSES:
        raise ContractError(
            f"it has {profile.distinct:,} different values, too many for classes",
            where=f"--target {name}",
            hint="name a column of numbers or of a few words",
        )
    found: Task = "binary" if len(classes) == 2 else "multiclass"
    if asked and asked != found:
        raise ContractError(
            f"it has {len(classes)} classes, which is {found} and not {asked}",
            where=f"--target {name}",
        )
    return Problem(found, classes)


def _order(text: str) -> tuple[bool, float, str]:
    """Sort numbers as numbers, and no before yes."""
    try:
        return True, float(text), text
    except ValueError:
        return text.lower() not in NEGATIVE, 0.0, text


def _few(kind: str, profile: ColumnProfile, classes: tuple[str, ...]) -> bool:
    if len(classes) == 2:
        return True
    counted = profile.high - profile.low + 1 == len(classes) and profile.low in (0, 1)
    return kind == "integer" and len(classes) <= MOST_CODES and counted


def as_target(decision: Decision, problem: Problem, profile: ColumnProfile) -> Decision:
    """Say what the target is, and what a person should know of its values."""
    absent = decision.kind.absent
    if absent:
        decision = decision.warned(f"{absent:,} rows without it are set aside")
    if problem.task == "regression":
        if decision.kind.type == "integer" and profile.distinct <= MOST_CODES:
            decision = decision.warned("few whole numbers; --task multiclass if they are classes")
        kind = replace(decision.kind, type="number")
        return replace(decision, kind=kind).because("numbers: a regression")
    if decision.kind.type == "boolean" and problem.classes == ("false", "true"):
        return decision.because("binary: false or true")
    kind = replace(decision.kind, type=_class_type(decision, problem))
    counts = {name: profile.levels[name] for name in problem.classes}
    shares = ", ".join(f"{n} {count / sum(counts.values()):.1%}" for n, count in counts.items())
    decision = replace(decision, kind=kind, limits=Limits(values=problem.classes))
    decision = decision.because(f"{problem.task}: {shares}")
    rare = [name for name, count in counts.items() if count < FEW_ROWS]
    if rare:
        decision = decision.warned(f"fewer than {FEW_ROWS} rows of {', '.join(rare)}")
    if kind.type == "integer" and problem.task == "multiclass":
        decision = decision.warned("whole numbers taken as classes; --task regression if not")
    return decision


def _class_type(decision: Decision, problem: Problem) -> Type:
    plain = all(name.lstrip("-").isdigit() for name in problem.classes)
    return "integer" if decision.kind.type == "integer" and plain else "string"


def log_helps(values: "np.typing.NDArray[np.float64]") -> bool:
    """Tell whether a target, shape (rows,), is skewed and its logarithm is less so."""
    known = values[~np.isnan(values)]
    if not known.size or known.min() < 0 or known.std() == 0:
        return False
    logs = np.log1p(known)
    return _skew(known) > SKEWED and abs(_skew(logs)) < _skew(known) / 2


def spread_of(values: "np.typing.NDArray[np.float64]") -> float:
    """Return the mean absolute deviation from the mean of a target, shape (rows,)."""
    known = values[~np.isnan(values)]
    return float(np.abs(known - known.mean()).mean()) if known.size else 0.0


def _skew(values: "np.typing.NDArray[np.float64]") -> float:
    spread = values.std()
    return float(np.mean(((values - values.mean()) / spread) ** 3)) if spread > 0 else 0.0
