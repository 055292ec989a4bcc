"""Following production: a new pointer is taken up without a restart, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi.concurrency import run_in_threadpool

from lockgate.artifact.released import Pointer, in_production
from lockgate.errors import BundleError, LockgateError
from lockgate.service.logs import breaker_lines
from lockgate.service.models import Loaded, load_model
from lockgate.service.state import State

LOOK_SECONDS = 0.5
# The content may arrive after the pointer.
AGAIN_SECONDS = 10.0


@asynccontextmanager
async def following(state: State, take: Callable[[Loaded], None]) -> AsyncIterator[None]:
    """Look at the pointer while the app lives, and take what it names once that is verified.

    Parameters
    ----------
    state : State
        Its settings may name a bundle, and then there is nothing to follow.
    take : callable
        Puts a model in the place of the one that is served.
    """
    if state.settings.model:
        yield
        return
    task = asyncio.create_task(_follow(state, take))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _follow(state: State, take: Callable[[Loaded], None]) -> None:
    loop = asyncio.get_running_loop()
    refused, since = None, 0.0
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        pointer = _pointer()
        if pointer is None or _served(state, pointer):
            continue
        if pointer == refused and loop.time() < since + AGAIN_SECONDS:
            continue
        try:
            await run_in_threadpool(_move, state, pointer, take)
        except Exception as problem:
            # Whatever is wrong with it: the model that is served goes on.
            if pointer != refused:
                _complain(state, pointer, problem)
            refused, since = pointer, loop.time()


def _pointer() -> Pointer | None:
    try:
        return in_production(Path())
    except (BundleError, OSError):
        return None  # git writes it just now


def _served(state: State, pointer: Pointer) -> bool:
    current = state.router.current
    served = current.version, current.predictor.lineage.model_hash
    return served == (pointer.version, pointer.model_hash)


def _move(state: State, pointer: Pointer, take: Callable[[Loaded], None]) -> None:
    before = state.router.current
    loaded = load_model(state.settings, pointer)
    _refuse_another_kind(before, loaded)
    if state.journal:
        state.journal.store.privacy.also(loaded.predictor.bundle.schema)
    state.telemetry.serves(loaded, before)
    loaded.breaker.listeners.append(breaker_lines(state.log, loaded.version))
    take(loaded)
    state.log.warning("production moved", version=loaded.version, before=before.version)


def _refuse_another_kind(before: Loaded, loaded: Loaded) -> None:
    old, new = (each.predictor.bundle.manifest for each in (before, loaded))
    if (old.target, old.task) != (new.target, new.task):
        raise BundleError(
            f"it predicts {new.target} ({new.task}), and {old.target} ({old.task}) is served",
            where=loaded.version,
            hint="restart the service: its metrics are of one kind of answer",
        )


def _complain(state: State, pointer: Pointer, problem: Exception) -> None:
    state.log.error(
        "production did not move",
        version=pointer.version,
        served=state.router.current.version,
        problem=str(problem),
        exc_info=None if isinstance(problem, LockgateError) else problem,
    )
