"""What each feature adds to an answer, for every served form, from the bundle's files."""

import numpy as np
import pandas as pd
import pytest

from lockgate.artifact import load
from lockgate.artifact.archive import from_npz
from lockgate.artifact.compile import compile_form
from lockgate.artifact.encoding import encoder
from lockgate.artifact.explaining import check_explained, explained_forms, explaining_parts
from lockgate.artifact.explanation.answers import Explainer, meaning_of
from lockgate.artifact.explanation.forms import owners_of
from lockgate.artifact.manifest import ClassificationEntry, ModelEntry, RegressionEntry
from lockgate.artifact.runtime import build
from lockgate.artifact.served import served
from lockgate.errors import BundleError
from lockgate.features import compute
from lockgate.features.inputs import inputs_of
from tests.artifact import cases
from tests.artifact.test_compile import CASES, fitted
from tests.artifact.test_ensembles import CASES as ENSEMBLES
from tests.artifact.test_ensembles import ensemble

ROWS = 60


def entry_of(model, kind="trees"):
    """Return what a manifest says of a model."""
    trained = model.trained
    if trained.link is None:
        seen = tuple(int(place) for place in model.pipeline.classes_)
        answer = ClassificationEntry(
            beta=trained.beta, seen=seen, thresholds=(0.5,) * len(cases.CLASSES[model.task])
        )
    else:
        low, high = trained.link.low, trained.link.high
        answer = RegressionEntry(
            scale=trained.link.kind, low=low, high=high, scores=(0.0,), half_widths=(0.2,)
        )
    return ModelEntry(form=kind, estimator=trained.estimator, params={}, answer=answer)


def stored(model):
    """Return the compiled form of a fitted model, and the parts of a bundle that hold it."""
    compiled = compile_form(model.pipeline)
    features = compute(model.features, cases.make_rows())
    return compiled, dict(compiled.files("primary")) | dict(
        explaining_parts("primary", compiled, features)
    )


def opened(model):
    """Return what explains a fitted model, and what answers."""
    compiled, parts = stored(model)
    names = [each.name for each in model.features]
    forms = explained_forms(parts.__getitem__, "primary", compiled.spec, names)
    classes = 0 if model.task == "regression" else len(cases.CLASSES[model.task])
    entry = entry_of(model, compiled.spec.kind)
    return (
        Explainer(forms, compiled.spec, entry, classes),
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
    np.testing.assert_allclose(totals(sums), values, rtol=1e-9, atol=1e-9)
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


@pytest.mark.parametrize("encoding", ["onehot", "spline"])
def test_a_linear_model_adds_weight_by_distance_from_the_mean(encoding):
    """The mean is that of the training rows; all columns of a feature count for it."""
    names = ("area", "kind", "new")
    model = cases.fit("regression", "sklearn.linear_model.Ridge", encoding=encoding, names=names)
    compiled, parts = stored(model)
    rows = compute(model.features, cases.make_rows())
    matrix = encoder(compiled.spec.blocks)(inputs_of(rows))
    (explain,) = explained_forms(parts.__getitem__, "primary", compiled.spec, list(names))
    (found,) = explain(cases.one(rows, 5))
    weights = from_npz(parts["primary.npz"])["weights_0"][0]
    owners = owners_of(compiled.spec.blocks, names)
    assert len(owners) == matrix.shape[1] > len(names)
    added = np.bincount(owners, weights * (matrix[5] - matrix.mean(axis=0)), 3)
    np.testing.assert_allclose(found.added[:, 0], added, atol=1e-9)


def test_a_feature_that_the_model_does_not_use_adds_nothing():
    """Exactly 0, of every row."""
    model = cases.fit(
        "regression", "sklearn.tree.DecisionTreeRegressor", {"max_depth": 1}, encoding="native"
    )
    explain, _ = opened(model)
    features = compute(model.features, cases.make_rows(30, seed=1))
    used = {place for each in explain(features, [0] * 30) for place in np.flatnonzero(each.added)}
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
    (directory / "baseline.explain.npz").unlink()
    cases.reseal(directory)
    bundle = load(directory)
    with pytest.raises(BundleError, match="(?s)nothing to explain.*train again"):
        _ = bundle.explainers.baseline


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
    part = directory / "primary.nodes.npz"
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError, match="sha256"):
        _ = bundle.explainers.primary
    with pytest.raises(BundleError, match="sha256"):
        load(directory)


