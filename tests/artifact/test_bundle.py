"""A bundle that may not be what was saved is refused before anything in it is used."""

import json
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lockgate.artifact
from lockgate.artifact import load, load_pipeline, pipeline_answers, relative_difference, save
from lockgate.artifact.parts import PIPELINE, SEAL, open_parts, sha256
from lockgate.errors import BundleError
from lockgate.features import compute
from tests.artifact import cases, ratios

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bundle(tmp_path):
    """Return the directory of a sound bundle of a boosted model."""
    return cases.copy_bundle(tmp_path / "model")


class Marker:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_a_loaded_bundle_answers_as_the_pipeline_does(tmp_path, task):
    """Both models, from the files alone."""
    directory = cases.copy_bundle(tmp_path / "model", task)
    loaded = load(directory)
    features = compute(loaded.features, cases.with_holes(cases.make_rows(50, seed=1)))
    for model, fitted in ((loaded.primary, cases.boosted), (loaded.baseline, cases.linear)):
        answer = model.answer(features)
        classes = len(loaded.schema.classes)
        expected = pipeline_answers(fitted(task).pipeline, features, classes)
        if classes:
            assert (answer["probabilities"].argmax(axis=1) == expected.argmax(axis=1)).all()
            np.testing.assert_allclose(answer["probabilities"].sum(axis=1), 1)
        else:
            np.testing.assert_allclose(answer["value"], expected, rtol=1e-12)
            assert (answer["lower"] <= answer["value"]).all()
            assert (answer["value"] <= answer["upper"]).all()


def test_the_fitted_pipeline_can_be_had_for_analysis(bundle):
    """And it is the one that was saved."""
    features = compute(load(bundle).features, cases.make_rows(20, seed=1))
    np.testing.assert_array_equal(
        pipeline_answers(load_pipeline(bundle), features, 0),
        pipeline_answers(cases.boosted("regression").pipeline, features, 0),
    )


def test_equal_training_gives_equal_bytes(tmp_path):
    """In every part, so that the bundle can be rebuilt byte for byte."""
    first, second = (
        cases.save_bundle(tmp_path / name, cases.boosted("binary")) for name in ("a", "b")
    )
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_saving_replaces_the_whole_directory(bundle):
    """Nothing of an earlier bundle stays behind, and no scratch directory either."""
    (bundle / "left-over").write_text("old")
    cases.save_bundle(bundle, cases.boosted("binary"))
    assert load(bundle).manifest.task == "binary"
    assert [path.name for path in bundle.parent.iterdir()] == ["model"]


def test_the_manifest_says_where_the_model_comes_from(bundle):
    """Estimator, data, features with their source, training ranges, libraries."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["data_hash"] == cases.DATA_HASH
    assert manifest["primary"]["form"] == "trees"
    assert manifest["primary"]["estimator"].endswith("HistGradientBoostingRegressor")
    assert manifest["primary"]["params"] == {"max_iter": 20}
    assert manifest["baseline"]["form"] == "network"
    assert manifest["periods"] == {"sold_on": {"first": "2025-01-01", "last": "2025-10-27"}}
    assert set(manifest["libraries"]) == {"numpy", "onnxruntime", "scikit-learn"}
    rows = cases.make_rows()
    area, ratio = manifest["features"][1], manifest["features"][5]
    assert (area["low"], area["high"]) == (np.nanmin(rows["area"]), np.nanmax(rows["area"]))
    assert area["source_hash"] is None
    assert len(ratio["source_hash"]) == 64
    assert manifest["features"][0]["levels"] == len(set(rows["place"]))


@pytest.mark.parametrize("seed", range(60))
def test_a_single_flipped_bit_is_noticed(bundle, seed):
    """Wherever it is, in the manifest and its seal too."""
    dice = random.Random(seed)
    path = dice.choice(sorted(bundle.iterdir()))
    content = bytearray(path.read_bytes())
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)
    with pytest.raises(BundleError, match="manifest" if "manifest" in path.name else path.name):
        load(bundle)


@pytest.mark.parametrize("keep", [0, 0.5, 0.999])
def test_a_truncated_part_is_noticed(bundle, keep):
    """Whichever it is."""
    for path in sorted(bundle.iterdir()):
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * keep)])
        with pytest.raises(BundleError):
            load(bundle)
        path.write_bytes(whole)
    load(bundle)


def test_a_missing_part_is_named(bundle):
    """With what to do."""
    for name in sorted(path.name for path in bundle.iterdir()):
        (bundle / name).rename(bundle.parent / name)
        with pytest.raises(BundleError, match=r"(?s)(model|manifest).*(dvc)"):
            load(bundle)
        (bundle.parent / name).rename(bundle / name)


def test_swapped_and_foreign_parts_are_named(bundle, tmp_path):
    """A part of another bundle, two parts in each other's place, a file too many."""
    other = cases.copy_bundle(tmp_path / "other", "binary")
    own = (bundle / "primary.nodes.npz").read_bytes()
    (bundle / "primary.nodes.npz").write_bytes((other / "primary.onnx").read_bytes())
    with pytest.raises(BundleError, match=r"primary\.nodes\.npz"):
        load(bundle)
    (bundle / "primary.nodes.npz").write_bytes(own)
    (bundle / "levels.json").rename(bundle / "spare")
    (bundle / "golden.json").rename(bundle / "levels.json")
    (bundle / "spare").rename(bundle / "golden.json")
    with pytest.raises(BundleError, match=r"(golden|levels)\.json"):
        load(bundle)
    (other / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match=r"notes\.txt"):
        load(other)


