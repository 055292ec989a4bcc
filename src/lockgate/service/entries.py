"""Predictions of single rows as bytes, and the names that they are kept under."""

import hmac
from dataclasses import replace

import orjson

from lockgate.predict import Answer, ClassAnswer, NumberAnswer, Predictor, Remark
from lockgate.tables import Columns

NUMBER = frozenset({"value", "lower", "upper"})
CLASS = frozenset({"label", "probability", "probabilities", "prediction_set"})
# Instead of the sentences that repeat a value.
DISCREET = {
    "outside": "{} is outside the training range",
    "unseen": "{} was never seen in training",
}


def row_name(columns: Columns, salt: bytes) -> str:
    """Return a name that two rows share when the model sees no difference between them.

    Parameters
    ----------
    columns : Columns
        One checked row: what the model reads, in canonical form.
    salt : bytes
        Key of the hash, HMAC-SHA256 (RFC 2104), so that a personal row cannot be guessed from it.
    """
    cells = [columns[name].tolist() for name in sorted(columns)]
    return hmac.digest(salt, orjson.dumps(cells), "sha256").hex()


def encoded(answer: Answer) -> bytes:
    """Return an answer as it is kept."""
    told = [(each.kind, each.field, each.sentence) for each in answer.remarks]
    kept = {name: getattr(answer, name) for name in _names(answer)} | {"remarks": told}
    if isinstance(answer, ClassAnswer):
        kept["probabilities"] = list(answer.probabilities.values())
    return orjson.dumps(kept)


def discreet(answer: Answer) -> Answer:
    """Return an answer whose warnings name fields, and repeat no values."""
    return answer._replace(remarks=tuple(map(_discreet, answer.remarks)))


def _discreet(remark: Remark) -> Remark:
    if remark.kind not in DISCREET:
        return remark
    return replace(remark, sentence=DISCREET[remark.kind].format(remark.field))


def decoded(entry: bytes, predictor: Predictor) -> Answer:
    """Return the answer of a model, equal to the one that was encoded.

    Raises
    ------
    ValueError, TypeError
        When the entry is not of `encoded`.
    """
    found = orjson.loads(entry)
    if not isinstance(found, dict):
        raise ValueError("no prediction")
    remarks = tuple(Remark(*each) for each in found.pop("remarks", ()))
    manifest, lineage = predictor.bundle.manifest, predictor.lineage
    if found.keys() == NUMBER:
        value, lower, upper = (float(found[name]) for name in ("value", "lower", "upper"))
        return NumberAnswer(value, lower, upper, manifest.level, remarks, lineage)
    if found.keys() == CLASS:
        shares = dict(zip(manifest.classes, found["probabilities"], strict=True))
        return ClassAnswer(
            label=found["label"],
            probability=float(found["probability"]),
            probabilities=shares,
            prediction_set=tuple(found["prediction_set"]),
            level=manifest.level,
            remarks=remarks,
            lineage=lineage,
        )
    raise ValueError("no prediction")


def _names(answer: Answer) -> frozenset[str]:
    return NUMBER if isinstance(answer, NumberAnswer) else CLASS
