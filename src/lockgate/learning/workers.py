"""Fits of many pipelines on the folds, side by side, in processes that read the rows once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

import numpy as np
import numpy.typing as npt

from lockgate.errors import TrainingError
from lockgate.learning.folds import Fold
from lockgate.learning.pipelines import complaints, fitted, predicted
from lockgate.learning.problem import Problem

if TYPE_CHECKING:
    from pandas import DataFrame
    from sklearn.pipeline import Pipeline

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Rows:
    """The training rows, and how they are divided.

    Attributes
    ----------
    inputs : DataFrame
        As `lockgate.learning.pipelines.frame` makes it.
    y : array, shape (rows,)
        As `lockgate.features.target.target_values` returns it.
    parts : list of Fold
        As `lockgate.learning.folds.folds` returns it.
    classes : int
        How many classes the schema has; 0 for regression.
    """

    inputs: "DataFrame"
    y: Array
    parts: list[Fold]
    classes: int


class Workers:
    """Processes that know the training rows.

    Attributes
    ----------
    y : array, shape (rows,)
        The target of the training rows.
    parts : list of Fold
        How they are divided.
    """

    def __init__(self, path: Path, y: Array, parts: list[Fold]) -> None:
        self._path = path
        self.y = y
        self.parts = parts

    def answers(self, jobs: Sequence[tuple["Pipeline", int]]) -> Iterator[Array | str]:
        """Fit pipelines on folds.

        Parameters
        ----------
        jobs : sequence of tuple
            An unfitted pipeline, and the number of the fold that it is to answer without having
            seen it.

        Yields
        ------
        array of float or str
            In the order of the jobs: what `lockgate.learning.pipelines.predicted` returns for the
            fold's rows, or why there is no answer.
        """
        from joblib import Parallel, delayed

        with shared_work():
            run = Parallel(return_as="generator")
        yield from run(delayed(_answer)(self._path, pipeline, part) for pipeline, part in jobs)


@contextmanager
def workers(problem: Problem, y: Array, parts: list[Fold]) -> Iterator[Workers]:
    """Give the training rows to workers; when the block fails or is interrupted they end at once.

    The rows go through a file that the workers map into memory, not to each of them with each
    job. Workers that have nothing to do end by themselves, so that what follows can use them.

    Parameters
    ----------
    problem : Problem
        Whose training rows are fitted.
    y : array, shape (rows,)
        Their target.
    parts : list of Fold
        How they are divided.
    """
    import joblib
    from joblib.externals.loky import get_reusable_executor

    inputs = {feature.name: problem.train[feature.name] for feature in problem.features}
    with TemporaryDirectory(prefix="lockgate-") as folder:
        path = Path(folder, "rows.joblib")
        joblib.dump((inputs, y, parts, len(problem.schema.classes)), path)
        try:
            yield Workers(path, y, parts)
        except BaseException:
            get_reusable_executor().shutdown(wait=True, kill_workers=True)
            raise


@contextmanager
def shared_work() -> Iterator[None]:
    """Let joblib share the work of the block among processes with one thread each.

    There are as many as joblib takes the machine to have cores for (LOKY_MAX_CPU_COUNT bounds
    it), and two at least: a single one would be this process, and what it fits is not pickled
    into the same bytes as what comes from another.
    """
    from joblib import cpu_count, parallel_config

    with parallel_config(
        backend="loky",
        n_jobs=max(cpu_count(), 2),
        inner_max_num_threads=1,
    ):
        yield


def fitted_together(model: Any, inputs: "DataFrame", y: Array) -> Any:
    """Return what `lockgate.learning.pipelines.fitted` does; members of an ensemble share work."""
    if not hasattr(model, "estimators"):
        return fitted(model, inputs, y)
    with shared_work():
        return fitted(model, inputs, y)


def _answer(path: Path, pipeline: "Pipeline", part: int) -> Array | str:
    rows = _opened(path)
    fitted_on, held = rows.parts[part]
    try:
        with catch_warnings():
            # A hundred fits have the same to say, and the final one says it again.
            simplefilter("ignore")
            known = fitted(pipeline, rows.inputs.iloc[fitted_on], rows.y[fitted_on])
            with complaints(known, "cannot predict"):
                return predicted(known, rows.inputs.iloc[held], rows.classes)
    except TrainingError as problem:
        return problem.what


@lru_cache(maxsize=1)
def _opened(path: Path) -> Rows:
    import joblib
    from pandas import DataFrame

    inputs, y, parts, classes = joblib.load(path, mmap_mode="r")
    return Rows(DataFrame(inputs, copy=False), np.asarray(y), parts, classes)
