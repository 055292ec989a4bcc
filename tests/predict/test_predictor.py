"""Rows in, answers out: the same answer for a row by every door."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lockgate import Predictor, load_predictor
from lockgate.artifact import pipeline_answers
from lockgate.errors import RequestError
from lockgate.features import compute
from lockgate.predict import all_warnings, column
from tests.artifact import cases
from tests.artifact.cases import ROW

ROOT = Path(__file__).parents[2]
TASKS = ("regression", "binary", "multiclass")
WHOLE = {**ROW, "new": True, "built_on": "1990-05-01", "sold_on": "2025-06-01"}
OPTIONAL = ("kind", "place", "new", "built_on", "sold_on", "owner", "id")


def test_a_number_comes_with_interval_and_lineage(predictor):
    """Value, lower, upper, level, warnings, and which model on which data."""
    answer = predictor.predict(WHOLE)
    assert answer.lower < answer.value < answer.upper
    assert answer.level == 0.9
    assert answer.warnings == ()
    assert answer.lineage.data_hash == cases.DATA_HASH
    assert answer.lineage.model_hash == predictor.bundle.hash


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_class_comes_with_probabilities(predictors, task):
    """The label is the likeliest class; the probabilities sum to 1."""
    answer = predictors[task].predict(WHOLE)
    assert tuple(answer.probabilities) == cases.CLASSES[task]
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert answer.probability == max(answer.probabilities.values())
    assert answer.probabilities[answer.label] == answer.probability


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_class_comes_with_those_that_it_might_be_instead(predictors, task):
    """The set has the label and every class from its threshold on, in the contract's order."""
    predictor = predictors[task]
    sizes = set()
    for area in (None, 20, 50, 80, 120, 500):
        for kind in ("flat", "house", "loft"):
            answer = predictor.predict({**ROW, "area": area or 10, "kind": kind})
            thresholds = dict(zip(cases.CLASSES[task], cases.THRESHOLDS, strict=False))
            assert answer.prediction_set == tuple(
                name
                for name, share in answer.probabilities.items()
                if share >= thresholds[name] or name == answer.label
            )
            assert answer.level == 0.9
            sizes.add(len(answer.prediction_set))
    assert len(sizes) > 1


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", OPTIONAL)
def test_null_is_the_same_as_absent(predictors, task, name):
    """For every field that a request may leave out, alone and in a batch: the known trap."""
    absent = {key: value for key, value in WHOLE.items() if key != name}
    null = {**absent, name: None}
    expected = predictors[task].predict(absent)
    batch = predictors[task].predict([null, WHOLE, absent])
    frame = predictors[task].predict(pd.DataFrame([null, WHOLE]))
    assert predictors[task].predict(null) == expected == batch[0] == batch[2]
    column = "value" if task == "regression" else "probability"
    assert frame[column][0] == getattr(expected, column)


@pytest.mark.parametrize("task", TASKS)
def test_answers_are_the_pipelines(predictors, task):
    """A dict gets what scikit-learn answers to the same values in the training's form."""
    rows = [WHOLE, {**WHOLE, "kind": None, "place": "nowhere", "new": None, "built_on": None}]
    day = np.array(["2025-06-01"] * 2, dtype="datetime64[s]")
    columns = {
        "area": np.array([80.0, 80.0]),
        "rooms": np.array([3.0, 3.0]),
        "kind": np.array(["flat", ""], dtype=object),
        "place": np.array(["p1", "nowhere"], dtype=object),
        "new": np.array([1.0, np.nan]),
        "built_on": np.array(["1990-05-01", "NaT"], dtype="datetime64[s]"),
        "sold_on": day,
    }
    model = cases.boosted(task)
    features = compute(model.features, columns)
    classes = 0 if task == "regression" else len(cases.CLASSES[task])
    expected = pipeline_answers(model.pipeline, features, classes)
    answers = predictors[task].predict(rows)
    if task == "regression":
        np.testing.assert_allclose([a.value for a in answers], expected, rtol=1e-12)
    else:
        labels = [cases.CLASSES[task][place] for place in expected.argmax(axis=1)]
        assert [answer.label for answer in answers] == labels


