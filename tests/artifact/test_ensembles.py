"""An ensemble is served as data where its members are, and says what the fitted one says."""

import subprocess
import sys
from copy import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
)

from lockgate.artifact import load, load_pipeline, pipeline_answers, relative_difference
from lockgate.artifact.combining import build_ensemble
from lockgate.artifact.compile import CompiledEnsemble, compile_form
from lockgate.artifact.parts import PIPELINE
from lockgate.artifact.pipelines import pipeline_form
from lockgate.artifact.runtime import CHUNK
from lockgate.errors import BundleError
from lockgate.features import compute
from lockgate.features.inputs import Alone, inputs_of
from lockgate.gating.parity import parity
from tests.artifact import cases, ensembles

ROOT = Path(__file__).parents[2]
TASKS = ("regression", "binary", "multiclass")
CASES = [(task, kind) for task in TASKS for kind in ("voted", "equals", "stacked")]


def ensemble(task, kind):
    """Return a fitted ensemble."""
    if kind == "stacked":
        return ensembles.stacked(task)
    return ensembles.voted(task, weighted=kind == "voted")


def served(model):
    """Return the compiled form of a fitted ensemble."""
    compiled = compile_form(model.pipeline)
    assert isinstance(compiled, CompiledEnsemble)
    return build_ensemble(compiled.spec, compiled.arrays)


def hard_rows(model, count=400, seed=1):
    """Return features with missing values and unseen levels."""
    return compute(model.features, cases.with_holes(cases.make_rows(count, seed=seed)))


@pytest.mark.parametrize(("task", "kind"), CASES)
def test_the_served_ensemble_gives_the_fitted_ones_answers(task, kind):
    """Missing values and unseen levels included, to 1e-12, and one row exactly as in a batch."""
    model = ensemble(task, kind)
    features = hard_rows(model)
    expected = pipeline_answers(model.pipeline, features, len(cases.make_schema(task).classes))
    form = served(model)
    answers = form(features)
    assert relative_difference(expected, answers) <= 1e-12
    for row in range(0, 400, 13):
        np.testing.assert_array_equal(form(cases.one(features, row))[0], answers[row])


@pytest.mark.parametrize(("task", "kind"), CASES)
def test_a_loaded_ensemble_answers_as_the_fitted_one_does(tmp_path, task, kind):
    """From the files alone, within what the gate allows, and the manifest says what is in it."""
    model = ensemble(task, kind)
    bundle = load(cases.save_bundle(tmp_path / "model", model))
    entry = bundle.manifest.primary
    assert entry.form == "ensemble"
    assert [member.name for member in entry.members] == list(ensembles.parts_of(task))
    difference, rows = parity(bundle, load_pipeline(tmp_path / "model"), cases.make_rows(100, 3))
    assert rows > 100
    assert difference <= 1e-12


@pytest.mark.parametrize("task", TASKS)
def test_one_row_of_a_loaded_ensemble_is_the_row_of_the_batch(tmp_path, task):
    """Bit for bit, by the shorter way that a single row goes."""
    bundle = load(cases.save_bundle(tmp_path / "model", ensembles.stacked(task)))
    features = hard_rows(ensembles.stacked(task))
    whole = bundle.primary.answer(features)
    for row in range(0, 400, 29):
        inputs = inputs_of(cases.one(features, row))
        texts = {name: str(level[0]) for name, level in inputs.texts.items()}
        alone = Alone(inputs.names, inputs.numbers[:, 0].tolist(), texts)
        if task == "regression":
            expected = tuple(whole[name][row] for name in ("value", "lower", "upper"))
            assert bundle.primary.one(alone) == expected
        else:
            shares = bundle.primary.answer(alone)["probabilities"]
            np.testing.assert_array_equal(shares[0], whole["probabilities"][row])


def test_members_and_weights_are_in_the_manifest(tmp_path):
    """Estimators by the path that params.yaml gives, their scale, and shares that sum to 1."""
    bundle = load(cases.save_bundle(tmp_path / "model", ensembles.voted("regression")))
    boosted, again, extra, ridge = bundle.manifest.primary.members
    assert boosted.estimator == "sklearn.ensemble.HistGradientBoostingRegressor"
    assert boosted.params == {"max_iter": 12}
    assert (boosted.scale, again.scale) == ("log", "identity")
    assert ridge.params == {"alpha": 3.0}
    weights = [member.weight for member in (boosted, again, extra, ridge)]
    np.testing.assert_allclose(weights, np.array([0.5, 3, 1.25, 0.75]) / 5.5)
    assert bundle.manifest.baseline.members == ()
    assert bundle.manifest.primary.title == "VotingRegressor of 4 models"
    assert bundle.manifest.baseline.title == "Ridge"


def test_the_weights_of_a_stack_are_its_linear_models(tmp_path):
    """Of numbers one each; of probabilities, each of which has its own, none is shown."""
    bundle = load(cases.save_bundle(tmp_path / "model", ensembles.stacked("regression")))
    final = ensembles.stacked("regression").pipeline.final_estimator_
    shown = [member.weight for member in bundle.manifest.primary.members]
    np.testing.assert_array_equal(shown, final.coef_)
    bundle = load(cases.save_bundle(tmp_path / "model", ensembles.stacked("binary")))
    assert {member.weight for member in bundle.manifest.primary.members} == {None}


def test_long_batches_are_cut_into_pieces_without_a_trace():
    """A batch longer than a piece gives what its halves give."""
    model = ensembles.stacked("multiclass")
    features = hard_rows(model, CHUNK + 10)
    form = served(model)
    halves = [{n: v[part] for n, v in features.items()} for part in (slice(99), slice(99, None))]
    np.testing.assert_array_equal(form(features), np.concatenate([form(half) for half in halves]))


