"""The served form gives the pipeline's answers, row by row, for every estimator that has one."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

from lockgate.artifact import pipeline_answers, relative_difference
from lockgate.artifact.compile import compile_form, onnx_trees, small
from lockgate.artifact.compile.histograms import compile_boosting
from lockgate.artifact.pipelines import pipeline_form
from lockgate.artifact.runtime import CHUNK, build
from lockgate.artifact.spec import Numbers, Ordinal
from lockgate.features import compute
from lockgate.features.inputs import Alone
from lockgate.features.plan import Plan
from tests.artifact import cases

ENSEMBLE, LINEAR, NETWORK, TREE = (
    f"sklearn.{room}." for room in ("ensemble", "linear_model", "neural_network", "tree")
)
REGRESSORS = [
    (ENSEMBLE + "HistGradientBoostingRegressor", "native", {"max_iter": 30}),
    (ENSEMBLE + "HistGradientBoostingRegressor", "onehot", {"max_iter": 30}),
    (ENSEMBLE + "HistGradientBoostingRegressor", "native", {"max_iter": 9, "loss": "poisson"}),
    (ENSEMBLE + "HistGradientBoostingRegressor", "native", {"max_iter": 9, "loss": "gamma"}),
    (
        ENSEMBLE + "HistGradientBoostingRegressor",
        "native",
        {"max_iter": 30, "early_stopping": True},
    ),
    (ENSEMBLE + "HistGradientBoostingRegressor", "native", {"categorical_features": None}),
    (ENSEMBLE + "RandomForestRegressor", "onehot", {"n_estimators": 12}),
    (ENSEMBLE + "RandomForestRegressor", "native", {"n_estimators": 12}),
    (ENSEMBLE + "HistGradientBoostingRegressor", "target", {"max_iter": 30}),
    (ENSEMBLE + "ExtraTreesRegressor", "target", {"n_estimators": 12}),
    (ENSEMBLE + "ExtraTreesRegressor", "native", {"n_estimators": 12}),
    (ENSEMBLE + "GradientBoostingRegressor", "onehot", {"n_estimators": 20}),
    (ENSEMBLE + "GradientBoostingRegressor", "onehot", {"n_estimators": 9, "init": "zero"}),
    (TREE + "DecisionTreeRegressor", "native", {}),
    (TREE + "DecisionTreeRegressor", "onehot", {"max_depth": 1, "min_samples_leaf": 1200}),
    (LINEAR + "Ridge", "onehot", {}),
    (LINEAR + "Ridge", "spline", {}),
    (LINEAR + "Lasso", "onehot", {"alpha": 0.1}),
    (LINEAR + "ElasticNet", "onehot", {"fit_intercept": False}),
    (LINEAR + "LinearRegression", "onehot", {}),
    (LINEAR + "GammaRegressor", "onehot", {}),
    (NETWORK + "MLPRegressor", "onehot", {"max_iter": 15, "hidden_layer_sizes": (20, 10)}),
]
CLASSIFIERS = [
    (ENSEMBLE + "HistGradientBoostingClassifier", "native", {"max_iter": 15}),
    (ENSEMBLE + "RandomForestClassifier", "native", {"n_estimators": 12}),
    (ENSEMBLE + "HistGradientBoostingClassifier", "target", {"max_iter": 15}),
    (ENSEMBLE + "RandomForestClassifier", "target", {"n_estimators": 12}),
    (ENSEMBLE + "ExtraTreesClassifier", "onehot", {"n_estimators": 12}),
    (ENSEMBLE + "GradientBoostingClassifier", "onehot", {"n_estimators": 10}),
    (TREE + "DecisionTreeClassifier", "native", {"max_depth": 6}),
    (LINEAR + "LogisticRegression", "onehot", {"max_iter": 200}),
    (LINEAR + "LogisticRegression", "spline", {"max_iter": 200}),
    (NETWORK + "MLPClassifier", "onehot", {"max_iter": 15, "activation": "tanh"}),
]
BINARY_ONLY = [
    (ENSEMBLE + "GradientBoostingClassifier", "onehot", {"n_estimators": 9, "loss": "exponential"}),
    (LINEAR + "LogisticRegression", "onehot", {"solver": "liblinear"}),
    (NETWORK + "MLPClassifier", "onehot", {"max_iter": 9, "activation": "logistic"}),
]
FOREST = {"n_estimators": 20, "max_depth": 5}
CASES = [
    *(("regression", *case) for case in REGRESSORS),
    *((task, *case) for task in ("binary", "multiclass") for case in CLASSIFIERS),
    *(("binary", *case) for case in BINARY_ONLY),
]


def fitted(task, estimator, encoding, params, **more):
    """Fit without the warnings of a training that was cut short."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return cases.fit(task, estimator, params, encoding=encoding, **more)