def test_a_dataframe_gets_a_dataframe_with_its_index(predictors):
    """Whatever types its columns have; NaN, NaT, NA and None are all missing values."""
    frame = pd.DataFrame([WHOLE, {**ROW, "new": None}, {**ROW, "place": np.nan}], index=list("abc"))
    frame["built_on"] = pd.to_datetime(frame["built_on"])
    frame["sold_on"] = pd.to_datetime(frame["sold_on"]).dt.date
    frame["rooms"] = frame["rooms"].astype("Int64")
    frame["kind"] = frame["kind"].astype("category")
    frame["place"] = frame["place"].astype("string")
    answers = predictors["regression"].predict(frame)
    assert list(answers.index) == ["a", "b", "c"]
    row = {**ROW, "place": None}
    alone = [predictors["regression"].predict(each) for each in (WHOLE, ROW, row)]
    assert answers["value"].tolist() == [answer.value for answer in alone]
    assert answers["warnings"].tolist() == [answer.warnings for answer in alone]
    shares = predictors["multiclass"].predict(frame)
    assert [f"probability_{name}" in shares for name in cases.CLASSES["multiclass"]] == [True] * 4
    sets = [predictors["multiclass"].predict(each).prediction_set for each in (WHOLE, ROW, row)]
    assert shares["prediction_set"].tolist() == sets


@pytest.mark.parametrize("task", TASKS)
def test_no_rows_no_answers(predictors, task):
    """An empty batch is no mistake."""
    assert predictors[task].predict([]) == []
    assert predictors[task].predict(pd.DataFrame([WHOLE])[:0]).empty


def test_what_is_no_row_is_refused(predictor):
    """With a word on what to give instead."""
    for rows in ("row", 3, None, {"area"}):
        with pytest.raises(RequestError, match=r"cannot predict from a (str|int|NoneType|set)"):
            predictor.predict(rows)
    with pytest.raises(RequestError, match="row 1 must be an object"):
        predictor.predict([WHOLE, 7])


def test_a_column_twice_is_refused(predictor):
    """Which of the two is meant nobody knows."""
    frame = pd.DataFrame([[80.0, 3, 70.0]], columns=["area", "rooms", "area"])
    with pytest.raises(RequestError, match="the column area is there twice"):
        predictor.predict(frame)


def test_a_value_outside_the_training_range_is_remarked_on(predictor):
    """The answer is given all the same; a feature computed from the column says nothing more."""
    (remark,) = predictor.predict({**WHOLE, "area": 999.5}).warnings
    assert "area 999.5 is outside the training range" in remark
    (remark,) = predictor.predict({**WHOLE, "built_on": "1900-01-01"}).warnings
    assert "built_on_year 1900" in remark


def test_a_large_number_is_told_as_it_is(predictor):
    """Not in six digits, in which it could be within the range that it is outside of."""
    manifest = predictor.bundle.manifest
    low, high = 1_651_359.0, 1_651_360.0
    features = tuple(
        each.model_copy(update={"low": low, "high": high} if each.name == "area" else {})
        for each in manifest.features
    )
    bundle = replace(predictor.bundle, manifest=manifest.model_copy(update={"features": features}))
    (remark,) = Predictor(bundle).predict(WHOLE).warnings
    assert remark == "area 80 is outside the training range 1651359 to 1651360"


def test_an_unseen_category_is_remarked_on(predictor):
    """A missing one is not."""
    remarks = predictor.predict({**WHOLE, "place": "nowhere"}).warnings
    assert remarks == ("place 'nowhere' was never seen in training",)
    assert predictor.predict({**WHOLE, "place": None}).warnings == ()


