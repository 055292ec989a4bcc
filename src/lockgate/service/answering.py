"""Asking a model."""

from dataclasses import dataclass
from datetime import UTC, datetime

from lockgate.service.exchange import Exchange, new_id
from lockgate.service.models import Loaded
from lockgate.tables import Columns


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model said of the rows of one request.

    Attributes
    ----------
    id : str
        Of the prediction; those of a batch's rows are made from it.
    predicted : Columns
        As `lockgate.predict.Predictor.predict_columns` returns them.
    served_by : {"primary", "fallback"}
        The model, or the baseline in its place.
    """

    id: str
    at: datetime
    loaded: Loaded
    served_by: str
    predicted: Columns


def answer(loaded: Loaded, columns: Columns, exchange: Exchange) -> Outcome:
    """Predict rows that were checked before."""
    return answered(loaded, loaded.predictor.predict_columns(columns), "primary", exchange)


def answered(loaded: Loaded, predicted: Columns, served_by: str, exchange: Exchange) -> Outcome:
    """Return predictions as the outcome of a request, and note them."""
    exchange.version, exchange.served_by = loaded.version, served_by
    exchange.rows += len(predicted["remarks"])
    outcome = Outcome(new_id(), datetime.now(UTC), loaded, served_by, predicted)
    exchange.note(outcome)
    return outcome
