"""What a search may vary of a member, and the member that a choice of it makes."""

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lockgate.errors import TrainingError, did_you_mean
from lockgate.learning.estimators import ENTRIES, import_estimator
from lockgate.params import MemberParams, SpaceParams

if TYPE_CHECKING:
    from optuna import Trial

Array = npt.NDArray[Any]

# Keys of an entry that are no arguments of its estimator.
OWN = ("encoding", "target_transform")
POINTS = 3


@dataclass(frozen=True)
class Space:
    """The values that trials may give to what a member may vary.

    Attributes
    ----------
    member : MemberParams
        Where the search begins.
    dimensions : dict of str to SpaceParams
        Those of the member's that its estimator for this task has.
    """

    member: MemberParams
    dimensions: dict[str, SpaceParams]

    def suggest(self, trial: "Trial") -> dict[str, Any]:
        """Let the study choose a value of each dimension."""
        return {name: _suggested(trial, name, each) for name, each in self.dimensions.items()}

    def entry(self, chosen: dict[str, Any]) -> MemberParams:
        """Return the member with the values that were chosen."""
        own = {name: chosen[name] for name in OWN if name in chosen}
        arguments = {name: value for name, value in chosen.items() if name not in OWN}
        return self.member.model_copy(update={**own, "params": self.member.params | arguments})

    def example(self) -> MemberParams:
        """Return the member with an encoding and a target transform that a trial could have."""
        chosen = {
            name: each.choices[0]
            for name, each in self.dimensions.items()
            if name in OWN and each.choices and getattr(self.member, name) not in each.choices
        }
        return self.entry(chosen)

    def beginning(self) -> dict[str, Any]:
        """Return the values that the member itself has, where they lie within the space.

        A choice is named by its place, as the study knows it.
        """
        given = self.member.params | {name: getattr(self.member, name) for name in OWN}
        return {
            name: each.choices.index(given[name]) if each.choices else given[name]
            for name, each in self.dimensions.items()
            if name in given and _holds(each, given[name])
        }

    def grid(self) -> dict[str, list[Any]]:
        """Return each choice by its place, and low, middle and high of a range."""
        return {name: _points(each) for name, each in self.dimensions.items()}


def space_of(member: MemberParams, y: Array, classes: int) -> Space:
    """Return what of a member can be varied for a task.

    An argument that the estimator for this task lacks is passed by where the one for the other
    task has it; a log of negative values is no choice.

    Parameters
    ----------
    member : MemberParams
        With its space.
    y : array, shape (rows,)
        The target of the training rows.
    classes : int
        How many classes the schema has; 0 for regression.

    Raises
    ------
    TrainingError
        When neither estimator has the argument.
    """
    paths = [member.classifier, member.regressor]
    accepted, others = (_arguments(path) for path in (paths if classes else reversed(paths)))
    dimensions: dict[str, SpaceParams] = {}
    for name, dimension in member.space.items():
        if name == "target_transform":
            possible = _transforms(dimension, y, classes)
            dimensions |= {name: possible} if possible else {}
        elif name in OWN or _takes(accepted, name):
            dimensions[name] = dimension
        elif not _takes(others, name):
            raise TrainingError(
                f"the space names '{name}', an argument that the estimator does not take"
                f"{did_you_mean(name, [*accepted, *others, *OWN])}",
                where=ENTRIES,
            )
    return Space(member, dimensions)


def _transforms(dimension: SpaceParams, y: Array, classes: int) -> SpaceParams | None:
    possible = tuple(
        each for each in dimension.choices or () if each == "none" or float(np.min(y)) >= 0
    )
    if classes or not possible:
        return None
    return dimension.model_copy(update={"choices": possible})


def _arguments(path: str | None) -> dict[str, inspect.Parameter]:
    return {} if path is None else dict(inspect.signature(import_estimator(path)).parameters)


def _takes(accepted: dict[str, inspect.Parameter], name: str) -> bool:
    anything = any(each.kind is each.VAR_KEYWORD for each in accepted.values())
    return anything or name in accepted


def _suggested(trial: "Trial", name: str, space: SpaceParams) -> Any:
    if space.choices is not None:
        # By place, because a choice may be anything, and a study takes words and numbers.
        return space.choices[trial.suggest_categorical(name, range(len(space.choices)))]
    low, high = _ends(space)
    if space.integer:
        return trial.suggest_int(name, int(low), int(high), log=space.log)
    return trial.suggest_float(name, low, high, log=space.log)


def _holds(space: SpaceParams, value: Any) -> bool:
    if space.choices is not None:
        return value in space.choices
    low, high = _ends(space)
    number = isinstance(value, int if space.integer else int | float)
    return number and not isinstance(value, bool) and low <= value <= high


def _points(space: SpaceParams) -> list[Any]:
    if space.choices is not None:
        return list(range(len(space.choices)))
    spaced = np.geomspace if space.log else np.linspace
    points = spaced(*_ends(space), POINTS).tolist()
    return sorted({round(each) for each in points}) if space.integer else points


def _ends(space: SpaceParams) -> tuple[float, float]:
    assert space.low is not None
    assert space.high is not None
    return space.low, space.high