def test_an_absent_time_is_the_last_training_date(predictor):
    """Never the clock: the same request gets the same answer next year, without a warning."""
    answer = predictor.predict({**WHOLE, "sold_on": None})
    assert answer.warnings == ()
    assert answer.value == predictor.predict({**WHOLE, "sold_on": "2025-10-27"}).value
    late = predictor.predict({**WHOLE, "sold_on": "2026-03-01"})
    assert late.warnings == ("sold_on is after 2025-10-27, the last training date",)


def test_columns_of_a_batch_need_not_be_complete(predictor):
    """A column that is absent is missing throughout."""
    rows = cases.make_rows(40, seed=9)
    whole = predictor.predict_columns({**rows, "new": np.full(40, np.nan)})
    del rows["new"]
    np.testing.assert_array_equal(predictor.predict_columns(rows)["value"], whole["value"])


@pytest.mark.parametrize("baseline", [False, True])
def test_one_row_that_was_read_alone_is_predicted_as_a_batch_of_one(predictors, baseline):
    """To the same bits and in the same form, whoever answers and whatever is predicted."""
    for predictor in predictors.values():
        alone = predictor.predict_columns(predictor.read_row(ROW), baseline=baseline)
        among = predictor.predict_columns(predictor.read(ROW), baseline=baseline)
        assert alone.keys() == among.keys()
        for name, cells in among.items():
            np.testing.assert_array_equal(alone[name], cells, strict=True)


def test_a_model_without_numbers_or_times_predicts_too(tmp_path):
    """Remarks then are about categories alone, of one row and of several."""
    model = cases.fit("regression", "sklearn.linear_model.Ridge", names=("kind", "place"))
    predictor = load_predictor(cases.save_bundle(tmp_path / "model", model, model))
    rows = [ROW, {**ROW, "place": "nowhere"}]
    answers = [predictor.predict(row) for row in rows]
    assert [len(answer.warnings) for answer in answers] == [0, 1]
    assert predictor.predict(rows) == answers


def test_a_predictor_may_be_shared_by_threads(predictor):
    """Answers do not depend on what else is asked at the same time."""
    rows = [{**WHOLE, "area": float(area)} for area in range(20, 120)]
    expected = predictor.predict(rows)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(predictor.predict, rows)) == expected