def served(model):
    """Return the compiled form of a fitted model."""
    compiled = compile_form(model.pipeline)
    assert compiled is not None
    return build(compiled.spec, compiled.arrays)


def on_link_scale(model, features):
    """Return the pipeline's own answer before the target's back-transform."""
    return pipeline_form(model.pipeline)(features)


@pytest.mark.parametrize(("task", "estimator", "encoding", "params"), CASES)
def test_served_form_gives_the_pipelines_answers(monkeypatch, task, estimator, encoding, params):
    """Missing values and unseen levels included, to 1e-12, and one row exactly as in a batch.

    Whatever scores the trees.
    """
    model = fitted(task, estimator, encoding, params)
    features = compute(model.features, cases.with_holes(cases.make_rows(600, seed=1)))
    expected = on_link_scale(model, features)
    for largest in (small.LARGEST, 0):
        monkeypatch.setattr(small, "LARGEST", largest)
        form = served(model)
        answers = form(features)
        assert relative_difference(expected, answers) <= 1e-12
        for row in range(0, 600, 23):
            np.testing.assert_array_equal(form(cases.one(features, row))[0], answers[row])


@pytest.mark.parametrize("names", [("built_on_month",), ("area", "built_on_month", "kind")])
def test_cycles_are_encoded_as_in_training(names):
    """A month is a number and a column of its own, missing months too, in a row as in a batch."""
    model = cases.fit("regression", LINEAR + "Ridge", names=names)
    holed = cases.with_holes(cases.make_rows(200, seed=7))
    features = compute(model.features, holed)
    answers = served(model)(features)
    assert relative_difference(on_link_scale(model, features), answers) <= 1e-12
    form = served(model)
    plan = Plan(model.features)
    for row in range(60):
        one = plan(cases.one(holed, row))
        texts = {name: values.item() for name, values in one.texts.items()}
        alone = Alone(one.names, one.numbers[:, 0].tolist(), texts)
        np.testing.assert_array_equal(form(alone)[0], answers[row])


@pytest.mark.parametrize(("task", "classes"), [("regression", 0), ("multiclass", 4)])
def test_trees_of_boosting_are_bit_equal(monkeypatch, task, classes):
    """Where scikit-learn adds in a fixed order, the served form adds in the same."""
    model = cases.boosted(task)
    features = compute(model.features, cases.with_holes(cases.make_rows(500, seed=2)))
    if classes:
        expected = pipeline_answers(model.pipeline, features, classes)
    else:
        expected = on_link_scale(model, features)
    for largest in (small.LARGEST, 0):
        monkeypatch.setattr(small, "LARGEST", largest)
        np.testing.assert_array_equal(served(model)(features), expected)


