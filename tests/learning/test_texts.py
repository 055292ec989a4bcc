"""Free text as numbers."""

import hashlib
import os
import pickle
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer

from lockgate.learning.text_encoder import FEWEST_ROWS, TextEncoder
from lockgate.learning.texts import embedder, grams

SUBJECTS = ("roof", "kitchen", "garden", "cellar", "garage")
STATES = ("new", "leaking", "beautiful", "broken", "old")


def remarks(rows: int = 400, seed: int = 0) -> list[str]:
    """Make remarks of a few words, some rows without one."""
    random = np.random.default_rng(seed)
    said = [
        f"The {SUBJECTS[subject]} is {STATES[state]}, they say."
        for subject, state in random.integers(0, 5, (rows, 2))
    ]
    return [text if random.random() > 0.1 else "" for text in said]


def column(texts: list[str]) -> Any:
    """Return a table of one column."""
    return pd.DataFrame({"remark": np.array(texts, dtype=object)})


def fitted(texts: list[str], seed: int = 1) -> TextEncoder:
    """Fit the transformer."""
    return clone(TextEncoder(seed)).fit(column(texts))


KNOWN = fitted(remarks(60))


def test_words_are_cut_into_pieces() -> None:
    """Three and four characters, the ends of words marked, whatever the case and the spaces."""
    assert grams("A  Roof") == [" a ", " ro", "roo", "oof", "of ", " roo", "roof", "oof "]
    assert grams(" ") == []


def test_texts_that_say_alike_lie_close() -> None:
    """Endings and slips of the pen move a text less than another subject does."""
    encoder = fitted(remarks())
    one, same, slip, other = encoder.transform(
        column(["kitchen is new", "NEW kitchens", "kitchen is nwe", "cellar is broken"])
    )
    assert np.linalg.norm(one - same) < np.linalg.norm(one - other)
    assert np.linalg.norm(one - slip) < np.linalg.norm(one - other)


def test_a_text_of_unknown_words_lies_where_a_missing_one_does() -> None:
    """Nothing is known of either."""
    assert not fitted(remarks()).transform(column(["", "xyzzy qqq", "\n"])).any()


def test_terms_are_weighted_as_scikit_learn_does() -> None:
    """By frequency in the text, rarity among the texts, and length."""
    texts = remarks(60)
    known = fitted(texts).directions_
    reference = TfidfVectorizer(analyzer=grams, vocabulary=known.terms).fit(texts)
    expected = reference.transform(texts[:9]).toarray() @ known.axes
    np.testing.assert_allclose(
        fitted(texts).transform(column(texts[:9])), expected, rtol=1e-6, atol=1e-7
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_alone_is_as_among_others(texts: list[str]) -> None:
    """Whatever anybody writes, to the last bit, and however often it is asked."""
    encoder = KNOWN
    together = encoder.transform(column(texts))
    assert np.isfinite(together).all()
    embed = embedder(encoder.directions_)
    for text, place in zip(texts, together, strict=True):
        np.testing.assert_array_equal(encoder.transform(column([text]))[0], place)
        np.testing.assert_array_equal(embed(text), place)


def test_the_widest_direction_has_a_deviation_of_one() -> None:
    """So that what texts say weighs as much as a number does."""
    spread = fitted(remarks()).transform(column(remarks())).std(axis=0)
    assert spread.max() == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize(
    "texts",
    [
        [""] * 30,
        ["\t \n"] * 30,
        [chr(0x4E00 + row) * 4 for row in range(30)],
        ["a"] * 30,
        ["some words"] * (FEWEST_ROWS - 1),
    ],
)
def test_texts_that_share_nothing_have_no_column(texts: list[str]) -> None:
    """Without two terms in five rows each there is nothing to compare."""
    encoder = fitted(texts)
    assert encoder.transform(column(texts)).shape == (len(texts), 0)
    assert encoder.transform(column(["another"])).shape == (1, 0)


@pytest.mark.parametrize("texts", [["some words"] * 9, ["ab", "ab cd"] * 5])
def test_a_few_terms_do(texts: list[str]) -> None:
    """Texts that hardly differ are taken in silence."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        places = fitted(texts).transform(column(texts))
    assert np.isfinite(places).all()
    assert 1 <= places.shape[1] <= len(texts)


def test_what_was_learned_survives_pickling() -> None:
    """The pipeline of a bundle is kept."""
    encoder = fitted(remarks(60))
    again = pickle.loads(pickle.dumps(encoder))
    texts = column(remarks(20, seed=3))
    np.testing.assert_array_equal(again.transform(texts), encoder.transform(texts))


def test_the_rows_that_are_learned_from_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many rows some, spread evenly, tell what terms there are."""
    monkeypatch.setattr("lockgate.learning.text_encoder.FITTED_ROWS", 20)
    early, late = ["only early here"] * 300, ["later ones are told"] * 300
    assert {" onl", " lat"} <= set(fitted(early + late).directions_.terms)


def test_the_same_texts_are_learned_once() -> None:
    """A search over many models does not wait for each; another seed is another matter."""
    first, second = fitted(remarks(60)), fitted(remarks(60))
    assert first.directions_ is second.directions_
    assert fitted(remarks(60), seed=2).directions_ is not first.directions_


def test_every_process_learns_the_same() -> None:
    """The bytes do not depend on the order of sets and dicts in a process."""
    code = (
        "import hashlib; from tests.learning.test_texts import *\n"
        "known = fitted(remarks()).directions_\n"
        "print(hashlib.sha256(repr(known.terms).encode() + known.axes.tobytes()).hexdigest())"
    )
    known = fitted(remarks()).directions_
    here = hashlib.sha256(repr(known.terms).encode() + known.axes.tobytes()).hexdigest()
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.strip() == here
