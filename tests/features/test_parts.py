"""The stream of rows from accepted to train and test."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lockgate.errors import FeatureError
from lockgate.features import resolve
from lockgate.features.batches import concatenate, select
from lockgate.features.parts import divide, write_parts
from lockgate.params import SplitParams
from lockgate.tables import Columns, read_parquet
from tests.features.parcels import parcels, schema

SPLIT = SplitParams(test_from=None, test_share=0.3, calibration_share=0.0)
UNDATED = schema("sent_on")


def batches(columns: Columns, size: int) -> list[Columns]:
    """Cut columns into batches."""
    rows = len(columns["cost"])
    return [select(columns, np.arange(i, min(i + size, rows))) for i in range(0, rows, size)]


def test_the_parts_do_not_depend_on_the_batches(tmp_path: Path) -> None:
    """The files are byte-identical however the rows were divided on the way."""
    columns, features = parcels(50), resolve(None, None, UNDATED)
    contents = []
    for size in (1, 7, 50):
        files = {part: tmp_path / f"{size}-{part}" for part in ("train", "test")}
        keep = np.ones(50, dtype=bool)
        write_parts(divide(batches(columns, size), keep, features, UNDATED, SPLIT), files, UNDATED)
        contents.append([file.read_bytes() for file in files.values()])
    assert contents[0] == contents[1] == contents[2]


def test_every_row_goes_somewhere(tmp_path: Path) -> None:
    """Rows that are kept are in one part each, or counted as without a target."""
    columns = parcels(60)
    columns["cost"][[3, 40]] = np.nan
    keep = np.arange(60) % 10 != 0
    files = {part: tmp_path / part for part in ("train", "test")}
    stream = divide(batches(columns, 25), keep, resolve(None, None, UNDATED), UNDATED, SPLIT)
    found = write_parts(stream, files, UNDATED)
    written = concatenate([read_parquet(file) for file in files.values()])
    assert (found.without_target, found.straddling) == (1, 0)
    assert sum(found.rows.values()) == len(written["cost"]) == keep.sum() - 1
    expected = keep.copy()
    expected[3] = False
    assert sorted(written["parcel_id"]) == sorted(columns["parcel_id"][expected])


def test_a_file_holds_the_contracts_columns_and_the_features(tmp_path: Path) -> None:
    """What was accepted stays as it was, and the features stand beside it."""
    columns, features = parcels(20), resolve(["weight", "due_month"], None, UNDATED)
    stream = divide([columns], np.ones(20, dtype=bool), features, UNDATED, SPLIT)
    write_parts(stream, {"train": tmp_path / "train", "test": tmp_path / "test"}, UNDATED)
    assert list(read_parquet(tmp_path / "train")) == [*columns, "due_month"]


@pytest.mark.parametrize(
    "body", ["weight - weight.mean()", "np.argsort(weight)", "np.cumsum(pieces)"]
)
def test_a_feature_that_looks_at_other_rows_is_refused(
    module: Callable[[str], str], body: str
) -> None:
    """A mean, a rank or a running sum of the batch cannot be known for one request."""
    path = module(f"def f(weight, pieces):\n    return {body} + 0 * pieces\n")
    columns = parcels(20) | {"weight": np.arange(20.0)}
    stream = divide([columns], np.ones(20, bool), resolve(["f"], path, UNDATED), UNDATED, SPLIT)
    with pytest.raises(FeatureError, match="feature f: gives .* for the same row among others"):
        next(iter(stream))


def test_a_feature_may_not_write_into_its_columns(module: Callable[[str], str]) -> None:
    """The function that would change what the next one reads is the one that is named."""
    path = module("def twice(weight):\n    weight *= 2\n    return weight\n")
    features = resolve(["weight", "twice"], path, UNDATED)
    stream = divide([parcels(20)], np.ones(20, dtype=bool), features, UNDATED, SPLIT)
    with pytest.raises(FeatureError, match=r"^feature twice \(.*\.py:4\): .*read-only"):
        list(stream)


@pytest.mark.parametrize("name", ["weight", "cost"])
def test_a_number_beyond_arithmetic_is_named(name: str) -> None:
    """A value whose square overflows would fail as something else, or ruin a model in silence."""
    rows = parcels(20)
    rows[name][7] = -1e200
    features = resolve(["weight"], None, UNDATED)
    stream = divide([rows], np.ones(20, dtype=bool), features, UNDATED, SPLIT)
    with pytest.raises(FeatureError, match=rf"{name}: the value -1e\+200 is too large"):
        list(stream)
