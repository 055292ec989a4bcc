"""What each feature adds to an answer, for every served form, from the bundle's files."""

import numpy as np
import pytest

from lockgate.artifact import load
from lockgate.artifact.archive import from_npz
from lockgate.artifact.compile import compile_form
from lockgate.artifact.encoding import encoder
from lockgate.artifact.explaining import SUFFIX, check_explained, explaining_part
from lockgate.artifact.explanation.answers import Explainer
from lockgate.artifact.explanation.forms import explain_form, owners_of
from lockgate.artifact.manifest import ClassificationEntry, ModelEntry, RegressionEntry
from lockgate.artifact.runtime import build
from lockgate.artifact.served import served
from lockgate.errors import BundleError
from lockgate.features import compute
from lockgate.features.inputs import inputs_of
from tests.artifact import cases
from tests.artifact.test_compile import CASES, fitted

ROWS = 60


def entry_of(model, kind):
    """Return what a manifest says of a model."""
    trained = model.trained
    answer = (
        ClassificationEntry(beta=trained.beta, seen=tuple(map(int, model.pipeline.classes_)))
        if trained.link is None
        else RegressionEntry(
            scale=trained.link.kind, low=trained.link.low, high=trained.link.high, quantile=0.2
        )
    )
    return ModelEntry(form=kind, estimator=trained.estimator, params={}, answer=answer)


def opened(model):
    """Return what explains a fitted model, and what answers."""
    compiled = compile_form(model.pipeline)
    part = explaining_part(compiled, compute(model.features, cases.make_rows()))
    arrays = from_npz(part) | ({} if compiled.nodes else from_npz(compiled.arrays))
    classes = 0 if model.task == "regression" else len(cases.CLASSES[model.task])
    entry = entry_of(model, compiled.spec.body.kind)
    form = explain_form(compiled.spec, arrays, cases.FEATURES)
    return (
        Explainer(form, compiled.spec.head, entry, classes),
        served(build(compiled.spec, compiled.arrays), entry, classes),
    )


def expected(answers):
    """Return the answers that are explained, and the places of their classes."""
    if "value" in answers:
        return answers["value"], [0] * len(answers["value"])
    shares = answers["probabilities"]
    return shares.max(axis=1), shares.argmax(axis=1).tolist()


def totals(sums):
    """Return base and contributions of each row added up."""
    return np.array([(each.base + each.added.sum(axis=0)).item() for each in sums])


@pytest.mark.parametrize(("task", "estimator", "encoding", "params"), CASES)
def test_contributions_add_up_to_the_answer(task, estimator, encoding, params):
    """Missing values and unseen levels included, and one row exactly as in a batch."""
    model = fitted(task, estimator, encoding, params)
    explain, answering = opened(model)
    features = compute(model.features, cases.with_holes(cases.make_rows(ROWS, seed=1)))
    values, places = expected(answering.answer(features))
    sums = explain(features, places)
    np.testing.assert_allclose(totals(sums), values, rtol=1e-9)
    assert len({each.base.item() for each, at in zip(sums, places, strict=True) if at == 0}) == 1
    for row in range(0, ROWS, 7):
        (alone,) = explain(cases.one(features, row), places[row : row + 1])
        np.testing.assert_array_equal(alone.added, sums[row].added)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_what_is_added_to_all_classes_together_is_nothing(task):
    """What speaks for one speaks against the others."""
    model = cases.boosted(task)
    explain, _ = opened(model)
    features = compute(model.features, cases.with_holes(cases.make_rows(20, seed=2)))
    added = [
        np.stack([each.added for each in explain(features, [place] * 20)])
        for place in range(len(cases.CLASSES[task]))
    ]
    np.testing.assert_allclose(sum(added), 0, atol=1e-9)


def test_a_class_without_training_rows_is_explained_as_well():
    """It has no chance, whatever the row."""
    model = cases.fit(
        "multiclass",
        "sklearn.ensemble.HistGradientBoostingClassifier",
        {"max_iter": 5},
        encoding="native",
        only=lambda y: y != 1,
    )
    explain, answering = opened(model)
    features = compute(model.features, cases.make_rows(10, seed=3))
    shares = answering.answer(features)["probabilities"]
    for place in range(4):
        found = totals(explain(features, [place] * 10))
        np.testing.assert_allclose(found, shares[:, place], rtol=1e-9)


