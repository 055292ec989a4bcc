"""Candidate and incumbent on common rows."""

from dataclasses import replace

import numpy as np
import pytest

from lockgate.contract import Column
from lockgate.features.batches import rows_of
from lockgate.gating.comparison import compare
from lockgate.gating.incumbent import Compared, Incomparable, Skipped
from tests.reporting.cases import TASKS, load_bundle, part, split_params


@pytest.mark.parametrize("task", TASKS)
def test_a_weaker_candidate_is_seen_to_be_weaker(task: str) -> None:
    """The interval of the change lies above 0 when the candidate learned less, else below."""
    strong, weak = load_bundle(task), load_bundle(task, "shallow")
    test = part(task, "test")
    worse, better = compare(weak, strong, test, seed=1), compare(strong, weak, test, seed=1)
    assert isinstance(worse, Compared)
    assert isinstance(better, Compared)
    assert 0 < worse.lower <= worse.change <= worse.upper
    assert better.lower <= better.change <= better.upper < 0
    assert worse.rows == rows_of(test)
    assert worse.left_out == 0


def test_the_same_seed_gives_the_same_numbers() -> None:
    """The comparison is a pure function."""
    pair = load_bundle("binary"), load_bundle("binary", "shallow")
    test = part("binary", "test")
    assert compare(*pair, test, seed=3) == compare(*pair, test, seed=3)


def test_an_identical_bundle_is_skipped() -> None:
    """Comparing a bundle with itself says nothing, and is said to be so."""
    bundle = load_bundle("regression")
    found = compare(bundle, bundle, part("regression", "test"), seed=1)
    assert isinstance(found, Skipped)
    assert "this very bundle" in found.reason


def test_rows_that_the_incumbent_was_trained_on_are_left_out() -> None:
    """An incumbent with a later split date is asked about later rows alone."""
    late = split_params(test_from="2026-03-16")
    incumbent = load_bundle("regression", "shallow", split=late)
    test = part("regression", "test")
    early = int(np.sum(test["sent_on"] < np.datetime64("2026-03-16")))
    found = compare(load_bundle("regression"), incumbent, test, seed=1)
    assert isinstance(found, Compared)
    assert (found.rows, found.left_out) == (rows_of(test) - early, early)


def test_rows_are_left_out_by_hash_too() -> None:
    """Without a time column, the incumbent's smaller test share says which rows it knew."""
    smaller = split_params(dated=False, test_share=0.1)
    incumbent = load_bundle("binary", "shallow", dated=False, split=smaller)
    test = part("binary", "test", dated=False)
    known = rows_of(part("binary", "test", dated=False, test_share=0.1))
    found = compare(load_bundle("binary", dated=False), incumbent, test, seed=1)
    assert isinstance(found, Compared)
    assert (found.rows, found.left_out) == (known, rows_of(test) - known)


def test_an_incumbent_that_saw_every_test_row_cannot_be_compared() -> None:
    """No row is left that would be fair."""
    incumbent = load_bundle("regression", "shallow", split=split_params(test_from="2027-01-01"))
    found = compare(load_bundle("regression"), incumbent, part("regression", "test"), seed=1)
    assert isinstance(found, Incomparable)
    assert "trained on all" in found.reason


def test_other_features_are_no_obstacle() -> None:
    """Each bundle computes its own features; a column that is gone is missing to the incumbent."""
    narrow = load_bundle("regression", without="zone")
    wide = load_bundle("regression", "shallow")
    test = part("regression", "test")
    del test["zone"]
    found = compare(narrow, wide, test, seed=1)
    assert isinstance(found, Compared)
    assert found.rows == rows_of(test)
    assert found.change < 0


def test_a_column_of_another_type_cannot_be_compared() -> None:
    """What was text cannot be given to an incumbent that learned numbers."""
    candidate = load_bundle("regression")
    columns = tuple(
        Column(name=c.name, type="string", role="feature") if c.name == "pieces" else c
        for c in candidate.schema.columns
    )
    changed = replace(candidate, schema=candidate.schema.model_copy(update={"columns": columns}))
    found = compare(changed, load_bundle("regression", "shallow"), {}, seed=1)
    assert isinstance(found, Incomparable)
    assert "pieces had another type" in found.reason


def test_another_target_cannot_be_compared() -> None:
    """The reason says how to begin anew."""
    found = compare(load_bundle("binary"), load_bundle("regression"), {}, seed=1)
    assert isinstance(found, Incomparable)
    assert "gate.incumbent: none" in found.reason


@pytest.mark.parametrize(("dated", "gone"), [(True, "sent_on"), (False, "sender")])
def test_rows_that_cannot_be_told_apart_cannot_be_compared(dated: bool, gone: str) -> None:
    """Without the column that split the incumbent's rows, nobody knows which it was trained on."""
    candidate = load_bundle("regression", dated=dated)
    columns = tuple(c for c in candidate.schema.columns if c.name != gone)
    changed = replace(candidate, schema=candidate.schema.model_copy(update={"columns": columns}))
    found = compare(changed, load_bundle("regression", "shallow", dated=dated), {}, seed=1)
    assert isinstance(found, Incomparable)
    assert gone in found.reason


def test_classes_may_be_in_another_order() -> None:
    """Probabilities are matched by the name of the class."""
    turned = load_bundle("multiclass", classes=("high", "mid", "low"))
    found = compare(turned, load_bundle("multiclass"), part("multiclass", "test"), seed=1)
    assert isinstance(found, Compared)
    assert abs(found.change) < 0.2


def test_a_new_class_is_one_that_the_incumbent_gives_no_chance() -> None:
    """An incumbent that never heard of the classes is wrong about every row, and comparable."""
    test = part("multiclass", "test")
    found = compare(load_bundle("multiclass"), load_bundle("binary"), test, seed=1)
    assert isinstance(found, Compared)
    assert found.upper < -0.9
