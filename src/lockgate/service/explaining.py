"""What an answer says of its reasons to who asks with ``?explain=true``."""

from typing import Any

import orjson
from pydantic import BaseModel, Field
from starlette.requests import Request

from lockgate.errors import BundleError
from lockgate.predict import Row
from lockgate.service.answering import Outcome
from lockgate.service.models import Loaded
from lockgate.service.problems import Problem
from lockgate.tables import Columns

WISHES = {"true": True, "false": False}
PARAMETER = {
    "name": "explain",
    "in": "query",
    "description": "Say what each feature adds to the answer.",
    "schema": {"type": "boolean", "default": False},
}


class Reasons(BaseModel):
    """The answer as a sum: base and contributions add up to it."""

    base: float = Field(description="What the model expects of a row that it knows nothing of.")
    contributions: dict[str, float] = Field(
        description="What each feature adds, to the number or to the probability of the class."
    )


EXPLANATION: Any = (Reasons | None, Field(None, description="With ?explain=true."))


def explains(request: Request, loaded: Loaded) -> bool:
    """Tell whether a request asks for reasons.

    Raises
    ------
    Problem
        422 when it says so in another way, or the model has none to give.
    """
    # Almost no request has a query, and to read one takes longer than many a prediction.
    if not request.scope["query_string"]:
        return False
    wish = request.query_params.get("explain", "false")
    if wish not in WISHES:
        raise _refused("explain must be true or false", "must be true or false")
    if WISHES[wish] and not loaded.predictor.bundle.explainers.there:
        raise _refused("this model's answers cannot be explained", "is not possible of this model")
    return WISHES[wish]


def refuse_reasons(request: Request) -> None:
    """See that a stream is not asked for reasons, which it has none of.

    Raises
    ------
    Problem
        422
    """
    if "explain" in request.query_params:
        raise _refused("a stream is not explained; send a batch", "is not possible of a stream")


def check_rows(rows: int, most: int) -> None:
    """See that no more rows are to be explained than one request may have.

    Raises
    ------
    Problem
        413
    """
    if rows > most:
        detail = f"{rows:,} rows are more than the {most:,} that one request may have explained"
        raise Problem(413, f"{detail}; send several")


def reasons(outcome: Outcome, columns: Columns | Row) -> list[bytes]:
    """Return what explains the answers of an outcome, as a JSON object for each row.

    Raises
    ------
    Problem
        503 when what explains them can no longer be read.
    """
    predictor = outcome.loaded.predictor
    try:
        found = predictor.explain_columns(columns, baseline=outcome.served_by == "fallback")
    except BundleError as problem:
        raise Problem(503, "the model was replaced; ask again without explain") from problem
    return [
        orjson.dumps({"explanation": {"base": each.base, "contributions": each.contributions}})
        for each in found
    ]


def _refused(detail: str, problem: str) -> Problem:
    return Problem(422, detail, [{"field": "explain", "problem": problem}])
