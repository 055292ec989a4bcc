"""What is to be learned, whatever the estimator."""

from dataclasses import dataclass

import numpy as np

from lockgate.contract import Schema
from lockgate.features import Feature
from lockgate.params import TrainParams
from lockgate.tables import Columns

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
        return tuple(
            feature
            for feature in self.features
            if feature.kind == "category"
            or np.sum(~np.isnan(self.train[feature.name])) >= FEWEST_VALUES
        )