@pytest.mark.parametrize("kind", ["voted", "stacked"])
def test_equal_ensembles_give_equal_bytes(tmp_path, kind):
    """In every part, so that the bundle can be rebuilt byte for byte."""
    model = ensemble("binary", kind)
    first, second = (cases.save_bundle(tmp_path / name, model) for name in ("a", "b"))
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert set(names) >= {
        "primary.0.onnx",
        "primary.1.onnx",
        "primary.2.npz",
        "primary.json",
    }
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_an_ensemble_is_held_in_the_bounds_of_its_answer(tmp_path):
    """A stack may leave the range that the contract allows, as any linear model may."""
    model = ensembles.stacked("regression")
    final = model.pipeline.final_estimator_
    kept, final.intercept_ = final.intercept_, -1e6
    try:
        bundle = load(cases.save_bundle(tmp_path / "model", model))
    finally:
        final.intercept_ = kept
    answers = bundle.primary.answer(hard_rows(model))
    assert (answers["value"] == 0.0).all()
    assert (answers["lower"] == 0.0).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("kind", ["voted", "stacked", "neighbours"])
def test_the_largest_numbers_have_a_finite_answer(kind):
    """Scikit-learn's trees refuse them; what the contract admits is answered."""
    if kind == "neighbours":
        model = ensembles.voted_with(ensembles.REGRESSORS["extra"])
        form = pipeline_form(model.pipeline)
    else:
        model = ensemble("regression", kind)
        form = served(model)
    features = compute(model.features, cases.one(cases.make_rows(), 0))
    features["area"] = np.array([1.7e308])
    with np.errstate(over="ignore"):
        assert np.isfinite(form(features)).all()


def test_members_that_were_dropped_play_no_part():
    """Their weights neither."""
    model = copy(ensembles.voted("regression").pipeline)
    model.estimators = [("boosted", "drop"), *model.estimators[1:]]
    model.estimators_ = model.estimators_[1:]
    compiled = compile_form(model)
    assert isinstance(compiled, CompiledEnsemble)
    assert [member.name for member in compiled.spec.members] == ["again", "extra", "ridge"]
    assert compiled.spec.combination.weights == (0.6, 0.25, 0.15)


def test_an_ensemble_with_a_member_without_form_is_served_through_its_pipeline(tmp_path):
    """As a whole; the manifest says so, and its members all the same."""
    model = ensembles.voted_with(ensembles.NEIGHBOURS)
    directory = cases.save_bundle(tmp_path / "model", model)
    bundle = load(directory)
    assert bundle.manifest.primary.form == "pipeline"
    assert [member.name for member in bundle.manifest.primary.members] == ["ridge", "other"]
    assert parity(bundle, load_pipeline(directory), cases.make_rows(50, 2))[0] <= 1e-12


@pytest.mark.parametrize(
    ("task", "kind", "options"),
    [
        ("regression", StackingRegressor, {"final_estimator": RandomForestRegressor(5), "cv": 3}),
        ("binary", VotingClassifier, {"voting": "hard"}),
        ("binary", StackingClassifier, {"stack_method": "predict", "cv": 3}),
    ],
)
def test_other_combinations_have_no_compiled_form(task, kind, options):
    """No form rather than a guess: a final model that is not linear, mere labels."""
    assert compile_form(ensembles.fit(task, kind, **options).pipeline) is None


def test_a_stack_that_also_reads_the_rows_has_no_compiled_form():
    """Its final model would need an encoding of its own."""
    model = copy(ensembles.stacked("regression").pipeline)
    model.passthrough = True
    assert compile_form(model) is None


def test_a_target_transform_of_another_kind_has_no_compiled_form():
    """Only a link's can be written down."""
    model = ensembles.voted_with(ensembles.REGRESSORS["extra"]).pipeline
    model.estimators_[0]["model"].func = np.sqrt
    assert compile_form(model) is None


def test_a_member_that_learned_the_target_as_it_is_has_no_bounds():
    """A regressor without a target transform answers as it does alone."""
    model = ensembles.voted_with(ensembles.REGRESSORS["extra"])
    for pipeline in model.pipeline.estimators_:
        pipeline.steps[1] = ("model", pipeline["model"].regressor_)
    features = hard_rows(model)
    expected = model.pipeline.predict(pd.DataFrame(features))
    assert relative_difference(expected, served(model)(features)) <= 1e-12


def test_a_damaged_member_is_named(tmp_path):
    """As any other part is."""
    directory = cases.save_bundle(tmp_path / "model", ensembles.voted("binary"))
    (directory / "primary.1.onnx").write_bytes(b"no model")
    with pytest.raises(BundleError, match=r"primary\.1\.onnx"):
        load(directory)
    cases.reseal(directory)
    with pytest.raises(BundleError, match="primary model cannot be run"):
        load(directory)


def test_serving_an_ensemble_needs_neither_pandas_nor_scikit_learn(tmp_path):
    """And its pickle is not opened."""
    directory = cases.save_bundle(tmp_path / "model", ensembles.stacked("binary"))
    (directory / PIPELINE).write_bytes(b"no pickle")
    cases.reseal(directory)
    code = (
        "import sys; from lockgate.artifact import load; load(sys.argv[1]);"
        "heavy = {'sklearn', 'pandas', 'pyarrow', 'scipy', 'joblib', 'onnx'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code, str(directory)], check=True, cwd=ROOT)
