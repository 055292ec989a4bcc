"""Estimators that a user might bring along."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin


class Wild(RegressorMixin, BaseEstimator):
    """Predicts nothing finite."""

    def fit(self, X: Any, y: Any) -> "Wild":
        """Learn nothing."""
        self.n_features_in_ = np.shape(X)[1]
        self.is_fitted_ = len(y) > 0
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Say infinity."""
        return np.full(len(X), np.inf)


class Picky(Wild):
    """Refuses a size below 0."""

    def __init__(self, size: int = 1) -> None:
        if size < 0:
            raise ValueError(f"size is {size}")
        self.size = size


class Open(Wild):
    """Takes any argument."""

    def __init__(self, **given: Any) -> None:
        self.given = given


class Mute(ClassifierMixin, Wild):
    """Gives no probabilities."""


class Broken(Wild):
    """Has a mistake in its own code."""

    def fit(self, X: Any, y: Any) -> "Broken":
        """Look up what is not there."""
        self.weights_ = dict(zip(y, X, strict=True))["weights"]
        return self


class Choosy(RegressorMixin, BaseEstimator):
    """Predicts its size, and refuses one below 0."""

    def __init__(self, size: int = 1) -> None:
        if size < 0:
            raise ValueError(f"size is {size}")
        self.size = size

    def fit(self, X: Any, y: Any) -> "Choosy":
        """Learn nothing."""
        self.is_fitted_ = len(X) == len(y)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Say the size."""
        return np.full(len(X), float(self.size))
