"""Numbers as hat functions, as a scikit-learn transformer."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from lockgate.learning.hats import hats, quantile_knots

Array = npt.NDArray[Any]


class LinearSpline(TransformerMixin, BaseEstimator):
    """Give each column as many columns as it has different quantiles.

    scikit-learn's SplineTransformer takes as many knots for each column, and where quantiles
    coincide, as they do in a column that is mostly 0, its functions jump or vanish.

    Parameters
    ----------
    knots : int
        How many quantiles, the smallest and the largest value among them.

    Attributes
    ----------
    knots_ : tuple of tuple of float
        Of each column.
    """

    def __init__(self, knots: int = 5) -> None:
        self.knots = knots

    def fit(self, X: Array, _: Any = None) -> "LinearSpline":
        """Take the quantiles of a matrix of shape (rows, columns), none missing."""
        self.knots_ = tuple(quantile_knots(column, self.knots) for column in np.asarray(X).T)
        return self

    def transform(self, X: Array) -> Array:
        """Return the weights of all knots, of shape (rows, knots of all columns)."""
        check_is_fitted(self)
        columns = zip(np.asarray(X).T, self.knots_, strict=True)
        return np.concatenate([hats(*each) for each in columns], axis=1)
