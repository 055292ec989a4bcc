"""Asking a model, and its baseline where the model cannot answer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from lockgate.predict import Answer, Row
from lockgate.service.deadline import Busy, Overrun
from lockgate.service.exchange import Exchange, new_id
from lockgate.service.models import Loaded
from lockgate.service.problems import Problem
from lockgate.tables import Columns

RETRY_SECONDS = "5"


class Outcome(NamedTuple):
    """What a model said of the rows of one request.

    Attributes
    ----------
    id : str
        Of the prediction; those of a batch's rows are made from it.
    answers : sequence of Answer
        One for each row.
    served_by : {"primary", "fallback"}
        The model, or the baseline in its place.
    why : {"", "error", "deadline", "busy", "open"}
        Why the baseline answered: the model raised, was late, had no thread free, or its breaker
        is open.
    """

    id: str
    at: datetime
    loaded: Loaded
    served_by: str
    answers: Sequence[Answer]
    why: str = ""


def answer(loaded: Loaded, columns: Columns | Row, exchange: Exchange) -> Outcome:
    """Predict rows that were checked before.

    A model that has a deadline is waited for: see `lockgate.service.models.Loaded.aside`.

    Raises
    ------
    Problem
        503 when neither the model nor its baseline can answer.
    """
    if not loaded.breaker.admits():
        return _stand_in(loaded, columns, exchange, "open")
    try:
        answers = loaded.ask(columns)
    except Busy:
        return _stand_in(loaded, columns, exchange, "busy")
    except Overrun:
        loaded.breaker.failed()
        return _stand_in(loaded, columns, exchange, "deadline")
    except Exception as problem:
        exchange.failure = problem
        outcome = _stand_in(loaded, columns, exchange, "error")
        # Only now: of rows that the baseline cannot answer either, the model is not to blame.
        loaded.breaker.failed()
        return outcome
    loaded.breaker.succeeded()
    return answered(loaded, answers, "primary", exchange)


def _stand_in(loaded: Loaded, columns: Columns | Row, exchange: Exchange, why: str) -> Outcome:
    exchange.version, exchange.served_by, exchange.why = loaded.version, "fallback", why
    try:
        answers = loaded.predictor.answer(columns, baseline=True)
    except Exception as problem:
        exchange.failure = problem
        exchange.unanswered += 1
        again = {"Retry-After": RETRY_SECONDS}
        raise Problem(503, "the model cannot answer now; try again", headers=again) from problem
    return answered(loaded, answers, "fallback", exchange, why)


def answered(
    loaded: Loaded, answers: Sequence[Answer], served_by: str, exchange: Exchange, why: str = ""
) -> Outcome:
    """Return answers as the outcome of a request, and note them."""
    exchange.version, exchange.served_by = loaded.version, exchange.served_by or served_by
    exchange.rows += len(answers)
    outcome = Outcome(new_id(), datetime.now(UTC), loaded, served_by, answers, why)
    exchange.doubtful += exchange.note(outcome)
    return outcome
