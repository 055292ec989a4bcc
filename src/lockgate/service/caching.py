"""The cache: a row that was predicted before is not predicted again."""

from prometheus_client import CollectorRegistry, Counter

from lockgate.predict import Answer, Predictor
from lockgate.service.answering import Outcome, answer, answered
from lockgate.service.entries import DISCREET, decoded, encoded, row_name
from lockgate.service.exchange import Exchange
from lockgate.service.journaling import salt_of
from lockgate.service.keepers import Keeper, Memory, Shared
from lockgate.service.models import Loaded
from lockgate.service.remote import Remote, Unavailable
from lockgate.service.settings import Settings
from lockgate.tables import Columns

# Of the entries: another form gets another number.
FORM = 1


class Cache:
    """Answers rows from what was predicted of their like, and counts how often it could.

    Parameters
    ----------
    keeper : Keeper
        Where entries are.
    salt : bytes
        Secret that rows are hashed with.
    registry : CollectorRegistry
        Gets the counters.
    """

    def __init__(self, keeper: Keeper, salt: bytes, registry: CollectorRegistry) -> None:
        self._keeper = keeper
        self._salt = salt
        self.hits = Counter(
            "lockgate_cache_hits", "Predictions answered from the cache.", registry=registry
        )
        self.misses = Counter(
            "lockgate_cache_misses", "Predictions that the cache did not have.", registry=registry
        )
        self.errors = Counter(
            "lockgate_cache_errors", "Entries that could not be read or kept.", registry=registry
        )

    async def answer(self, loaded: Loaded, columns: Columns, asked: Exchange) -> Outcome:
        """Answer one checked row, as `lockgate.service.answering.answer` does."""
        name = f"{FORM}:{loaded.predictor.lineage.model_hash}:{row_name(columns, self._salt)}"
        if (found := await self._find(name, loaded.predictor)) is not None:
            self.hits.inc()
            return answered(loaded, [found], "primary", asked)
        self.misses.inc()
        outcome = await loaded.aside(answer, loaded, columns, asked)
        if outcome.served_by == "primary" and _public(outcome):
            await self._keep(name, outcome.answers[0])
        return outcome

    async def _find(self, name: str, predictor: Predictor) -> Answer | None:
        try:
            entry = await self._keeper.get(name)
            return None if entry is None else decoded(entry, predictor)
        except (Unavailable, ValueError, TypeError):
            self.errors.inc()
            return None

    async def _keep(self, name: str, answer: Answer) -> None:
        try:
            await self._keeper.put(name, encoded(answer))
        except Unavailable:
            self.errors.inc()


def _public(outcome: Outcome) -> bool:
    """Tell whether no warning repeats a value that could be personal."""
    remarks = outcome.answers[0].remarks
    columns = outcome.loaded.predictor.bundle.schema.columns
    return not (
        any(each.kind in DISCREET for each in remarks) and any(each.personal for each in columns)
    )


def open_cache(
    settings: Settings, remote: Remote | None, registry: CollectorRegistry
) -> Cache | None:
    """Return the cache that the settings ask for, None when it is off."""
    if settings.cache == "off":
        return None
    seconds, salt = settings.cache_seconds, salt_of(settings)
    if settings.cache == "redis":
        assert remote is not None
        return Cache(Shared(remote, seconds), salt, registry)
    return Cache(Memory(settings.cache_rows, seconds), salt, registry)
