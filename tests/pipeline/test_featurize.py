"""The featurize stage: accepted rows to features, without repeats, divided into parts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from lockgate.contract import Schema
from lockgate.errors import FeatureError, LeakError, LockgateError, ParamsError, TableError
from lockgate.features.batches import concatenate, select
from lockgate.pipeline import featurize
from lockgate.tables import Columns, ParquetSink, read_json, read_parquet
from tests.features.parcels import parcels, schema
from tests.samples import params_document

OUTPUTS = (
    "data/features/train.parquet",
    "data/features/test.parquet",
    "data/features/features.json",
)


def project(root: Path, columns: Columns, described: Schema, **section: Any) -> Path:
    """Lay out what the stage reads; `section` changes keys of featurize."""
    document = params_document()
    document["featurize"] |= section
    (root / "data").mkdir(parents=True, exist_ok=True)
    (root / "params.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    (root / "data" / "schema.json").write_text(described.to_json(), encoding="utf-8")
    with ParquetSink(root / "data" / "accepted.parquet") as sink:
        sink.write(columns)
    return root


def split(**changed: Any) -> dict[str, Any]:
    """Return the split section of params."""
    return {"test_from": "2025-01-01", "test_share": 0.25, "calibration_share": 0.0} | changed


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    """Rows in are rows in the parts, duplicates, replaced rows and rows without a target."""
    columns = parcels(200)
    columns["cost"][:5] = np.nan
    again = select(columns, np.array([10, 11, 12]))
    changed = select(columns, np.array([20, 21])) | {"weight": np.array([1.0, 2.0])}
    rows = concatenate([columns, again, changed])
    featurize.run(project(tmp_path, rows, schema(), split=split()))
    found = read_json(tmp_path / "metrics" / "featurize.json")
    test = read_parquet(tmp_path / OUTPUTS[1])
    assert found["rows"] == 205
    assert (found["duplicates_dropped"], found["repeated_keys_resolved"]) == (3, 2)
    assert found["rows_without_target"] == 5
    assert found["train_rows"] + found["test_rows"] == 195
    assert found["test_rows"] == len(test["cost"])
    assert found["features"] == 9
    assert (test["sent_on"] >= np.datetime64("2025-01-01")).all()
    assert found["straddling_entities"] > 0


def test_the_features_are_listed_with_their_code(tmp_path: Path) -> None:
    """features.json names each feature with its kind, its columns and the hash of its code."""
    featurize.run(
        project(tmp_path, parcels(100), schema(), split=split(), features=["size", "due_days"])
    )
    plain, computed = read_json(tmp_path / OUTPUTS[2])
    assert plain == {
        "name": "size",
        "kind": "category",
        "columns": ["size"],
        "source_hash": None,
        "warning": None,
    }
    assert (computed["kind"], computed["columns"]) == ("number", ["due"])
    assert len(computed["source_hash"]) == 64


def test_the_outputs_are_the_same_bytes_again(tmp_path: Path) -> None:
    """Running the stage twice, anywhere, writes identical files."""
    contents = []
    for name in ("one", "other"):
        root = project(tmp_path / name, parcels(150), schema(), split=split())
        featurize.run(root)
        contents.append([(root / output).read_bytes() for output in OUTPUTS])
    assert contents[0] == contents[1]


def test_the_calibration_part_comes_and_goes_with_its_share(tmp_path: Path) -> None:
    """A share of 0 leaves no file of an earlier run behind."""
    path = tmp_path / "data" / "features" / "calibration.parquet"
    featurize.run(project(tmp_path, parcels(200), schema(), split=split(calibration_share=0.3)))
    found = read_json(tmp_path / "metrics" / "featurize.json")
    assert len(read_parquet(path)["cost"]) == found["calibration_rows"] > 0
    featurize.run(project(tmp_path, parcels(200), schema(), split=split()))
    assert not path.exists()


def test_undated_rows_are_split_by_their_group(tmp_path: Path) -> None:
    """Without a time column no entity straddles, and test_from may be null."""
    rows = parcels(300)
    featurize.run(project(tmp_path, rows, schema("sent_on"), split=split(test_from=None)))
    assert read_json(tmp_path / "metrics" / "featurize.json")["straddling_entities"] == 0
    train, test = (read_parquet(tmp_path / output) for output in OUTPUTS[:2])
    assert not set(train["sender"]) & set(test["sender"])


def test_a_leak_stops_the_pipeline_with_its_name(tmp_path: Path) -> None:
    """A column that says the target fails the stage."""
    rows = parcels(200)
    rows["weight"] = 2 * rows["cost"]
    with pytest.raises(LeakError, match="'weight' is an exact linear function of the target"):
        featurize.run(project(tmp_path, rows, schema(), split=split()))


def test_a_suspicious_feature_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Below the limit the stage goes on, and says, counts and keeps what it saw."""
    rows = parcels(200)
    noise = np.random.default_rng(0).normal(size=200)
    rows["weight"] = rows["cost"] + 2 * noise
    featurize.run(project(tmp_path, rows, schema(), split=split()))
    assert read_json(tmp_path / "metrics" / "featurize.json")["leak_warnings"] == 1
    listed = {each["name"]: each["warning"] for each in read_json(tmp_path / OUTPUTS[2])}
    assert "rank correlation" in listed["weight"]
    assert listed["pieces"] is None
    assert "'weight' has a rank correlation of 0.9" in capsys.readouterr().out


