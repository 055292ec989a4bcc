"""A trial of a search: under way, and as it is recorded."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from lockgate.learning.links import Link
from lockgate.params import MemberParams
from lockgate.tables import Columns, rounded

if TYPE_CHECKING:
    from optuna.trial import Trial as Asked
    from sklearn.pipeline import Pipeline

Array = npt.NDArray[Any]
State = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True)
class Trial:
    """What came of one choice of a member's space.

    Attributes
    ----------
    member : str
        Which.
    number : int
        From 0, in the order of the study.
    state : {"complete", "pruned", "failed"}
        Whether all folds were tried.
    score, spread : float or None
        Mean of the losses of the folds that were tried, and their standard deviation.
    folds : int
        How many were tried.
    params : dict
        What was chosen.
    reason : str
        Why it failed.
    """

    member: str
    number: int
    state: State
    score: float | None
    spread: float | None
    folds: int
    params: dict[str, Any]
    reason: str


@dataclass
class Attempt:
    """A trial that is under way.

    Attributes
    ----------
    member : str
        Which.
    number : int
        From 0, in the order of the study.
    entry : MemberParams
        The member with the values that were chosen.
    chosen : dict
        These values.
    asked : optuna.trial.Trial or None
        What the study calls it; None where there is nothing to choose.
    pipeline : sklearn.pipeline.Pipeline or None
        Unfitted; None where it cannot be built.
    link : Link or None
        The target's scale.
    answers, losses : list
        Of the folds that were tried.
    pruned : bool
        Whether the others are not worth it.
    reason : str
        Why it failed.
    """

    member: str
    number: int
    entry: MemberParams
    chosen: dict[str, Any]
    asked: "Asked | None" = None
    pipeline: "Pipeline | None" = None
    link: Link | None = None
    answers: list[Array] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    pruned: bool = False
    reason: str = ""

    @property
    def state(self) -> State:
        """How it stands; complete unless told otherwise."""
        return "failed" if self.reason else "pruned" if self.pruned else "complete"

    @property
    def score(self) -> float:
        """The mean loss of the folds that were tried."""
        return fmean(self.losses)

    def record(self) -> Trial:
        """Return what is worth keeping of it."""
        return Trial(
            member=self.member,
            number=self.number,
            state=self.state,
            score=self.score if self.losses else None,
            spread=stdev(self.losses) if len(self.losses) > 1 else None,
            folds=len(self.losses),
            params=self.chosen,
            reason=self.reason,
        )


def trial_columns(trials: Sequence[Trial]) -> Columns:
    """Return a row for each trial: the attributes of `Trial`, ``params`` as JSON."""
    rows = [rounded(asdict(each)) for each in trials]

    def column(name: str, kind: type, missing: Any = None) -> Array:
        values = [missing if row[name] is None else row[name] for row in rows]
        return np.array(values, dtype=kind)

    return {
        "member": column("member", object),
        "trial": column("number", int),
        "state": column("state", object),
        "score": column("score", float, np.nan),
        "spread": column("spread", float, np.nan),
        "folds": column("folds", int),
        "params": np.array([json.dumps(row["params"], sort_keys=True) for row in rows], object),
        "reason": column("reason", object),
    }
