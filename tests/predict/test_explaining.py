"""A prediction is explained by what each feature adds to it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.errors import RequestError
from tests.artifact import cases

TASKS = ["regression", "binary", "multiclass"]
ROWS = st.fixed_dictionaries(
    {
        "area": st.floats(0, 1000),
        "rooms": st.integers(1, 20),
        "kind": st.sampled_from([None, "flat", "house", "loft"]),
        "place": st.sampled_from([None, "p1", "p30", "nowhere"]),
        "new": st.sampled_from([None, True, False]),
        "built_on": st.sampled_from([None, "1900-01-01", "2024-02-29"]),
    }
)


@given(row=ROWS, task=st.sampled_from(TASKS), baseline=st.booleans())
def test_contributions_add_up_to_the_prediction(predictors, row, task, baseline):
    """Of any row that can be asked, of the model and of its baseline."""
    predictor = predictors[task]
    answer = predictor.predict(row, baseline=baseline)
    found = predictor.explain(row, baseline=baseline)
    assert found.value == (answer.value if task == "regression" else answer.probability)
    assert found.label == (None if task == "regression" else answer.label)
    total = found.base + sum(found.contributions.values())
    size = abs(found.base) + sum(map(abs, found.contributions.values()))
    assert total == pytest.approx(found.value, rel=1e-9, abs=1e-9 * size)


def test_every_feature_is_named_with_its_value(predictor):
    """In the model's order; a missing value is None."""
    found = predictor.explain(cases.ROW | {"new": None})
    assert list(found.contributions) == list(cases.FEATURES) == list(found.inputs)
    assert found.inputs["rooms"] == 3
    assert found.inputs["place_and_kind"] == "p1/flat"
    assert found.inputs["new"] is None
    assert found.lineage == predictor.lineage


def test_the_largest_come_first_when_asked_for(predictor):
    """Whichever their sign."""
    found = predictor.explain(cases.ROW)
    sizes = [abs(found.contributions[name]) for name in found.largest()]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == len(cases.FEATURES)


def test_a_row_is_explained_in_a_list_as_it_is_alone(predictors):
    """Exactly."""
    rows = [cases.ROW | {"rooms": rooms, "kind": None} for rooms in range(1, 6)]
    for task in TASKS:
        together = predictors[task].explain(rows)
        assert together == [predictors[task].explain(row) for row in rows]


def test_a_frame_is_explained_as_a_frame(predictors):
    """With its index, a column for each feature, and the label where there is one."""
    rows = [cases.ROW, cases.ROW | {"area": 200.0}]
    found = predictors["binary"].explain(pd.DataFrame(rows, index=["x", "y"]))
    assert list(found.index) == ["x", "y"]
    added = found[[f"contribution_{name}" for name in cases.FEATURES]].sum(axis=1)
    np.testing.assert_allclose(found["base"] + added, found["value"], rtol=1e-9)
    assert set(found["label"]) <= {"yes", "no"}
    assert "label" not in predictors["regression"].explain(pd.DataFrame(rows))


def test_any_class_can_be_explained(predictors):
    """Its probability is the value."""
    answer = predictors["multiclass"].predict(cases.ROW)
    for label, probability in answer.probabilities.items():
        found = predictors["multiclass"].explain(cases.ROW, label=label)
        assert (found.label, found.value) == (label, probability)


def test_an_unknown_class_is_refused(predictors):
    """With the one that was meant."""
    with pytest.raises(RequestError, match="did you mean 'yes'"):
        predictors["binary"].explain(cases.ROW, label="yess")
    with pytest.raises(RequestError, match="no class is predicted"):
        predictors["regression"].explain(cases.ROW, label="yes")


def test_a_row_that_does_not_fit_is_refused(predictor):
    """As when it is predicted."""
    with pytest.raises(RequestError, match="rooms"):
        predictor.explain(cases.ROW | {"rooms": "three"})
    with pytest.raises(RequestError, match="DataFrame"):
        predictor.explain(3)
