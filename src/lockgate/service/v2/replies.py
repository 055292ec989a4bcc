"""The answer to an inference request."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
from starlette.responses import Response

from lockgate.predict import Answer, Answers, ClassAnswer, all_warnings
from lockgate.service.answering import Outcome
from lockgate.service.lean import JsonReply
from lockgate.service.v2.openapi import BINARY, HEADER
from lockgate.service.v2.tensors import output_tensor

NUMBERS = ("value", "lower", "upper")
CLASSES = ("label", "probability", "probabilities", "prediction_set")
DTYPES: dict[str, type] = {"label": object, "prediction_set": bool}


def reply(outcome: Outcome, wanted: dict[str, bool], request_id: str | None) -> Response:
    """Return the outputs that are wanted, each in the form that it is wanted in.

    Parameters
    ----------
    wanted : dict of str to bool
        The outputs' names, in order, and whether each goes behind the JSON as binary data.
    request_id : str or None
        What the caller calls the request.
    """
    values = output_values(outcome)
    pairs = [output_tensor(name, values[name], binary) for name, binary in wanted.items()]
    content = _head(outcome) | {"outputs": [tensor for tensor, _ in pairs]}
    if request_id is not None:
        content["id"] = request_id
    text = orjson.dumps(content)
    if not any(wanted.values()):
        return JsonReply(text)
    body = b"".join([text, *(part for _, part in pairs)])
    return Response(body, headers={HEADER: str(len(text))}, media_type=BINARY)


def output_values(outcome: Outcome) -> dict[str, np.ndarray]:
    """Return every output, as `lockgate.service.v2.signature.outputs` describes them."""
    answers, manifest = outcome.answers, outcome.loaded.predictor.bundle.manifest
    names = NUMBERS if manifest.task == "regression" else CLASSES
    if type(answers) is Answers:
        values = {name: answers.predicted[name] for name in names}
    else:
        values = {name: _values(answers, name) for name in names}
    values[f"predicted_{manifest.target}"] = values.pop(names[0])
    words = ["; ".join(each) for each in all_warnings(answers)]
    return values | {"warnings": np.array(words, dtype=object)}


def _values(answers: Sequence[Answer], name: str) -> np.ndarray:
    values: list[Any] = [getattr(each, name) for each in answers]
    if name == "probabilities":
        values = [list(shares.values()) for shares in values]
    if name == "prediction_set":
        values = [_held(each) for each in answers]
    return np.array(values, dtype=DTYPES.get(name, float))


def _held(answer: Answer) -> list[bool]:
    assert isinstance(answer, ClassAnswer)
    return [name in answer.prediction_set for name in answer.probabilities]


def _head(outcome: Outcome) -> dict[str, Any]:
    bundle = outcome.loaded.predictor.bundle
    parameters = {
        "prediction_id": outcome.id,
        "predicted_at": outcome.at,
        "served_by": outcome.served_by,
        "level": bundle.manifest.level,
    }
    return {
        "model_name": bundle.schema.entity,
        "model_version": outcome.loaded.version,
        "parameters": parameters,
    }