@pytest.mark.parametrize(
    ("task", "estimator"),
    [
        ("regression", "RandomForestRegressor"),
        ("binary", "ExtraTreesClassifier"),
        ("multiclass", "RandomForestClassifier"),
        ("multiclass", "HistGradientBoostingClassifier"),
    ],
)
def test_a_large_forest_in_parts_answers_as_one(monkeypatch, task, estimator):
    """Its parts are added up, for one row exactly as in a batch."""
    monkeypatch.setattr(onnx_trees, "LARGEST", 500)
    monkeypatch.setattr(small, "LARGEST", 0)
    model = fitted(task, ENSEMBLE + estimator, "native", {})
    features = compute(model.features, cases.with_holes(cases.make_rows(300, seed=6)))
    form = served(model)
    answers = form(features)
    assert relative_difference(on_link_scale(model, features), answers) <= 1e-12
    for row in range(0, 300, 17):
        np.testing.assert_array_equal(form(cases.one(features, row))[0], answers[row])


def test_a_forest_of_several_classes_is_not_repeated_for_each():
    """Twice the classes are twice the shares in the leaves, not twice the trees."""
    two, four = (
        compile_form(fitted(task, ENSEMBLE + "RandomForestClassifier", "native", FOREST).pipeline)
        for task in ("binary", "multiclass")
    )
    assert two is not None
    assert four is not None
    assert len(four.arrays) < 3 * len(two.arrays)


@pytest.mark.parametrize("levels", [3, 60, 250])
def test_native_categories_of_any_number_are_routed_as_in_training(levels):
    """Known, missing and unseen levels go where histogram boosting sends them."""
    rng = np.random.default_rng(levels)
    codes = rng.integers(0, levels, 4000).astype(float)
    other = rng.normal(size=4000)
    y = rng.normal(size=levels)[codes.astype(int)] * (1 + (other > 0))
    codes[::17] = np.nan
    model = HistGradientBoostingRegressor(categorical_features=[1], max_iter=30, max_leaf_nodes=60)
    model.fit(np.column_stack([other, codes]), y)
    names = {f"l{code}": float(code) for code in range(levels)}
    blocks = (Numbers(names=("other",)), Ordinal(name="level", codes=names, unknown=None))
    compiled = compile_boosting(model, blocks)
    form = build(compiled.spec, compiled.arrays)
    asked = np.append(np.arange(levels), [np.nan] * 5)
    texts = np.array([*names, *["unseen"] * 5], dtype=object)
    for value in (-1.0, 1.0, np.nan):
        beside = np.full(len(asked), value)
        expected = model.predict(np.column_stack([beside, asked]))
        np.testing.assert_array_equal(form({"other": beside, "level": texts}), expected)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("estimator", ["linear_model.Ridge", "neighbors.KNeighborsRegressor"])
def test_the_largest_numbers_have_a_finite_answer(estimator):
    """Scikit-learn answers with an infinity, or refuses; what the contract admits is answered."""
    model = cases.fit("regression", f"sklearn.{estimator}")
    features = compute(model.features, cases.one(cases.make_rows(), 0))
    features["area"] = np.array([1.7e308])
    form = served(model) if compile_form(model.pipeline) else pipeline_form(model.pipeline)
    assert np.isfinite(form(features)).all()


@pytest.mark.parametrize("encoding", ["native", "onehot", "spline", "target"])
def test_a_batch_without_rows_has_no_answers(encoding):
    """Nothing asked, nothing answered."""
    path = ENSEMBLE + "RandomForestClassifier"
    model = fitted("multiclass", path, encoding, {"n_estimators": 2})
    features = compute(model.features, cases.make_rows(3))
    nothing = {name: values[:0] for name, values in features.items()}
    assert served(model)(nothing).shape == (0, 4)


def test_long_batches_are_cut_into_pieces_without_a_trace():
    """A batch longer than a piece gives what its halves give."""
    model = cases.linear("regression")
    features = compute(model.features, cases.make_rows(CHUNK + 10, seed=4))
    form = served(model)
    halves = [{n: v[part] for n, v in features.items()} for part in (slice(99), slice(99, None))]
    np.testing.assert_array_equal(form(features), np.concatenate([form(half) for half in halves]))


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_equal_models_give_equal_bytes(task):
    """Compiling twice gives the same description and the same arrays."""
    for model in (cases.boosted(task), cases.linear(task)):
        first, second = compile_form(model.pipeline), compile_form(model.pipeline)
        assert first is not None
        assert second is not None
        assert first.spec.to_json() == second.spec.to_json()
        assert first.arrays == second.arrays