def test_a_form_whose_contributions_do_not_add_up_is_not_saved():
    """What is wrong is found in training, not by whoever asks why."""
    explain, answering = opened(cases.boosted("regression"))
    features = compute(cases.boosted("regression").features, cases.make_rows(5))
    answers = answering.answer(features)
    check_explained(explain, features, answers)
    with pytest.raises(BundleError, match="off, relatively"):
        check_explained(explain, features, {"value": answers["value"] * 1.001})


@pytest.mark.parametrize(("task", "kind"), ENSEMBLES)
def test_an_ensemble_is_explained_from_its_members(tmp_path, task, kind):
    """Votes and stacks, of numbers and of classes, each member on its own scale."""
    bundle = load(cases.save_bundle(tmp_path / "model", ensemble(task, kind)))
    features = compute(bundle.features, cases.with_holes(cases.make_rows(20, seed=4)))
    values, places = expected(bundle.primary.answer(features))
    sums = bundle.explainers.primary(features, places)
    np.testing.assert_allclose(totals(sums), values, rtol=1e-9, atol=1e-9)
    (alone,) = bundle.explainers.primary(cases.one(features, 3), places[3:4])
    np.testing.assert_array_equal(alone.added, sums[3].added)


def test_a_vote_weighs_what_its_members_say():
    """Of numbers on their own scale the contributions are the members', by weight."""
    fitted_vote = ensemble("regression", "voted")
    explain, _ = opened_ensemble(fitted_vote)
    features = compute(fitted_vote.features, cases.make_rows(5, seed=2))
    whole = explain(features, [0] * 5)
    spec = explain.spec
    for row in range(5):
        total = sum(
            weight
            * meaning_of(form(features)[row], member.form.head, member.scale.link.inverse).added
            for form, member, weight in zip(
                explain.forms, spec.members, spec.combination.weights, strict=True
            )
        )
        np.testing.assert_allclose(whole[row].added, total, rtol=1e-9, atol=1e-9)


def opened_ensemble(model):
    """Return what explains a fitted ensemble, and its spec."""
    compiled, parts = stored(model)
    names = [each.name for each in model.features]
    forms = explained_forms(parts.__getitem__, "primary", compiled.spec, names)
    return Explainer(forms, compiled.spec, entry_of(model, "ensemble"), 0), compiled.spec


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_lightgbm_says_the_same_of_its_trees(task):
    """Its own contributions of raw scores, missing values and unseen levels included.

    Of features that are one column each: LightGBM takes every column for a player.
    """
    pytest.importorskip("lightgbm", reason="needs the system package libgomp1", exc_type=OSError)
    chosen = ("area", "rooms", "kind", "new", "built_on_year", "sold_on_days")
    kind = "Regressor" if task == "regression" else "Classifier"
    params = {"n_estimators": 15, "num_leaves": 12, "verbosity": -1}
    model = cases.fit(task, f"lightgbm.LGBM{kind}", params, encoding="native", names=chosen)
    explain, answering = opened(model)
    rows = compute(model.features, cases.with_holes(cases.make_rows(40, seed=5)))
    values, places = expected(answering.answer(rows))
    np.testing.assert_allclose(totals(explain(rows, places)), values, rtol=1e-9)
    estimator = model.pipeline["model"]
    estimator = getattr(estimator, "regressor_", estimator)
    matrix = model.pipeline["preprocess"].transform(pd.DataFrame(rows))
    theirs = estimator.predict(matrix, pred_contrib=True)
    names = list(model.pipeline["preprocess"].get_feature_names_out())
    order = [names.index(name) for name in chosen]
    ours = np.stack([each.added for each in explain.forms[0](rows)])
    theirs = np.asarray(theirs).reshape(len(theirs), ours.shape[2], -1)[:, :, order]
    np.testing.assert_allclose(ours.transpose(0, 2, 1), theirs, atol=1e-9)
