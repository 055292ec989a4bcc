"""How training rows are divided where an encoding learns from the target."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MOST_FOLDS = 5


@dataclass(frozen=True)
class CrossFit:
    """A scikit-learn splitter: five folds at random, fewer where the rows do not suffice.

    Attributes
    ----------
    classes : bool
        Whether the target is a class, of which each fold takes its share. In a fold with more
        of a class than its share, the others would have less, and their mean would tell.
    seed : int
        Of the division.
    """

    classes: bool
    seed: int

    def get_n_splits(self, *_: Any) -> int:
        """Return the largest number of folds."""
        return MOST_FOLDS

    def split(self, _: Any, y: Array) -> Iterator[tuple[Array, Array]]:
        """Return pairs: positions to learn from and to encode, the latter each row once.

        Raises
        ------
        ValueError
            From scikit-learn, when there are no rows for two folds.
        """
        from sklearn.model_selection import KFold, StratifiedKFold

        splitter = StratifiedKFold if self.classes else KFold
        enough = int(np.unique(y, return_counts=True)[1].max()) if self.classes else len(y)
        folds = splitter(max(2, min(MOST_FOLDS, enough)), shuffle=True, random_state=self.seed)
        with catch_warnings():
            # A class with fewer rows than folds is absent from some of them, which is in order.
            filterwarnings("ignore", "The least populated class")
            return iter(list(folds.split(np.zeros((len(y), 1)), y)))
