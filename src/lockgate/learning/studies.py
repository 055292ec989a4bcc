"""One member's trials: which values Optuna asks for next, and which trials were the best."""

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from lockgate.errors import TrainingError
from lockgate.learning.candidates import Candidate, gathered
from lockgate.learning.estimators import ENTRIES
from lockgate.learning.folds import Fold
from lockgate.learning.spaces import Space
from lockgate.learning.trials import Attempt, Trial
from lockgate.params import SearchParams

if TYPE_CHECKING:
    import optuna

# Of a study; before them values are drawn at random, and no trial is given up.
FIRST_TRIALS = 6


class Study:
    """The trials of a member; of one without a space there is one.

    Parameters
    ----------
    name : str
        The member's.
    space : Space
        What can be varied.
    params : SearchParams or None
        How; None where nothing is.
    seed : int
        Of the sampler.
    """

    def __init__(self, name: str, space: Space, params: SearchParams | None, seed: int) -> None:
        self.name = name
        self.trials: list[Trial] = []
        self.left = 1
        self._space = space
        self._keep = 1
        self._study: optuna.Study | None = None
        self._best: list[Attempt] = []
        if params is not None and space.dimensions:
            self.left = trial_count(space, params)
            self._keep = params.keep
            self._study = _study(space, params, seed)

    def ask(self, count: int) -> list[Attempt]:
        """Return at most so many trials, of which none knows how the others go."""
        first, count = len(self.trials), min(count, self.left)
        self.left -= count
        return [self._attempt(number) for number in range(first, first + count)]

    def hopeless(self, attempt: Attempt) -> bool:
        """Tell whether a trial is worse by now than the median of earlier ones was."""
        if attempt.asked is None:
            return False
        attempt.asked.report(attempt.score, len(attempt.losses))
        return attempt.asked.should_prune()

    def tell(self, attempt: Attempt) -> None:
        """Take note of how a trial ended."""
        from optuna.trial import TrialState

        self.trials.append(attempt.record())
        if attempt.state == "complete":
            self._best = sorted([*self._best, attempt], key=lambda each: each.score)[: self._keep]
        if self._study is None or attempt.asked is None:
            return
        if attempt.state == "complete":
            self._study.tell(attempt.asked, attempt.score)
        else:
            pruned = attempt.state == "pruned"
            self._study.tell(attempt.asked, state=TrialState.PRUNED if pruned else TrialState.FAIL)

    def candidates(self, parts: list[Fold]) -> list[Candidate]:
        """Return the best trials, best first.

        Raises
        ------
        TrainingError
            When every trial failed.
        """
        if not self._best:
            raise TrainingError(
                f"every trial of the member {self.name} failed, the first because "
                f"{self.trials[0].reason}",
                where=ENTRIES,
                hint="mend its params or its space, or take it out of the members",
            )
        return [
            Candidate(
                name=self.name if self._study is None else f"{self.name}_{attempt.number}",
                entry=attempt.entry,
                link=attempt.link,
                pipeline=attempt.pipeline,
                out_of_fold=gathered(parts, attempt.answers),
                score=attempt.score,
            )
            for attempt in self._best
        ]

    def _attempt(self, number: int) -> Attempt:
        asked = None if self._study is None else self._study.ask()
        chosen = {} if asked is None else self._space.suggest(asked)
        return Attempt(self.name, number, self._space.entry(chosen), chosen, asked)


def trial_count(space: Space, params: SearchParams) -> int:
    """Return how many trials a member with a space gets: a grid has an end."""
    if params.sampler != "grid":
        return params.trials
    return min(params.trials, prod(len(points) for points in space.grid().values()))


def _study(space: Space, params: SearchParams, seed: int) -> "optuna.Study":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=_sampler(params, seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=FIRST_TRIALS),
    )
    for values in _grid(space, params, seed) if params.sampler == "grid" else [space.beginning()]:
        study.enqueue_trial(values)
    return study


def _grid(space: Space, params: SearchParams, seed: int) -> list[dict[str, Any]]:
    """Return the points of the grid, or as many of them, at random, as there are trials."""
    from numpy.random import default_rng

    axes = space.grid()
    points = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    count = min(params.trials, len(points))
    chosen = default_rng(seed).choice(len(points), count, replace=False)
    return [points[place] for place in sorted(chosen)]


def _sampler(params: SearchParams, seed: int) -> Any:
    from optuna import samplers

    if params.sampler != "tpe":
        return samplers.RandomSampler(seed=seed)
    with catch_warnings():
        simplefilter("ignore")  # that these options may change; the version is locked
        return samplers.TPESampler(
            seed=seed, n_startup_trials=FIRST_TRIALS, multivariate=True, constant_liar=True
        )
