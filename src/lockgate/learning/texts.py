"""Free text as a few numbers: the same arithmetic in training and in serving, numpy alone."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SIZES = (3, 4)
REMEMBERED_WORDS = 20_000
REMEMBERED_TEXTS = 256
LONGEST_WORD = 30


@dataclass(frozen=True)
class Directions:
    """What is known of a text column: its terms, and the directions in which texts differ.

    Attributes
    ----------
    terms : tuple of str
        Pieces of words, as `grams` cuts them.
    weights : array of float64, shape (terms,)
        The rarer a term, the more it weighs (inverse document frequency).
    axes : array of float32, shape (terms, width)
        How far each term lies in each direction.
    """

    terms: tuple[str, ...]
    weights: Floats
    axes: npt.NDArray[np.float32]

    @property
    def width(self) -> int:
        """Number of directions."""
        return int(self.axes.shape[1])

    def copy(self) -> "Directions":
        """Return what is equal and shares no object."""
        terms = "\n".join(self.terms).split("\n") if self.terms else ()
        return Directions(tuple(terms), self.weights.copy(), self.axes.copy())


def grams(text: str) -> list[str]:
    """Return the pieces of three and four characters of each word, its ends marked by a space.

    Case does not matter. What two writings of a word share are pieces, so that endings,
    compounds and slips of the pen need no dictionary (Cavnar and Trenkle, 1994).
    """
    return [gram for word in text.lower().split() for gram in _of_word(word)]


def embedder(known: Directions) -> Callable[[str], Floats]:
    """Return the function from a text to its place, shape (width,), of which nothing is changed.

    The terms are counted, weighted and divided by their length as a vector (tf-idf), and laid
    on the directions (latent semantic analysis, Deerwester et al. 1990). A text without a
    known term, the missing one among them, lies at 0.

    The same text gives the same bits, alone or among others: each number is a sum in the order
    of the terms, rounded to float32.
    """
    places = {term: place for place, term in enumerate(known.terms)}
    weights, axes = known.weights, known.axes.astype(np.float64)
    nowhere = np.zeros(known.width)

    def found(word: str) -> tuple[int, ...]:
        return tuple(places[gram] for gram in _of_word(word) if gram in places)

    remembered = lru_cache(REMEMBERED_WORDS)(found)

    def embed(text: str) -> Floats:
        seen: list[int] = []
        for word in text.lower().split():
            seen += remembered(word) if len(word) <= LONGEST_WORD else found(word)
        if not seen:
            return nowhere
        counts = np.bincount(seen)
        at = np.flatnonzero(counts)
        weighted = counts[at] * weights[at]
        weighted /= np.sqrt(np.sum(weighted * weighted))
        # Not `@`: BLAS may add in another order on another day. On another machine the last bits
        # may differ all the same, and would decide where a tree sends the row.
        place: Floats = np.einsum("i,ij->j", weighted, axes[at])
        return place.astype(np.float32).astype(np.float64)

    return lru_cache(REMEMBERED_TEXTS)(embed)


def _of_word(word: str) -> list[str]:
    marked = f" {word} "
    return [marked[at : at + size] for size in SIZES for at in range(len(marked) - size + 1)]