def test_a_part_may_not_be_a_directory(bundle):
    """What is no file has no hash."""
    (bundle / "levels.json").unlink()
    (bundle / "levels.json").mkdir()
    with pytest.raises(BundleError, match=r"levels\.json"):
        load(bundle)


@pytest.mark.parametrize("content", [None, "", "[]", "null", '{"format": 2}', "[" * 100_000])
def test_a_directory_of_something_else_is_refused(tmp_path, content):
    """Without a manifest, or with one that is not ours."""
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
        (tmp_path / SEAL).write_text(f"{sha256(content.encode())}  manifest.json\n")
    with pytest.raises(BundleError, match="no model bundle|not a lockgate manifest"):
        load(tmp_path)
    with pytest.raises(BundleError, match="no model bundle"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize("written", [1, 3])
def test_another_format_is_named(bundle, written):
    """An older lockgate says that it is the older one."""
    table = bundle / "manifest.json"
    table.write_text(table.read_text().replace('"format": 2', f'"format": {written}'))
    (bundle / SEAL).write_text(f"{sha256(table.read_bytes())}  manifest.json\n")
    with pytest.raises(BundleError, match=f"format {written}, and this lockgate reads 2"):
        load(bundle)


def test_a_changed_feature_is_refused(bundle, monkeypatch):
    """A bundle does not serve with feature code that it was not trained with."""

    def log_area(area):
        return np.log(area)

    monkeypatch.setattr(log_area, "__module__", ratios.__name__)
    monkeypatch.setattr(ratios, "log_area", log_area)
    with pytest.raises(BundleError, match="log_area has changed since training"):
        load(bundle)


def test_a_feature_that_is_gone_is_named(bundle, monkeypatch):
    """So is a module that is not there."""
    monkeypatch.delattr(ratios, "log_area")
    with pytest.raises(BundleError, match="log_area"):
        load(bundle)
    cases.reseal(bundle, feature_module="tests.artifact.gone")
    with pytest.raises(BundleError, match="gone"):
        load(bundle)


def test_golden_rows_are_asked_again(bundle):
    """Parts that fit their hashes and still answer otherwise are refused."""
    golden = json.loads((bundle / "golden.json").read_text())
    golden["answers"]["primary"]["upper"][3] *= 1 + 1e-9
    (bundle / "golden.json").write_text(json.dumps(golden))
    cases.reseal(bundle)
    with pytest.raises(BundleError, match="primary model's upper for the golden rows"):
        load(bundle)


def test_golden_rows_hold_every_kind_of_row(bundle):
    """Among them each column missing, all missing, and levels that nobody has seen."""
    rows = {
        name: column["values"]
        for name, column in json.loads((bundle / "golden.json").read_text())["rows"].items()
    }
    gone = {name: {None: 0, "": 0, "NaT": 0} for name in rows}
    for name, values in rows.items():
        assert any(value in gone[name] for value in values)
    assert all(values[-1] in (None, "", "NaT") for values in rows.values())
    assert any("unseen" in value for value in rows["kind"])


def test_a_pickle_is_not_opened_for_a_compiled_model(bundle, tmp_path):
    """Even where its hash fits: it is there for analysis, not for serving."""
    marker = tmp_path / "executed"
    (bundle / PIPELINE).write_bytes(pickle.dumps(Marker(marker)))
    with pytest.raises(BundleError, match="pipeline.joblib"):
        load(bundle)
    cases.reseal(bundle)
    load(bundle)
    assert not marker.exists()


def test_an_altered_pickle_is_never_opened(tmp_path):
    """Not for a model that is served through it, and not for analysis."""
    directory = cases.save_bundle(tmp_path / "model", cases.neighbours())
    marker = tmp_path / "executed"
    (directory / PIPELINE).write_bytes(pickle.dumps(Marker(marker)))
    for door in (load, load_pipeline):
        with pytest.raises(BundleError, match="pipeline.joblib"):
            door(directory)
    assert not marker.exists()


def test_a_model_without_compiled_form_is_served_through_its_pipeline(tmp_path):
    """And the manifest says so."""
    loaded = load(cases.save_bundle(tmp_path / "model", cases.neighbours()))
    assert loaded.manifest.primary.form == "pipeline"
    features = compute(loaded.features, cases.make_rows(30, seed=1))
    expected = pipeline_answers(cases.neighbours().pipeline, features, 0)
    np.testing.assert_array_equal(loaded.primary.answer(features)["value"], expected)


def test_a_pipeline_of_another_scikit_learn_is_refused(tmp_path):
    """A pickle may load under another version and answer otherwise."""
    directory = cases.save_bundle(tmp_path / "model", cases.neighbours())
    cases.reseal(directory, libraries={"scikit-learn": "0.1"})
    with pytest.raises(BundleError, match=r"scikit-learn 0\.1"):
        load(directory)


def test_arrays_that_cannot_be_run_are_no_traceback(bundle):
    """A form that does not fit its arrays, or a manifest without a part, is a bundle error."""
    (bundle / "primary.nodes.npz").write_bytes(b"no model")
    cases.reseal(bundle)
    with pytest.raises(BundleError, match="primary model cannot be run"):
        load(bundle)
    (bundle / "primary.nodes.npz").unlink()
    cases.reseal(bundle)
    with pytest.raises(BundleError, match=r"primary\.nodes\.npz"):
        load(bundle)


def test_loading_needs_neither_pandas_nor_scikit_learn(bundle):
    """The serving path stays slim."""
    code = (
        "import sys; from lockgate.artifact import load; load(sys.argv[1]);"
        "heavy = {'sklearn', 'pandas', 'pyarrow', 'scipy', 'joblib', 'onnx'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code, str(bundle)], check=True, cwd=ROOT)


def test_a_class_without_training_rows_gets_next_to_no_probability(tmp_path):
    """The contract's classes all have their place, those that nobody has seen as well."""
    model = cases.fit(
        "multiclass",
        "sklearn.ensemble.HistGradientBoostingClassifier",
        {"max_iter": 5},
        encoding="native",
        only=lambda y: y != 2,
    )
    loaded = load(cases.save_bundle(tmp_path / "model", model))
    features = compute(loaded.features, cases.make_rows(30, seed=1))
    shares = loaded.primary.answer(features)["probabilities"]
    assert shares.shape == (30, 4)
    assert (shares[:, 2] < 1e-6).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_an_estimator_that_fails_on_missing_values_is_not_saved(tmp_path):
    """The message says what to change, and nothing is written."""
    model = cases.fit(
        "regression", "sklearn.neighbors.KNeighborsRegressor", encoding="native", names=("rooms",)
    )
    with pytest.raises(BundleError, match="encoding: onehot"):
        cases.save_bundle(tmp_path / "model", model)
    assert list(tmp_path.iterdir()) == []


def test_a_baseline_needs_a_compiled_form(tmp_path):
    """What stands in for the model may not need scikit-learn."""
    model = cases.neighbours()
    with pytest.raises(BundleError, match="baseline"):
        save(
            tmp_path / "model",
            cases.training("regression", model.features),
            primary=model.trained,
            baseline=model.trained,
        )


def test_a_form_that_differs_from_its_pipeline_is_not_saved(tmp_path, monkeypatch):
    """The golden rows are compared before anything is written."""
    model = cases.fit("regression", "sklearn.linear_model.Ridge")
    inner = model.pipeline["model"].regressor_
    monkeypatch.setattr(inner, "predict", lambda x: np.zeros(len(x)))
    with pytest.raises(BundleError, match="differs from the pipeline"):
        cases.save_bundle(tmp_path / "model", model)


def test_training_rows_without_values_leave_no_range(tmp_path):
    """A column that was missing throughout has no range, and a time column no period."""
    model = cases.linear("regression")
    training = cases.training("regression", model.features)
    training.rows["area"][:] = np.nan
    training.rows["sold_on"][:] = np.datetime64("NaT")
    save(tmp_path / "model", training, primary=model.trained, baseline=model.trained)
    manifest = load(tmp_path / "model").manifest
    assert manifest.features[1].low is None
    assert manifest.periods == {}


def test_a_part_that_changes_after_it_was_checked_is_refused(bundle):
    """What is parsed is what was hashed."""
    parts = open_parts(bundle)
    (bundle / "primary.json").write_text("{}")
    with pytest.raises(BundleError, match=r"primary\.json"):
        parts.read("primary.json")


def test_differences_are_relative_to_the_size_of_the_answers():
    """A value near 0 among large ones counts by their size; another shape or NaN never fits."""
    expected = np.array([1000.0, -1000.0, 1e-9])
    assert relative_difference(expected, expected) == 0
    assert relative_difference(expected, np.array([1000.0, -1000.0, 2e-9])) < 1e-11
    assert relative_difference(expected, expected * (1 + 1e-6)) == pytest.approx(1e-6, rel=1e-3)
    assert relative_difference(np.zeros(2), np.zeros(2)) == 0
    assert relative_difference(expected, expected[:2]) == float("inf")
    assert relative_difference(expected, np.array([1.0, np.nan, 0])) == float("inf")


def test_the_room_names_what_it_does_not_have():
    """A typing mistake in an import is an AttributeError as of any module."""
    with pytest.raises(AttributeError, match="sav"):
        _ = lockgate.artifact.sav
