"""What an answer looks like: the JSON, and the models that describe it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, Literal, NamedTuple

import orjson
from pydantic import BaseModel, Field, create_model

from lockgate.contract import Schema
from lockgate.predict import (
    Answer,
    Answers,
    NumberAnswer,
    Predictor,
    all_warnings,
    column,
    warnings,
)
from lockgate.service.answering import Outcome
from lockgate.service.explaining import EXPLANATION

Texts = bytes | list[bytes]
# Stands where values are filled in; no name or sentence holds it.
HOLE = "\0"


class Interval(BaseModel):
    """Where the true value lies with probability `level`."""

    lower: float
    upper: float
    level: float


class Held(BaseModel):
    """The classes that cannot be ruled out: the true one is among them with probability `level`."""

    level: float


class Common(BaseModel):
    """What every answer names: the model, the moment, and the id to give feedback by."""

    model_version: str
    predicted_at: datetime
    prediction_id: str
    served_by: Literal["primary", "fallback"] = Field(
        description="fallback: the linear baseline stood in for the model."
    )


class Replies(NamedTuple):
    """What rows are answered, without what all of them share.

    Attributes
    ----------
    rows : list of bytes
        A JSON object for each.
    kept : bytes
        The same, as the journal keeps it: see `lockgate.journal.rows`.
    """

    rows: list[bytes]
    kept: bytes


def replies(outcome: Outcome) -> Replies:
    """Return what each row is answered."""
    manifest = outcome.loaded.predictor.bundle.manifest
    name, answers = f"predicted_{manifest.target}", outcome.answers
    if type(answers) is Answers and manifest.task == "regression":
        frame = _number_reply(name, HOLE * 3, manifest.level, HOLE)
        numbers = [_texts(column(answers, each)) for each in ("value", "lower", "upper")]
        return _filled(frame, [*numbers, _told(answers)])
    rows = [orjson.dumps(_reply(name, answer)) for answer in answers]
    return Replies(rows, listed(rows))


def listed(rows: Iterable[bytes]) -> bytes:
    """Return the JSON of a list."""
    return b"[%b]" % b",".join(rows)


def named(outcome: Outcome, places: Sequence[int], answers: Sequence[bytes]) -> list[bytes]:
    """Return what rows at these places of a request are answered, each with the id of its own."""
    start = b'{"prediction_id":"%b-' % outcome.id.encode()
    return _rows(start, _texts(places), b'",', [each[1:] for each in answers])


def _reply(name: str, answer: Answer) -> dict[str, Any]:
    told = warnings(answer.remarks)
    if isinstance(answer, NumberAnswer):
        return _number_reply(name, answer[:3], answer.level, told)
    return {
        name: answer.label,
        "probability": answer.probability,
        "probabilities": answer.probabilities,
        "prediction_set": {"classes": answer.prediction_set, "level": answer.level},
        "warnings": told,
    }


def _number_reply(name: str, numbers: Sequence[Any], level: float, told: Any) -> dict[str, Any]:
    value, lower, upper = numbers
    interval = {"lower": lower, "upper": upper, "level": level}
    return {name: value, "confidence_interval": interval, "warnings": told}


def _texts(values: Sequence[float]) -> list[bytes]:
    return orjson.dumps(values)[1:-1].split(b",")


def _told(answers: Answers) -> list[bytes]:
    words = all_warnings(answers)
    texts = {each: orjson.dumps(each) for each in set(words)}
    return [texts[each] for each in words]


def _filled(frame: dict[str, Any], columns: Sequence[list[bytes]]) -> Replies:
    """Return rows that are `frame` with a column's texts in each of its holes.

    To make an object of dicts for each row first takes several times as long.
    """
    first, *others = orjson.dumps(frame).split(orjson.dumps(HOLE))
    pieces: list[Texts] = [first]
    kept = [first]
    for values, after in zip(columns, others, strict=True):
        pieces += values, after
        kept += listed(values), after
    return Replies(_rows(*pieces), b"".join(kept))


def _rows(*pieces: Texts) -> list[bytes]:
    """Return the pieces put together row by row; one that all rows share is given once."""
    columns = [repeat(each) if isinstance(each, bytes) else each for each in pieces]
    return list(map(b"".join, zip(*columns, strict=False)))


def common(outcome: Outcome, **own: Any) -> bytes:
    """Return what all rows of a request have in common, and what else is given, as one object."""
    shared = {
        "model_version": outcome.loaded.version,
        "predicted_at": outcome.at,
        "prediction_id": outcome.id,
        "served_by": outcome.served_by,
    }
    return orjson.dumps(shared | own)


def merged(*objects: bytes) -> bytes:
    """Return one JSON object of several, none of which is empty."""
    return b"{%b}" % b",".join([each[1:-1] for each in objects])


def answer_fields(schema: Schema) -> dict[str, Any]:
    """Return the fields of one row's answer, as `pydantic.create_model` takes them."""
    target = schema.target
    name = f"predicted_{target.name}"
    sentences = (list[str], Field(description="What is unusual about the row."))
    if schema.task == "regression":
        return {
            name: (float, Field(description=target.unit)),
            "confidence_interval": (Interval, ...),
            "warnings": sentences,
            "explanation": EXPLANATION,
        }
    label: Any = Literal[schema.classes]
    return {
        name: (label, ...),
        "probability": (float, Field(description="Calibrated.")),
        "probabilities": (dict[str, float], Field(description="Of each class; they sum to 1.")),
        "prediction_set": (create_model("PredictionSet", __base__=Held, classes=list[label]), ...),
        "warnings": sentences,
        "explanation": EXPLANATION,
    }


def prediction_model(predictor: Predictor) -> type[BaseModel]:
    """Return the model of the answer to one row."""
    fields = answer_fields(predictor.bundle.schema)
    return create_model("Prediction", __base__=Common, **fields)
