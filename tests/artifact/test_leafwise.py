"""LightGBM's models are served as data, split by split as LightGBM itself goes down them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import StackingClassifier, VotingRegressor

from lockgate.artifact import load, load_pipeline, relative_difference
from lockgate.artifact.compile import compile_form
from lockgate.artifact.compile.leafwise import compile_boosting
from lockgate.artifact.compile.unsupported import Unsupported
from lockgate.artifact.pipelines import pipeline_form
from lockgate.artifact.runtime import build
from lockgate.artifact.spec import Numbers, Ordinal
from lockgate.errors import BundleError
from lockgate.features import compute
from lockgate.gating.parity import parity
from tests.artifact import cases, ensembles

lightgbm = pytest.importorskip(
    "lightgbm", reason="needs the system package libgomp1", exc_type=OSError
)
QUIET = {"verbose": -1, "n_jobs": 1}
REGRESSOR, CLASSIFIER = "lightgbm.LGBMRegressor", "lightgbm.LGBMClassifier"
CASES = [
    ("regression", "native", {}),
    ("regression", "onehot", {}),
    *(
        ("regression", "native", {"objective": objective})
        for objective in ("l1", "huber", "quantile", "poisson", "gamma", "tweedie")
    ),
    ("regression", "native", {"extra_trees": True, "min_child_samples": 3}),
    ("regression", "native", {"boosting_type": "dart"}),
    ("regression", "native", {"boosting_type": "rf", "subsample": 0.7, "subsample_freq": 1}),
    ("regression", "native", {"use_missing": False}),
    ("regression", "native", {"min_child_samples": 2000}),
    ("binary", "native", {}),
    ("binary", "onehot", {"scale_pos_weight": 3.0, "sigmoid": 1.7}),
    ("binary", "native", {"boosting_type": "rf", "subsample": 0.7, "subsample_freq": 1}),
    ("multiclass", "native", {"class_weight": "balanced"}),
    ("multiclass", "onehot", {"boosting_type": "dart"}),
]


def fitted(task, encoding, params):
    """Fit a small model."""
    path = REGRESSOR if task == "regression" else CLASSIFIER
    params = {"n_estimators": 15, **QUIET, **params}
    return cases.fit(task, path, params, encoding=encoding, scale="log")


@pytest.mark.parametrize(("task", "encoding", "params"), CASES)
def test_served_form_gives_lightgbms_answers(task, encoding, params):
    """Missing values and unseen levels included, to 1e-12, and one row exactly as in a batch."""
    model = fitted(task, encoding, params)
    compiled = compile_form(model.pipeline)
    assert compiled is not None
    features = compute(model.features, cases.with_holes(cases.make_rows(400, seed=1)))
    form = build(compiled.spec, compiled.arrays)
    answers = form(features)
    assert relative_difference(pipeline_form(model.pipeline)(features), answers) <= 1e-12
    for row in range(0, 400, 23):
        np.testing.assert_array_equal(form(cases.one(features, row))[0], answers[row])


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_a_loaded_bundle_answers_as_lightgbm_does(tmp_path, task):
    """And says with which version it was trained."""
    directory = cases.save_bundle(tmp_path / "model", fitted(task, "native", {}))
    bundle = load(directory)
    assert bundle.manifest.primary.form == "trees"
    assert bundle.manifest.libraries["lightgbm"] == lightgbm.__version__
    assert parity(bundle, load_pipeline(directory), cases.make_rows(100, 3))[0] <= 1e-12


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_a_member_of_an_ensemble_answers_as_it_does_alone(tmp_path, task):
    """The bundle names the version of each library that its pickle needs."""
    path = REGRESSOR if task == "regression" else CLASSIFIER
    scale = "log" if task == "regression" else ""
    member = (path, "native", scale, {"n_estimators": 9, **QUIET})
    parts = {**ensembles.parts_of(task), "leafwise": member}
    kind = VotingRegressor if task == "regression" else StackingClassifier
    options = {} if task == "regression" else {"cv": 3}
    directory = cases.save_bundle(tmp_path / "model", ensembles.fit(task, kind, parts, **options))
    bundle = load(directory)
    assert bundle.manifest.primary.form == "ensemble"
    assert bundle.manifest.primary.members[-1].estimator == path
    assert bundle.manifest.libraries["lightgbm"] == lightgbm.__version__
    assert parity(bundle, load_pipeline(directory), cases.make_rows(100, 3))[0] <= 1e-12


def test_a_pickle_of_another_lightgbm_is_refused(tmp_path):
    """It may load under another version and answer otherwise."""
    directory = cases.save_bundle(tmp_path / "model", fitted("binary", "native", {}))
    libraries = load(directory).manifest.libraries
    cases.reseal(directory, libraries={**libraries, "lightgbm": "0.1"})
    with pytest.raises(BundleError, match=r"lightgbm 0\.1, and [0-9.]+ is installed"):
        load_pipeline(directory)
    cases.reseal(directory, libraries={**libraries, "nowhere": "0.1"})
    with pytest.raises(BundleError, match=r"nowhere 0\.1, and none is installed"):
        load_pipeline(directory)


@pytest.mark.parametrize(
    "params",
    [
        {"linear_tree": True},
        {"zero_as_missing": True},
        {"objective": "regression", "reg_sqrt": True},
        {"objective": lambda truth, told: (told - truth, np.ones_like(truth))},
    ],
)
def test_what_is_not_understood_has_no_compiled_form(params):
    """Linear leaves, zeros that are missing, other objectives: no form rather than a guess."""
    assert compile_form(fitted("regression", "native", params).pipeline) is None


def test_several_models_one_for_each_class_have_no_compiled_form():
    """Their probabilities are made in another way."""
    model = fitted("multiclass", "native", {"objective": "multiclassova"})
    assert compile_form(model.pipeline) is None


NUMBERS = (0.0, -0.0, 1e-40, -1e-36, 0.5, -3.0, 1e30, float("inf"), -float("inf"), float("nan"))


def grown(numbers, codes, target, **params):
    """Fit on two columns, the second of which may be categories."""
    model = lightgbm.LGBMRegressor(
        **QUIET, **{"n_estimators": 8, "min_child_samples": 2, "min_data_per_group": 2, **params}
    )
    marked = [1] if codes is not None else "auto"
    columns = [numbers] if codes is None else [numbers, codes]
    return model.fit(np.column_stack(columns), target, categorical_feature=marked)


def asked_of(model, levels, numbers):
    """Return what the model and its served form say of each number with each level."""
    known = {f"l{code}": float(code) for code in range(levels)}
    blocks = (Numbers(names=("x",)), Ordinal(name="level", codes=known, unknown=None))
    compiled = compile_boosting(model, blocks)
    texts = [*known, "unseen"]
    codes = [*known.values(), float("nan")]
    x = np.repeat(np.array(numbers), len(texts))
    expected = model.predict(np.column_stack([x, np.tile(codes, len(numbers))]))
    inputs = {"x": x, "level": np.array(texts * len(numbers), dtype=object)}
    return expected, build(compiled.spec, compiled.arrays)(inputs)


@pytest.mark.parametrize("levels", [3, 40, 300])
@pytest.mark.parametrize("holes", [True, False])
def test_categories_of_any_number_are_routed_as_in_training(levels, holes):
    """Known, missing and unseen levels, and numbers of every size, bit for bit."""
    rng = np.random.default_rng(levels)
    codes = rng.integers(0, levels, 3000).astype(float)
    x = rng.normal(size=3000)
    y = rng.normal(size=levels)[codes.astype(int)] * (1 + (x > 0))
    if holes:
        codes[::17] = x[::13] = np.nan
    expected, actual = asked_of(grown(x, codes, y), levels, [*NUMBERS, *x[:50]])
    np.testing.assert_array_equal(actual, expected)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.sampled_from(NUMBERS), st.floats(-1e6, 1e6)),
            st.one_of(st.integers(0, 6), st.just(float("nan"))),
            st.floats(-1e3, 1e3),
        ),
        min_size=12,
        max_size=80,
    ),
    st.sampled_from([{}, {"extra_trees": True}, {"use_missing": False}, {"boosting_type": "dart"}]),
)
def test_small_tables_of_any_values_are_answered_alike(rows, params):
    """Zeros of both signs, tiny and infinite numbers, missing values: as LightGBM says."""
    x, codes, y = np.array(rows, dtype=float).T
    expected, actual = asked_of(grown(x, codes, y, **params), 7, [*NUMBERS, *x[:10]])
    assert relative_difference(expected, actual) <= 1e-12


def test_a_model_that_stopped_early_answers_with_its_best_iteration():
    """Not with all the trees that were grown."""
    rng = np.random.default_rng(0)
    x, codes, y = rng.normal(size=400), rng.integers(0, 5, 400).astype(float), rng.normal(size=400)
    matrix = np.column_stack([x, codes])
    model = lightgbm.LGBMRegressor(n_estimators=200, early_stopping_round=5, **QUIET)
    model.fit(matrix[:300], y[:300], eval_X=(matrix[300:],), eval_y=(y[300:],))
    assert model.best_iteration_ < 200
    expected, actual = asked_of(model, 5, NUMBERS)
    np.testing.assert_array_equal(actual, expected)


def test_a_number_as_a_category_has_no_compiled_form():
    """LightGBM would cut off its fraction."""
    rng = np.random.default_rng(0)
    codes, y = rng.integers(0, 9, 500).astype(float), rng.normal(size=9)
    model = grown(rng.normal(size=500), codes, y[codes.astype(int)])
    with pytest.raises(Unsupported, match="category"):
        compile_boosting(model, (Numbers(names=("x", "level")),))
