"""The scikit-learn transformer of a text column."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from lockgate.learning.texts import Directions, Floats, embedder, grams

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_TERMS = 5000
FEWEST_ROWS = 5
FITTED_ROWS = 20_000
WIDTH = 40
REMEMBERED = 16


class TextEncoder(TransformerMixin, BaseEstimator):
    """Lays texts on the directions in which they differ most: tf-idf, then a truncated SVD.

    Of at most 20,000 rows, evenly spaced, those 5,000 pieces of words are terms that occur in
    the most rows, in five at least. All directions have one scale, on which the widest one has
    a standard deviation of 1. With fewer than two terms there is no direction, and no column.

    Parameters
    ----------
    seed : int
        Of the randomized SVD (Halko et al. 2011).

    Attributes
    ----------
    directions_ : Directions
        After `fit`.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, inputs: "DataFrame", _: Any = None) -> "TextEncoder":
        """Learn terms and directions from a DataFrame of one column of str."""
        texts = inputs.iloc[:, 0].to_numpy()
        rows = np.linspace(0, len(texts) - 1, min(len(texts), FITTED_ROWS)).astype(int)
        # A copy: what encoders share would be pickled once, or twice, as it happens.
        self.directions_ = _directions(tuple(texts[rows].tolist()), self.seed).copy()
        return self

    def transform(self, inputs: "DataFrame") -> Floats:
        """Return the places of texts, shape (rows, width)."""
        embed, width = embedder(self.directions_), self.directions_.width
        places = [embed(text) for text in inputs.iloc[:, 0].tolist()]
        return np.reshape(places, (len(places), width))


# A search fits one model after the other on the rows of the same few folds.
@lru_cache(REMEMBERED)
def _directions(texts: tuple[str, ...], seed: int) -> Directions:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

    if not any(text.split() for text in texts):
        return _none()
    counter = CountVectorizer(analyzer=grams, dtype=np.float64)
    counts = counter.fit_transform(texts)
    chosen = _frequent(np.bincount(counts.indices, minlength=counts.shape[1]))
    if len(chosen) < 2:
        return _none()
    weigher = TfidfTransformer().fit(counts[:, chosen])
    reducer = TruncatedSVD(min(WIDTH, len(chosen), len(texts)), random_state=seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Texts that are all the same have no variance to explain.
        places = reducer.fit_transform(weigher.transform(counts[:, chosen]))
    widest = places.std(axis=0).max() or 1.0
    terms = counter.get_feature_names_out()[chosen].tolist()
    return Directions(
        tuple(terms), weigher.idf_, (reducer.components_.T / widest).astype(np.float32)
    )


def _frequent(rows: np.ndarray) -> np.ndarray:
    """Return the places of the terms that occur in the most rows, in order."""
    ranked = np.argsort(-rows, kind="stable")[:MOST_TERMS]
    return np.sort(ranked[rows[ranked] >= FEWEST_ROWS])


def _none() -> Directions:
    return Directions((), np.zeros(0), np.zeros((0, 0), dtype=np.float32))