def test_predicting_a_dict_needs_no_pandas_scikit_learn_or_pyarrow(tmp_path):
    """A slim service installs none of them."""
    bundle = cases.copy_bundle(tmp_path / "model")
    code = (
        "import sys; from lockgate import load_predictor;"
        f"load_predictor(sys.argv[1]).predict({WHOLE!r});"
        "heavy = {'sklearn', 'pandas', 'pyarrow', 'scipy', 'joblib', 'onnx', 'matplotlib'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(bundle)], check=True, cwd=ROOT)


def test_the_package_offers_the_predictor(predictor):
    """`from lockgate import Predictor` is the class of what `load_predictor` returns."""
    assert isinstance(predictor, Predictor)


def remarked(predictor, row):
    """Return kind and field of each remark on a row."""
    return [(each.kind, each.field) for each in predictor.predict(row).remarks]


def test_remarks_say_what_is_unusual_and_where(predictor):
    """By kind and column, so that they can be counted; computed features by their own name."""
    assert remarked(predictor, WHOLE) == []
    odd = {"area": 999.5, "place": "nowhere", "sold_on": "2026-03-01", "built_on": "1900-01-01"}
    assert set(remarked(predictor, {**WHOLE, **odd})) == {
        ("outside", "area"),
        ("unseen", "place"),
        ("late", "sold_on"),
        ("outside", "built_on_year"),
    }


@pytest.mark.parametrize("name", ["kind", "place", "new", "built_on"])
def test_a_missing_value_is_remarked_on_without_a_warning(predictor, name):
    """The contract lets it be missing, and the model has learned what that means."""
    answer = predictor.predict({**WHOLE, name: None})
    assert [(each.kind, each.field) for each in answer.remarks] == [("missing", name)]
    assert answer.warnings == ()


def test_a_missing_time_is_remarked_on_without_a_warning(predictor):
    """A request need not name one; the last training date is documented to stand for it."""
    answer = predictor.predict({**WHOLE, "sold_on": None})
    assert [(each.kind, each.field) for each in answer.remarks] == [("missing", "sold_on")]
    assert answer.warnings == ()


def test_a_value_that_no_training_row_lacked_is_missed_with_a_warning(predictor):
    """Where the contract lets a request leave out what every row has."""
    schema = predictor.bundle.schema
    columns = [
        each.model_copy(update={"nullable": False}) if each.name == "kind" else each
        for each in schema.columns
    ]
    strict = schema.model_copy(update={"columns": tuple(columns)})
    answer = Predictor(replace(predictor.bundle, schema=strict)).predict({**WHOLE, "kind": None})
    assert answer.warnings == ("kind is missing, as in no training row",)


def test_columns_that_no_feature_reads_are_not_remarked_on(predictor):
    """A key and a group may be absent from every request."""
    assert remarked(predictor, {**WHOLE, "owner": None, "id": None, "note": None}) == []


@pytest.mark.parametrize("task", TASKS)
def test_the_baseline_answers_when_asked(predictors, task):
    """With its own interval or calibration, and the same remarks."""
    predictor = predictors[task]
    rows = [WHOLE, {**ROW, "place": "nowhere"}]
    answers = predictor.predict(rows, baseline=True)
    columns = predictor.read(rows)
    expected = predictor.bundle.baseline.answer(compute(predictor.bundle.features, columns))
    if task == "regression":
        assert answers[0].value == expected["value"][0]
        assert answers[0].upper == expected["upper"][0]
    else:
        assert list(answers[0].probabilities.values()) == expected["probabilities"][0].tolist()
    others = predictor.predict(rows)
    assert [each.remarks for each in answers] == [each.remarks for each in others]
    assert answers[0] != others[0]


@pytest.mark.parametrize("task", TASKS)
def test_the_baseline_too_answers_one_row_as_in_a_batch(predictors, task):
    """To the last bit."""
    rows = [ROW, WHOLE, WHOLE | {"kind": None, "place": "nowhere"}]
    alone = [predictors[task].predict(row, baseline=True) for row in rows]
    assert predictors[task].predict(rows, baseline=True) == alone


@pytest.mark.parametrize("task", TASKS)
def test_check_and_prediction_may_be_done_apart(predictors, task):
    """Reading, predicting and wording are what `predict` does in one."""
    predictor = predictors[task]
    rows = [WHOLE, {**ROW, "place": "nowhere"}]
    expected = predictor.predict(rows)
    assert predictor.answers(predictor.predict_columns(predictor.read(rows))) == expected
    (alone,) = predictor.answers(predictor.predict_columns(predictor.read(rows[0])))
    assert alone == expected[0]


@pytest.mark.parametrize("task", TASKS)
def test_answers_of_many_rows_are_also_had_by_column(predictors, task):
    """The same as one by one, remarks and warnings among them."""
    predictor = predictors[task]
    rows = [WHOLE, {**ROW, "place": "nowhere"}, {**ROW, "place": "nowhere", "area": 999.0}] * 10
    found, expected = predictor.answer(predictor.read(rows)), predictor.predict(rows)
    assert (list(found), len(found), found[-1]) == (expected, 30, expected[-1])
    for name in ("value", "lower") if task == "regression" else ("label", "probability"):
        assert column(found, name) == column(expected, name)
    assert column(found, "remarks") == [each.remarks for each in expected]
    assert all_warnings(found) == [each.warnings for each in expected]


@pytest.mark.parametrize("task", TASKS)
def test_a_checked_row_is_predicted_as_it_is(predictors, task):
    """An instance of the model of a row, absent and null values included."""
    for row in (WHOLE, {**ROW, "place": None}):
        instance = predictors[task].row_model(**row)
        assert predictors[task].predict(instance) == predictors[task].predict(row)