def test_columns_without_any_training_value_are_filled_as_in_training():
    """A number that was missing throughout is a constant, in both forms."""
    rows = cases.make_rows(300)
    rows["area"][:] = np.nan
    model = cases.fit("regression", LINEAR + "Ridge")
    model.pipeline.fit(pd.DataFrame(compute(model.features, rows)), rows["rent"])
    features = compute(model.features, cases.make_rows(50, seed=5))
    assert relative_difference(on_link_scale(model, features), served(model)(features)) <= 1e-12


class Subclassed(GradientBoostingRegressor):
    """Might predict in another way."""


def test_other_estimators_have_no_compiled_form():
    """An unknown class, a subclass, a start from another estimator: no form rather than a guess."""
    assert compile_form(cases.neighbours().pipeline) is None
    grown = fitted(
        "regression", ENSEMBLE + "GradientBoostingRegressor", "onehot", {"n_estimators": 3}
    )
    started = grown.pipeline["model"].regressor_
    started.init_ = started.estimators_[0, 0]
    assert compile_form(grown.pipeline) is None
    started.init_ = DummyRegressor()
    started.__class__ = Subclassed
    assert compile_form(grown.pipeline) is None


@pytest.mark.parametrize("names", [("rooms", "kind"), ("rooms", "area", "kind")])
def test_numbers_as_categories_have_no_compiled_form(names):
    """Histogram boosting may be told that a number is a category; then its pipeline serves."""
    path, params = ENSEMBLE + "HistGradientBoostingRegressor", {"categorical_features": [0]}
    model = cases.fit("regression", path, params, encoding="native", names=names)
    assert compile_form(model.pipeline) is None


def test_forests_of_several_targets_have_no_compiled_form():
    """A contract has one target."""
    model = cases.fit("regression", TREE + "DecisionTreeRegressor")
    model.pipeline["model"].regressor_.n_outputs_ = 2
    assert compile_form(model.pipeline) is None


def simple(first):
    """Fit a small pipeline whose first step is `first`; one of its columns has no value."""
    frame = pd.DataFrame({"area": np.arange(20.0), "rooms": np.ones(20), "none": np.nan})
    return Pipeline([("preprocess", first), ("model", Ridge())]).fit(frame, frame["area"])


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values")
@pytest.mark.parametrize(
    "first",
    [
        SimpleImputer(),
        ColumnTransformer([("numbers", PolynomialFeatures(), ["area", "rooms"])]),
        ColumnTransformer([("numbers", SimpleImputer(), ["area", "none"])]),
        ColumnTransformer([("cycles", OneHotEncoder(max_categories=3), ["area"])]),
    ],
)
def test_other_preprocessing_has_no_compiled_form(first):
    """A pipeline whose first step is not one of the encodings is not guessed at."""
    assert compile_form(simple(first)) is None


@pytest.mark.parametrize("step", [SimpleImputer(), StandardScaler()])
def test_numbers_may_be_filled_in_or_scaled_alone(step):
    """Each as scikit-learn does it."""
    pipeline = simple(ColumnTransformer([("numbers", step, ["area", "rooms"])]))
    compiled = compile_form(pipeline)
    assert compiled is not None
    asked = {"area": np.array([3.0, 50.0]), "rooms": np.array([1.0, 4.0])}
    expected = pipeline_form(pipeline)(asked)
    assert relative_difference(expected, build(compiled.spec, compiled.arrays)(asked)) <= 1e-12


def test_columns_that_the_pipeline_drops_play_no_part():
    """A transformer that drops, or passes on, is understood."""
    first = ColumnTransformer([("kept", "passthrough", ["area"]), ("gone", "drop", ["none"])])
    compiled = compile_form(simple(first))
    assert compiled is not None
    assert compiled.spec.blocks == (Numbers(names=("area",)),)
