"""What an answer looks like: the JSON, and the models that describe it."""

from datetime import datetime
from typing import Any, Literal

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


def row_replies(outcome: Outcome) -> list[dict[str, Any]]:
    """Return what each row is answered, without what all rows of a request have in common."""
    manifest = outcome.loaded.predictor.bundle.manifest
    name, answers = f"predicted_{manifest.target}", outcome.answers
    if type(answers) is Answers and manifest.task == "regression":
        columns = (column(answers, each) for each in ("value", "lower", "upper"))
        level, told = manifest.level, all_warnings(answers)
        return [
            {
                name: value,
                "confidence_interval": {"lower": lower, "upper": upper, "level": level},
                "warnings": words,
            }
            for value, lower, upper, words in zip(*columns, told, strict=True)
        ]
    return [row_reply(name, answer) for answer in answers]


def row_reply(name: str, answer: Answer) -> dict[str, Any]:
    """Return what a row is answered; the prediction is called `name`."""
    told = warnings(answer.remarks)
    if isinstance(answer, NumberAnswer):
        interval = {"lower": answer.lower, "upper": answer.upper, "level": answer.level}
        return {name: answer.value, "confidence_interval": interval, "warnings": told}
    return {
        name: answer.label,
        "probability": answer.probability,
        "probabilities": answer.probabilities,
        "prediction_set": {"classes": answer.prediction_set, "level": answer.level},
        "warnings": told,
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
