"""A few rows are answered as each of them is alone."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate import load_predictor
from tests.artifact import cases

CELLS = {
    "area": st.sampled_from([0.0, 55.5, 999.0]) | st.floats(0, 1000),
    "rooms": st.integers(1, 20),
    "kind": st.sampled_from(["flat", "house", "loft", None]),
    "place": st.sampled_from(["p0", "p1", "p7", "nowhere", None]),
    "new": st.none() | st.booleans(),
    "built_on": st.none() | st.dates(date(1900, 1, 1), date(2030, 1, 1)).map(str),
    "sold_on": st.none() | st.dates(date(2024, 1, 1), date(2027, 1, 1)).map(str),
}
ROWS = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Return predictors whose features are of one kind, or of two times, or not all numbers."""
    folder = tmp_path_factory.mktemp("others")
    kinds = [
        ("kind", "place"),
        ("area", "log_area"),
        ("log_area", "area_per_room"),
        ("area", "built_on_to_sold_on_days", "sold_on_month", "place_and_kind"),
    ]
    models = [cases.fit("regression", "sklearn.linear_model.Ridge", names=names) for names in kinds]
    return [
        load_predictor(cases.save_bundle(folder / f"model-{place}", model, model))
        for place, model in enumerate(models)
    ]


def same(predictor, rows):
    """Tell whether rows are answered together as each of them is alone."""
    read = [predictor.read_row(row) for row in rows]
    alone = [answer for row in read for answer in predictor.answer(row)]
    return predictor.answer_few(read) == alone


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
@given(rows=ROWS)
@settings(max_examples=40, deadline=None)
def test_a_few_rows_have_the_answers_that_each_has_alone(predictors, task, rows):
    """To the last bit, remarks included, whatever is missing, unseen or out of range."""
    assert same(predictors[task], rows)


@given(rows=ROWS)
@settings(max_examples=40, deadline=None)
def test_whatever_the_features_are(others, rows):
    """Categories alone, columns that only a computed feature reads, or two times that are one."""
    assert all(same(predictor, rows) for predictor in others)
