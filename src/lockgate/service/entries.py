"""Predictions of single rows as bytes, and the names that they are kept under."""

import hmac
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import orjson

from lockgate.predict import Remark
from lockgate.tables import Columns

NUMBER = frozenset({"value", "lower", "upper", "remarks"})
CLASS = frozenset({"label", "probability", "probabilities", "remarks"})
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


def encoded(predicted: Columns) -> Iterator[bytes]:
    """Yield what `lockgate.predict.Predictor.predict_columns` returned, row by row."""
    names = [name for name in predicted if name != "remarks"]
    cells = zip(*(predicted[name].tolist() for name in names), strict=True)
    for row, remarks in zip(cells, predicted["remarks"].tolist(), strict=True):
        told = [(each.kind, each.field, each.sentence) for each in remarks]
        yield orjson.dumps(dict(zip(names, row, strict=True)) | {"remarks": told})


def discreet(predicted: Columns) -> Columns:
    """Return predictions whose warnings name fields, and repeat no values."""
    remarks = np.empty(len(predicted["remarks"]), dtype=object)
    remarks[:] = [tuple(map(_discreet, each)) for each in predicted["remarks"].tolist()]
    return predicted | {"remarks": remarks}


def _discreet(remark: Remark) -> Remark:
    if remark.kind not in DISCREET:
        return remark
    return replace(remark, sentence=DISCREET[remark.kind].format(remark.field))


def decoded(entry: bytes) -> Columns:
    """Return the columns of one row, equal to those that were encoded.

    Raises
    ------
    ValueError, TypeError
        When the entry is not of `encoded`.
    """
    found = orjson.loads(entry)
    if not isinstance(found, dict) or found.keys() not in (NUMBER, CLASS):
        raise ValueError("no prediction")
    remarks = np.empty(1, dtype=object)
    remarks[0] = tuple(Remark(*each) for each in found.pop("remarks"))
    columns = {
        name: np.array([cell], dtype=object if name == "label" else np.float64)
        for name, cell in found.items()
    }
    return columns | {"remarks": remarks}
