"""What a prediction consists of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, groupby, repeat
from typing import Any, NamedTuple

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


class Answers(Sequence[Answer]):
    """The answers to many rows; whoever needs only columns of them spares their making.

    Compare its type, because `isinstance` of an abstract sequence takes as long as many a layer.

    Attributes
    ----------
    predicted : Columns
        What `Predictor.predict_columns` returned.
    """

    def __init__(self, predicted: Columns, manifest: Manifest, lineage: Lineage) -> None:
        self.predicted = predicted
        self._manifest = manifest
        self._lineage = lineage

    def __len__(self) -> int:
        return len(self.predicted["remarks"])

    def __getitem__(self, place: Any) -> Any:
        return self._made[place]

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._made)

    @cached_property
    def _made(self) -> list[Answer]:
        return answers(self.predicted, self._manifest, self._lineage)


def column(answers: Sequence[Answer], name: str) -> list[Any]:
    """Return an attribute of each answer that has one value a row, such as ``remarks``."""
    if type(answers) is Answers:
        values: list[Any] = answers.predicted[name].tolist()
        return values
    return [getattr(each, name) for each in answers]


def all_warnings(answers: Sequence[Answer]) -> list[tuple[str, ...]]:
    """Return what is unusual about each row, in sentences."""
    known: dict[int, tuple[str, ...]] = {}
    told: list[tuple[str, ...]] = []
    for each, rows in runs(column(answers, "remarks")):
        if id(each) not in known:
            known[id(each)] = warnings(each)
        told += [known[id(each)]] * rows
    return told


def runs(remarks: Iterable[tuple[Remark, ...]]) -> Iterator[tuple[tuple[Remark, ...], int]]:
    """Yield remarks, and how many rows in succession share them: most share with others."""
    for _, group in groupby(remarks, key=id):
        same = list(group)
        yield same[0], len(same)


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
