"""What an answer looks like: the JSON, and the models that describe it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from lockgate.contract import Schema
from lockgate.predict import Predictor, warnings
from lockgate.service.answering import Outcome
from lockgate.service.explaining import EXPLANATION


class Interval(BaseModel):
    """Where the true value lies with probability `level`."""

    lower: float
    upper: float
    level: float


class Common(BaseModel):
    """What every answer names: the model, the moment, and the id to give feedback by."""

    model_version: str
    predicted_at: datetime
    prediction_id: str
    served_by: Literal["primary", "fallback"] = Field(
        description="fallback: the linear baseline stood in for the model."
    )


def row_replies(outcome: Outcome) -> Iterator[dict[str, Any]]:
    """Yield what each row is answered, without what all rows of a request have in common."""
    manifest = outcome.loaded.predictor.bundle.manifest
    predicted = outcome.predicted
    name = f"predicted_{manifest.target}"
    words = map(warnings, predicted["remarks"].tolist())
    if manifest.task == "regression":
        bounds = [predicted[each].tolist() for each in ("value", "lower", "upper")]
        for value, lower, upper, unusual in zip(*bounds, words, strict=True):
            interval = {"lower": lower, "upper": upper, "level": manifest.level}
            yield {name: value, "confidence_interval": interval, "warnings": unusual}
        return
    chosen = [predicted[each].tolist() for each in ("label", "probability", "probabilities")]
    for label, probability, shares, unusual in zip(*chosen, words, strict=True):
        yield {
            name: label,
            "probability": probability,
            "probabilities": dict(zip(manifest.classes, shares, strict=True)),
            "warnings": unusual,
        }


def common(outcome: Outcome) -> dict[str, Any]:
    """Return what all rows of a request have in common."""
    return {
        "model_version": outcome.loaded.version,
        "predicted_at": outcome.at,
        "prediction_id": outcome.id,
        "served_by": outcome.served_by,
    }


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
    return {
        name: (Literal[schema.classes], ...),
        "probability": (float, Field(description="Calibrated.")),
        "probabilities": (dict[str, float], Field(description="Of each class; they sum to 1.")),
        "warnings": sentences,
        "explanation": EXPLANATION,
    }


def prediction_model(predictor: Predictor) -> type[BaseModel]:
    """Return the model of the answer to one row."""
    fields = answer_fields(predictor.bundle.schema)
    return create_model("Prediction", __base__=Common, **fields)
