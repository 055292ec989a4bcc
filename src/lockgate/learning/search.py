"""Trials of the members of an ensemble, side by side, judged by cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

from lockgate.errors import TrainingError
from lockgate.learning.candidates import Candidate, assembled, loss
from lockgate.learning.estimators import ENTRIES
from lockgate.learning.losses import MAIN_METRIC
from lockgate.learning.problem import Problem
from lockgate.learning.spaces import space_of
from lockgate.learning.studies import Study
from lockgate.learning.trials import Attempt, Trial
from lockgate.learning.workers import Workers
from lockgate.params import EnsembleParams

Array = npt.NDArray[Any]

# Trials of a study that are asked for at once, whatever the number of workers: a study that
# knew more of the earlier ones would choose otherwise.
BATCH = 4
# After so many folds a trial may be given up.
PROBED_FOLDS = 2


class Steps(Protocol):
    """Counts fits that are done or not needed any more, and shows what is best so far."""

    def __call__(self, steps: int = 1, label: str | None = None) -> None:
        """Count `steps`."""


def unheard(steps: int = 1, label: str | None = None) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Found:
    """What a search leaves: candidates of each member, best first, and every trial."""

    candidates: list[Candidate]
    trials: list[Trial]


def search(problem: Problem, entry: EnsembleParams, workers: Workers, done: Steps) -> Found:
    """Try the members of an ensemble.

    One study a member; all advance in rounds of `BATCH` trials each. A round's trials are fitted
    on the first two folds, and those that are no worse than the median of their study's
    complete trials (`optuna.pruners.MedianPruner`) on the others. What a trial is told and what
    it is asked depends on its round and not on which worker was done first.

    Parameters
    ----------
    problem : Problem
        What is to be learned; its train part alone is looked at.
    entry : EnsembleParams
        The members, and how many trials each gets.
    workers : Workers
        Who fits, and on which folds.
    done : callable
        Told of each fit.

    Raises
    ------
    TrainingError
        When a member cannot be built, or each of its trials fails.
    """
    running = studies(problem, entry, workers.y)
    judge = _Judge(problem, workers, done)
    every = range(len(workers.parts))
    probed, rest = every[:PROBED_FOLDS], every[PROBED_FOLDS:]
    while any(study.left for study in running):
        asked = [(study, attempt) for study in running for attempt in study.ask(BATCH)]
        attempts = [attempt for _, attempt in asked]
        for attempt in attempts:
            judge.assemble(attempt)
        judge.try_on(attempts, probed)
        for study, attempt in asked:
            attempt.pruned = bool(rest) and attempt.state == "complete" and study.hopeless(attempt)
        judge.try_on(attempts, rest)
        for study, attempt in asked:
            study.tell(attempt)
    return Found(
        [candidate for study in running for candidate in study.candidates(workers.parts)],
        [trial for study in running for trial in study.trials],
    )


def studies(problem: Problem, entry: EnsembleParams, y: Array) -> list[Study]:
    """Return a study of each member that has a class for the task.

    Raises
    ------
    TrainingError
        When none has, or one cannot be built.
    """
    kind = "regressor" if problem.schema.task == "regression" else "classifier"
    common = problem.params.target_transform
    members = {
        name: each.model_copy(update={"target_transform": each.target_transform or common})
        for name, each in entry.members.items()
        if getattr(each, kind)
    }
    if not members:
        raise TrainingError(f"the target asks for a {kind}, and no member names one", where=ENTRIES)
    classes = len(problem.schema.classes)
    spaces = {name: space_of(member, y, classes) for name, member in members.items()}
    for space in spaces.values():
        assembled(problem, space.example(), y)  # what every trial would stumble over
    return [Study(name, space, entry.search, problem.seed) for name, space in spaces.items()]


@dataclass
class _Judge:
    """Fits trials on folds and takes note of their losses."""

    problem: Problem
    workers: Workers
    done: Steps
    best: float | None = None

    def assemble(self, attempt: Attempt) -> None:
        try:
            attempt.pipeline, attempt.link = assembled(self.problem, attempt.entry, self.workers.y)
        except TrainingError as refusal:
            attempt.reason = refusal.what

    def try_on(self, attempts: Sequence[Attempt], folds: Sequence[int]) -> None:
        jobs = [(each, fold) for each in attempts if each.state == "complete" for fold in folds]
        self.done((len(attempts) * len(folds)) - len(jobs), self._label())
        answers = self.workers.answers([(each.pipeline, fold) for each, fold in jobs])
        for (attempt, fold), answer in zip(jobs, answers, strict=True):
            self._note(attempt, fold, answer)
            self.done(1, self._label())

    def _note(self, attempt: Attempt, fold: int, answer: Array | str) -> None:
        if isinstance(answer, str):
            attempt.reason = attempt.reason or answer
        elif not attempt.reason:
            attempt.answers.append(answer)
            held = self.workers.parts[fold][1]
            attempt.losses.append(loss(self.workers.y[held], answer))
        if len(attempt.losses) == len(self.workers.parts):
            self.best = attempt.score if self.best is None else min(self.best, attempt.score)

    def _label(self) -> str:
        metric = MAIN_METRIC[self.problem.schema.task]
        return "searching" if self.best is None else f"best {metric} so far {self.best:,.5g}"
