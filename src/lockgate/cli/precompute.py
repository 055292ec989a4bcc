"""``lockgate precompute``: predictions of known entities, made before anybody asks for them."""

from pathlib import Path

from lockgate.artifact.released import in_production
from lockgate.console import say
from lockgate.contract import Column, Schema
from lockgate.errors import EnvironmentProblem, ParamsError
from lockgate.predict import Predictor
from lockgate.predict.files import Predicted, predicted_batches
from lockgate.service.entries import discreet, encoded
from lockgate.service.journaling import privacy_of
from lockgate.service.models import find_predictor
from lockgate.service.naming import Naming
from lockgate.service.precomputed import InFile, IntoRedis
from lockgate.service.problems import Problem
from lockgate.service.remote import REDIS, Unavailable, redis_url
from lockgate.service.settings import Settings, load_settings


class Entries:
    """Makes the entries of a batch of rows: a name, and the prediction as the service reads it.

    Raises
    ------
    ParamsError
        When the contract has no key, or a personal one that cannot be hashed.
    """

    def __init__(self, predictor: Predictor, settings: Settings) -> None:
        self._predictor = predictor
        schema = predictor.bundle.schema
        if schema.key is None:
            raise ParamsError("the contract has no key to know an entity by", where="precompute")
        self.key = schema.key
        self._naming = Naming(schema.key, schema)
        self._privacy = privacy_of(settings, schema)
        self._personal = any(column.personal for column in schema.columns)
        if self._privacy.key(schema.key.name, "") is None:
            raise ParamsError(
                f"{schema.key.name} is personal, and kept as a hash only",
                where="precompute",
                hint="set LOCKGATE_JOURNAL_SALT to a secret, here and for the service",
            )

    def of(self, batch: Predicted) -> list[tuple[str, bytes]]:
        """Return the entries of a batch."""
        answers = self._predictor.answers(batch.predicted)
        if self._personal:
            answers = list(map(discreet, answers))
        names = self._naming.of_values(batch.columns[self.key.name])
        kept = [self._privacy.key(self.key.name, name) or "" for name in names]
        return list(zip(kept, map(encoded, answers), strict=True))


def precompute(source: Path, rejects: Path | None) -> None:
    """Predict the rows of a file and keep the answers by key, for the model that is served.

    Raises
    ------
    ParamsError
        When the contract or the environment does not allow it.
    EnvironmentProblem
        When the predictions cannot be written.
    """
    settings = load_settings()
    _, predictor = find_predictor(settings, in_production(Path()))
    entries, writer = Entries(predictor, settings), _writer(settings)
    rejects = rejects or Path(".lockgate") / f"{source.stem}.rejects.csv"
    rejects.parent.mkdir(parents=True, exist_ok=True)
    model = predictor.lineage.model_hash
    known = rejected = 0
    try:
        for batch in predicted_batches(predictor, source, rejects, {entries.key.name}):
            writer.put(model, entries.of(batch))
            known += len(batch.lines)
            rejected += batch.rejected
    except Unavailable as problem:
        what = f"predictions cannot be kept: {problem}"
        raise EnvironmentProblem(what, where=settings.precomputed) from None
    say(f"{known:,} rows precomputed for model {model[:8]}: {settings.precomputed}")
    if rejected:
        say(f"{rejected:,} rows rejected, with reasons: {rejects}")


def erase(settings: Settings, schema: Schema, key: Column, text: str) -> int:
    """Delete what was predicted of a key, for every model; return how many answers that were.

    Raises
    ------
    EnvironmentProblem
        When that cannot be done.
    """
    try:
        name = privacy_of(settings, schema).key(key.name, Naming(key, schema).of_url(text))
        return 0 if name is None else _writer(settings).erase(name)
    except Problem:
        # No row of such a key was ever taken.
        return 0
    except Unavailable as problem:
        what = f"predictions cannot be erased: {problem}"
        raise EnvironmentProblem(what, where=settings.precomputed) from None


def _writer(settings: Settings) -> InFile | IntoRedis:
    if settings.precomputed == REDIS:
        return IntoRedis(redis_url(settings))
    return InFile(Path(settings.precomputed))
