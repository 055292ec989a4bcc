"""What a prediction consists of."""

from dataclasses import dataclass
from itertools import compress, repeat
from typing import NamedTuple

from lockgate.artifact.manifest import Manifest
from lockgate.features.feature import Array
from lockgate.predict.remarks import Remark
from lockgate.tables import Columns


@dataclass(frozen=True, slots=True)
class Lineage:
    """Which model on which data: sha256 of the bundle's manifest, and DVC's hash of the data."""

    model_hash: str
    data_hash: str


# A named tuple, because a frozen dataclass takes three times as long to make.
class NumberAnswer(NamedTuple):
    """A predicted number.

    Attributes
    ----------
    value, lower, upper : float
        In the target's unit; the truth lies between `lower` and `upper` with probability `level`.
    remarks : tuple of Remark
        What is unusual about the row.
    """

    value: float
    lower: float
    upper: float
    level: float
    remarks: tuple[Remark, ...]
    lineage: Lineage

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is unusual about the row, in sentences."""
        return warnings(self.remarks)


class ClassAnswer(NamedTuple):
    """A predicted class.

    Attributes
    ----------
    label : str
        The likeliest class.
    probability : float
        Its calibrated probability.
    probabilities : dict of str to float
        Of every class; they sum to 1.
    prediction_set : tuple of str
        The classes that cannot be ruled out, `label` among them, in the order of
        `probabilities`; the true one is among them with probability `level`.
    remarks : tuple of Remark
        What is unusual about the row.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    prediction_set: tuple[str, ...]
    level: float
    remarks: tuple[Remark, ...]
    lineage: Lineage

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is unusual about the row, in sentences."""
        return warnings(self.remarks)


Answer = NumberAnswer | ClassAnswer


def answers(predicted: Columns, manifest: Manifest, lineage: Lineage) -> list[Answer]:
    """Return one answer for each row of what `Predictor.predict_columns` returned."""
    remarks = predicted["remarks"].tolist()
    if manifest.task == "regression":
        ends = predicted["value"].tolist(), predicted["lower"].tolist(), predicted["upper"].tolist()
        return list(map(NumberAnswer, *ends, repeat(manifest.level), remarks, repeat(lineage)))
    shares = [
        dict(zip(manifest.classes, row, strict=True)) for row in predicted["probabilities"].tolist()
    ]
    chosen = predicted["label"].tolist(), predicted["probability"].tolist()
    sets = prediction_sets(predicted["prediction_set"], manifest.classes)
    level = repeat(manifest.level)
    return list(map(ClassAnswer, *chosen, shares, sets, level, remarks, repeat(lineage)))


def prediction_sets(held: Array, classes: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the classes in each row's set, which are true in `held`, shape (rows, classes)."""
    return [tuple(compress(classes, row)) for row in held.tolist()]


def warnings(remarks: tuple[Remark, ...]) -> tuple[str, ...]:
    """Return the sentences of those remarks on a row that are warnings."""
    return tuple([each.sentence for each in remarks if each.sentence]) if remarks else ()