def test_a_linear_model_adds_weight_by_distance_from_the_mean():
    """The mean is that of the training rows; all columns of a feature count for it."""
    model = cases.fit("regression", "sklearn.linear_model.Ridge", names=("area", "kind", "new"))
    compiled = compile_form(model.pipeline)
    arrays = from_npz(compiled.arrays)
    rows = compute(model.features, cases.make_rows())
    arrays |= from_npz(explaining_part(compiled, rows))
    names = ["area", "kind", "new"]
    matrix = encoder(compiled.spec.blocks)(inputs_of(rows))
    (found,) = explain_form(compiled.spec, arrays, names)(cases.one(rows, 5))
    added = arrays["weights_0"][0] * (matrix[5] - matrix.mean(axis=0))
    owners = owners_of(compiled.spec.blocks, names)
    assert len(owners) > len(names)
    np.testing.assert_allclose(found.added[:, 0], np.bincount(owners, added, 3), atol=1e-9)


def test_a_feature_that_the_model_does_not_use_adds_nothing():
    """Exactly 0, of every row."""
    model = cases.fit(
        "regression", "sklearn.tree.DecisionTreeRegressor", {"max_depth": 1}, encoding="native"
    )
    explain, _ = opened(model)
    features = compute(model.features, cases.make_rows(30, seed=1))
    used = {place for each in explain(features, [0]) for place in np.flatnonzero(each.added)}
    assert len(used) == 1


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_a_bundle_explains_both_of_its_models(tmp_path, task):
    """From its files alone; the baseline may have answered."""
    bundle = load(cases.copy_bundle(tmp_path / "model", task))
    features = compute(bundle.features, cases.with_holes(cases.make_rows(20, seed=4)))
    for explain, model in (
        (bundle.explainers.primary, bundle.primary),
        (bundle.explainers.baseline, bundle.baseline),
    ):
        values, places = expected(model.answer(features))
        np.testing.assert_allclose(totals(explain(features, places)), values, rtol=1e-9)


def test_a_bundle_of_before_says_that_it_cannot_explain(tmp_path):
    """It predicts all the same."""
    directory = cases.copy_bundle(tmp_path / "model")
    (directory / f"primary{SUFFIX}").unlink()
    cases.reseal(directory)
    bundle = load(directory)
    with pytest.raises(BundleError, match="(?s)nothing to explain.*train again"):
        _ = bundle.explainers.primary


def test_a_model_without_a_compiled_form_says_that_it_is_not_explained(tmp_path):
    """With what else there is; its baseline is explained."""
    bundle = load(cases.save_bundle(tmp_path / "model", cases.neighbours()))
    with pytest.raises(BundleError, match="(?s)served through its pipeline.*shap"):
        _ = bundle.explainers.primary
    assert bundle.explainers.baseline


def test_an_altered_part_is_refused_when_it_is_read(tmp_path):
    """It is verified when the bundle is opened, and again when it is first needed."""
    directory = cases.copy_bundle(tmp_path / "model")
    bundle = load(directory)
    part = directory / f"primary{SUFFIX}"
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError, match="sha256"):
        _ = bundle.explainers.primary
    with pytest.raises(BundleError, match="sha256"):
        load(directory)


def test_a_form_whose_contributions_do_not_add_up_is_not_saved():
    """What is wrong is found in training, not by whoever asks why."""
    model = cases.boosted("regression")
    compiled = compile_form(model.pipeline)
    features = compute(model.features, cases.make_rows(5))
    entry = entry_of(model, "trees")
    answers = served(build(compiled.spec, compiled.arrays), entry, 0).answer(features)
    part = explaining_part(compiled, features)
    check_explained(compiled, part, entry, features, answers)
    with pytest.raises(BundleError, match="off, relatively"):
        check_explained(compiled, part, entry, features, {"value": answers["value"] * 1.001})