def test_the_summary_is_readable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The terminal shows how many rows went where, and what was dropped."""
    rows = concatenate([parcels(100), select(parcels(100), np.array([4]))])
    featurize.run(project(tmp_path, rows, schema(), split=split()))
    shown = capsys.readouterr().out
    assert "rows train, 0 calibrate" in shown
    assert "1 exact duplicates dropped" in shown
    assert "values of sender on both sides of the split date" in shown


@pytest.mark.parametrize(
    ("section", "kind", "message"),
    [
        ({"split": split(test_from=None)}, ParamsError, "set it to 20"),
        ({"split": split(test_from="2030-01-01")}, FeatureError, "no row falls into the test"),
        ({"split": split(test_from="2020-01-01")}, FeatureError, "no row falls into the train"),
        ({"features": ["wieght"]}, FeatureError, "did you mean 'weight'"),
        ({"module": "nowhere"}, FeatureError, "'nowhere' cannot be imported"),
    ],
)
def test_a_mistake_in_params_is_named(
    tmp_path: Path, section: dict[str, Any], kind: type[LockgateError], message: str
) -> None:
    """Whatever cannot work says which parameter to change."""
    with pytest.raises(kind, match=message):
        featurize.run(project(tmp_path, parcels(50), schema(), **({"split": split()} | section)))


@pytest.mark.parametrize("name", ["schema.json", "accepted.parquet"])
def test_a_missing_input_is_named(tmp_path: Path, name: str) -> None:
    """A stage that runs before its inputs are there says which file is missing."""
    root = project(tmp_path, parcels(50), schema(), split=split())
    (root / "data" / name).unlink()
    with pytest.raises(TableError, match=name):
        featurize.run(root)


def test_rows_without_any_target_are_refused(tmp_path: Path) -> None:
    """A table in which no target is known cannot be learned from."""
    rows = parcels(50) | {"cost": np.full(50, np.nan)}
    with pytest.raises(FeatureError, match=r"accepted\.parquet: no row has a target"):
        featurize.run(project(tmp_path, rows, schema(), split=split()))


def test_large_tables_are_sampled_for_leaks_in_the_same_way_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample that is searched for leaks follows from the rows, and still finds one."""
    monkeypatch.setattr(featurize, "LEAK_ROWS", 100)
    rows = parcels(400)
    rows["weight"] = rows["cost"] - 1
    with pytest.raises(LeakError, match="'weight'"):
        featurize.run(project(tmp_path, rows, schema(), split=split()))


def test_metrics_are_plain_json(tmp_path: Path) -> None:
    """metrics/featurize.json is flat, sorted and free of anything that varies."""
    featurize.run(project(tmp_path, parcels(100), schema(), split=split()))
    text = (tmp_path / "metrics" / "featurize.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
    assert all(isinstance(value, int) for value in json.loads(text).values())
