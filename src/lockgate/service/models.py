"""The models that are loaded, and which of them a request goes to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from fastapi.concurrency import run_in_threadpool

from lockgate.predict import Predictor, load_predictor
from lockgate.service.breaker import Breaker
from lockgate.service.deadline import Deadline
from lockgate.service.settings import Settings
from lockgate.tables import Columns

Result = TypeVar("Result")

BUNDLE = Path("models", "model")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A verified model in memory, under the version that it is served as.

    Attributes
    ----------
    breaker : Breaker
        Whether the model is asked, or its baseline in its place.
    deadline : Deadline or None
        Of a model that is served through its pipeline; a compiled one is too quick to need one.
    """

    version: str
    predictor: Predictor
    breaker: Breaker
    deadline: Deadline | None

    def ask(self, columns: Columns) -> Columns:
        """Ask the model, as `lockgate.predict.Predictor.predict_columns` does.

        Raises
        ------
        Overrun, Busy
            When a model that has a deadline does not answer in time. Whatever else it raises is
            its own.
        """
        if self.deadline is None:
            return self.predictor.predict_columns(columns)
        rows = len(next(iter(columns.values())))
        return self.deadline.run(partial(self.predictor.predict_columns, columns), rows)

    async def aside(
        self, work: Callable[..., Result], *arguments: object, many: bool = False
    ) -> Result:
        """Return what some work with this model returns, and do not hold up other requests.

        Parameters
        ----------
        work : callable
            Called with the arguments; in a thread when the model may have to be waited for.
        many : bool
            In a thread at any rate, because there are many rows.
        """
        if self.deadline is None and not many:
            return work(*arguments)
        return await run_in_threadpool(work, *arguments)


class Router:
    """Knows which model answers a request.

    Attributes
    ----------
    current : Loaded
        The model in production.
    """

    def __init__(self, current: Loaded) -> None:
        self.current = current


def load_model(bundle: Path, settings: Settings) -> Loaded:
    """Load and verify a bundle that was not released; its version is made from its hash.

    Raises
    ------
    BundleError
        When the bundle is damaged, foreign, or does not fit the installed code.
    """
    predictor = load_predictor(bundle)
    return Loaded(
        f"unreleased-{predictor.lineage.model_hash[:8]}",
        predictor,
        Breaker(settings.breaker_failures, settings.breaker_seconds),
        _deadline(predictor, settings),
    )


def _deadline(predictor: Predictor, settings: Settings) -> Deadline | None:
    if predictor.bundle.manifest.primary.form != "pipeline":
        return None
    return Deadline(settings.deadline_threads, settings.deadline_ms / 1000)
