"""What is to be learned, whatever the estimator."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.contract import Schema
from lockgate.features import Feature
from lockgate.params import TrainParams
from lockgate.tables import Columns

Array = npt.NDArray[Any]

FEWEST_VALUES = 10


@dataclass(frozen=True)
class Problem:
    """What is to be learned, whatever the estimator.

    Attributes
    ----------
    schema : Schema
        Names the target and the group.
    features : tuple of Feature
        The inputs.
    params : TrainParams
        Folds, levels, target transform and interval level.
    seed : int
        The one seed.
    train, calibration : Columns
        The contract's columns and the features, each of shape (rows,). Without calibration rows
        the out-of-fold predictions of the train part calibrate.
    """

    schema: Schema
    features: tuple[Feature, ...]
    params: TrainParams
    seed: int
    train: Columns
    calibration: Columns | None = None

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The features that can be learned from: no number that is known in a few rows only.

        A column that the contract has gained lately may have no value yet. A fold, or early
        stopping's own division of it, could be left without any, which boosting cannot bin.
        """
        return tuple(each for each in self.features if self._learnable(each, slice(None)))

    def known_in(self, rows: Array) -> bool:
        """Tell whether all inputs can be learned from some of the training rows alone."""
        return all(self._learnable(each, rows) for each in self.inputs)

    def known(self, feature: Feature) -> Array:
        """Return which training rows have a value of a feature; a missing category is one too."""
        values = self.train[feature.name]
        return ~np.isnan(values) if feature.kind == "number" else np.ones(len(values), bool)

    def _learnable(self, feature: Feature, rows: Array | slice) -> bool:
        return feature.kind != "number" or np.sum(self.known(feature)[rows]) >= FEWEST_VALUES
