"""The train stage: the train part to a bundle, its metrics and its learning curve."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from lockgate.artifact import load
from lockgate.contract import Schema
from lockgate.errors import FeatureError, TableError, TrainingError
from lockgate.features import compute
from lockgate.features.batches import select
from lockgate.pipeline import train
from lockgate.pipeline.inputs import describe
from lockgate.tables import Columns, ParquetSink, read_json, write_json
from tests.learning.crops import crops, features, schema
from tests.samples import params_document

MODELS: dict[str, Any] = {
    "ridge": {
        "regressor": "sklearn.linear_model.Ridge",
        "classifier": "sklearn.linear_model.LogisticRegression",
    },
    "fast": {
        "regressor": "sklearn.ensemble.HistGradientBoostingRegressor",
        "classifier": "sklearn.ensemble.HistGradientBoostingClassifier",
        "encoding": "native",
        "params": {"max_iter": 20, "early_stopping": True},
    },
}
MODELS["blend"] = {
    "combine": "vote",
    "search": {"trials": 3, "keep": 1},
    "members": {
        "ridge": MODELS["ridge"] | {"space": {"alpha": {"low": 0.1, "high": 10, "log": True}}},
        "fast": MODELS["fast"] | {"space": {"max_leaf_nodes": {"low": 4, "high": 20}}},
    },
}
DATA_HASH = "0123456789abcdef0123456789abcdef.dir"


def project(
    root: Path, rows: Columns, described: Schema, calibration: Columns | None = None, **section: Any
) -> Path:
    """Lay out what the stage reads; `section` changes keys of train."""
    document = params_document()
    document["train"] |= {"models": MODELS} | section
    (root / "data").mkdir(parents=True)
    (root / "params.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    (root / "data" / "schema.json").write_text(described.to_json(), encoding="utf-8")
    write_json(root / "data" / "features" / "features.json", describe(features(described), {}))
    write_json(root / "metrics" / "deliveries.json", {"data": DATA_HASH})
    for part, columns in (("train", rows), ("calibration", calibration)):
        if columns is not None:
            with ParquetSink(root / "data" / "features" / f"{part}.parquet") as sink:
                sink.write(columns)
    return root


def curve(root: Path) -> list[dict[str, str]]:
    """Return the rows of the learning curve."""
    with (root / "plots" / "learning_curve.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_each_model_and_task_gives_a_bundle_that_serves(
    tmp_path: Path, task: str, model: str
) -> None:
    """The bundle loads, answers, and knows the data it came from."""
    described = schema(task)
    train.run(project(tmp_path, crops(150, task), described, model=model))
    bundle = load(tmp_path / "models" / "model")
    answers = bundle.primary.answer(compute(bundle.features, crops(7, seed=8)))
    assert {len(values) for values in answers.values()} == {7}
    assert bundle.manifest.data_hash == DATA_HASH
    assert bundle.manifest.level == 0.9


def test_the_metrics_tell_mean_and_spread(tmp_path: Path) -> None:
    """metrics/train.json has the folds' mean and spread for the model and for the baseline."""
    train.run(project(tmp_path, crops(150), schema()))
    found = read_json(tmp_path / "metrics" / "train.json")
    assert set(found) == {"cv", "baseline"}
    assert set(found["cv"]["mae"]) == {"mean", "std"}
    assert 3 < found["cv"]["mae"]["mean"] < 20
    text = (tmp_path / "metrics" / "train.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


def test_boosting_leaves_a_learning_curve(tmp_path: Path) -> None:
    """The loss per iteration is a table that DVC can plot, for both parts."""
    train.run(project(tmp_path, crops(150), schema(), model="fast"))
    rows = curve(tmp_path)
    assert list(rows[0]) == ["iteration", "train", "validation"]
    assert all(row["train"] and row["validation"] for row in rows)
    assert [row["iteration"] for row in rows[:3]] == ["0", "1", "2"]


def test_a_model_without_iterations_leaves_a_header(tmp_path: Path) -> None:
    """Switching to a linear model leaves nothing of the last curve behind."""
    train.run(project(tmp_path, crops(150), schema()))
    path = tmp_path / "plots" / "learning_curve.csv"
    assert path.read_text(encoding="utf-8") == "iteration,train,validation\n"


@pytest.mark.parametrize("model", MODELS)
def test_the_outputs_are_the_same_bytes_again(tmp_path: Path, model: str) -> None:
    """Training twice, in different places, writes identical files."""
    contents = []
    for name in ("one", "other"):
        root = project(tmp_path / name, crops(150), schema(), model=model)
        train.run(root)
        files = sorted(path for path in root.rglob("*") if path.is_file())
        contents.append({path.relative_to(root): path.read_bytes() for path in files})
    assert contents[0] == contents[1]


def test_every_trial_is_a_row(tmp_path: Path) -> None:
    """metrics/search.csv has the trials of each member, with their values as JSON."""
    train.run(project(tmp_path, crops(150), schema(), model="blend"))
    with (tmp_path / "metrics" / "search.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["member"], row["trial"]) for row in rows] == [
        (member, str(number)) for member in ("fast", "ridge") for number in range(3)
    ]
    assert 3 < min(float(row["score"]) for row in rows) < 20
    assert 4 <= json.loads(rows[0]["params"])["max_leaf_nodes"] <= 20


def test_without_a_search_its_table_is_a_header(tmp_path: Path) -> None:
    """Going back to one estimator leaves nothing of the last search behind."""
    train.run(project(tmp_path, crops(150), schema()))
    text = (tmp_path / "metrics" / "search.csv").read_text(encoding="utf-8")
    assert text == "member,trial,state,score,spread,folds,params,reason\n"


def test_a_calibration_part_sets_the_interval(tmp_path: Path) -> None:
    """With a calibration file, intervals are as wide as the errors on its rows."""
    far = crops(100, seed=5)
    far["crop"] = far["crop"] + 500
    train.run(project(tmp_path, crops(150), schema(), calibration=far))
    bundle = load(tmp_path / "models" / "model")
    answers = bundle.primary.answer(compute(bundle.features, crops(3)))
    assert (answers["upper"] - answers["value"] > 400).all()


def test_the_summary_is_readable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The terminal shows model beside baseline, metric by metric, and what was not used."""
    rows = crops(150) | {"depth": np.full(150, np.nan)}
    train.run(project(tmp_path, rows, schema(), model="fast"))
    shown = capsys.readouterr().out
    assert "fast" in shown
    assert "baseline" in shown
    assert "mae" in shown
    assert "±" in shown
    assert "'depth' has too few values in the train part" in shown


def test_a_model_that_cannot_be_built_is_named(tmp_path: Path) -> None:
    """A wrong argument of the chosen entry stops the stage with the argument's name."""
    models = {"ridge": MODELS["ridge"] | {"params": {"alhpa": 1}}}
    with pytest.raises(TrainingError, match="takes no argument 'alhpa'"):
        train.run(project(tmp_path, crops(50), schema(), models=models))


def test_features_that_changed_since_featurize_are_refused(tmp_path: Path) -> None:
    """Training on the values of other code than the code at hand is an error."""
    root = project(tmp_path, crops(50), schema())
    listed = read_json(root / "data" / "features" / "features.json")
    listed[0]["source_hash"] = "0" * 64
    write_json(root / "data" / "features" / "features.json", listed)
    with pytest.raises(FeatureError, match="feature rain: its code has changed"):
        train.run(root)


@pytest.mark.parametrize(
    "name", ["data/schema.json", "data/features/features.json", "data/features/train.parquet"]
)
def test_a_missing_input_is_named(tmp_path: Path, name: str) -> None:
    """A stage that runs before its inputs are there says which file is missing."""
    root = project(tmp_path, crops(50), schema())
    (root / name).unlink()
    with pytest.raises(TableError, match=Path(name).name):
        train.run(root)


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    """Fewer rows than folds is said in so many words."""
    rows = select(crops(50), np.arange(2))
    with pytest.raises(TrainingError):
        train.run(project(tmp_path, rows, schema()))
