"""The models that are loaded, and which of them a request goes to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from lockgate.artifact.released import RELEASES, Pointer
from lockgate.artifact.signing import check_signature
from lockgate.errors import BundleError
from lockgate.predict import Answer, Predictor, Row, load_predictor
from lockgate.service.breaker import Breaker
from lockgate.service.confidence import Confidence
from lockgate.service.deadline import Deadline
from lockgate.service.settings import Settings
from lockgate.tables import Columns

# In which requests wait for a model that has a deadline. Of one that has none, threads would only
# take the interpreter from each other, and from the loop that reads, answers and refuses.
WAITING_THREADS, WORKING_THREADS = 40, 1
Result = TypeVar("Result")

BUNDLE = Path("models", "model")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A verified model in memory, under the version that it is served as.

    Attributes
    ----------
    directory : Path
        Its bundle.
    breaker : Breaker
        Whether the model is asked, or its baseline in its place.
    deadline : Deadline or None
        Of a model that is served through its pipeline; a compiled one is too quick to need one.
    threads : CapacityLimiter
        Of those that ask it: their own, as those of the other routes may all wait for a database.
    confidence : Confidence
        Which of its predictions to be doubtful of.
    """

    version: str
    directory: Path
    predictor: Predictor
    breaker: Breaker
    deadline: Deadline | None
    threads: CapacityLimiter
    confidence: Confidence

    def ask(self, columns: Columns | Row) -> Sequence[Answer]:
        """Ask the model, as `lockgate.predict.Predictor.answer` does.

        Raises
        ------
        Overrun, Busy
            When a model that has a deadline does not answer in time. Whatever else it raises is
            its own.
        """
        if self.deadline is None:
            return self.predictor.answer(columns)
        rows = 1 if isinstance(columns, Row) else len(next(iter(columns.values())))
        return self.deadline.run(partial(self.predictor.answer, columns), rows)

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
        return await to_thread.run_sync(partial(work, *arguments), limiter=self.threads)


class Router:
    """Knows which model answers a request.

    Attributes
    ----------
    current : Loaded
        The model in production.
    """

    def __init__(self, current: Loaded) -> None:
        self.current = current


def load_model(settings: Settings, pointer: Pointer | None) -> Loaded:
    """Load and verify the model to serve, as `find_predictor` does, under its version."""
    directory, predictor = find_predictor(settings, pointer)
    released = None if settings.model else pointer
    deadline = _deadline(predictor, settings)
    return Loaded(
        released.version if released else f"unreleased-{predictor.lineage.model_hash[:8]}",
        directory,
        predictor,
        Breaker(settings.breaker_failures, settings.breaker_seconds),
        deadline,
        CapacityLimiter(WAITING_THREADS if deadline else WORKING_THREADS),
        Confidence(predictor, settings),
    )


def find_predictor(settings: Settings, pointer: Pointer | None) -> tuple[Path, Predictor]:
    """Load and verify the bundle to serve.

    Parameters
    ----------
    settings : Settings
        May name a bundle; it goes before what is in production.
    pointer : Pointer or None
        What is in production.

    Returns
    -------
    directory : Path
    predictor : Predictor

    Raises
    ------
    BundleError
        When the bundle is damaged, foreign, does not fit the installed code, is not the one that
        was put in production, or is not signed and has to be.
    EnvironmentProblem
        When the key to verify signatures with cannot be read.
    """
    released = None if settings.model else pointer
    directory = directory_of(settings, pointer)
    if settings.verify_key:
        check_signature(directory, settings.verify_key)
    predictor = load_predictor(directory)
    found = predictor.lineage.model_hash
    if released and found != released.model_hash:
        raise BundleError(
            f"this is model {found[:12]}, and {released.model_hash[:12]} was released",
            where=str(directory),
            hint=f"dvc checkout --force {directory}.dvc",
        )
    return directory, predictor


def directory_of(settings: Settings, pointer: Pointer | None) -> Path:
    """Return where the bundle to serve lies, as `load_model` chooses it."""
    if settings.model:
        return settings.model
    return RELEASES / pointer.version if pointer else BUNDLE


def _deadline(predictor: Predictor, settings: Settings) -> Deadline | None:
    if predictor.bundle.manifest.primary.form != "pipeline":
        return None
    return Deadline(settings.deadline_threads, settings.deadline_ms / 1000)
