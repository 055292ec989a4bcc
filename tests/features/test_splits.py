"""Which rows train, calibrate and test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.errors import FeatureError, ParamsError
from lockgate.features.batches import select
from lockgate.features.splits import assign, check_date, check_parts, parts_in_use, straddling
from lockgate.params import SplitParams
from tests.features.parcels import parcels, schema

DAY = "2025-01-01"
UNDATED = schema("sent_on")
SHARES = st.floats(0, 1)


def split(
    test_from: str | None = DAY, test_share: float = 0.25, calibration_share: float = 0.0
) -> SplitParams:
    """Make split parameters."""
    return SplitParams.model_validate(
        {
            "test_from": test_from,
            "test_share": test_share,
            "calibration_share": calibration_share,
        }
    )


def test_a_date_divides_dated_rows() -> None:
    """Rows of that day and later test; all earlier rows train."""
    columns = parcels(3)
    columns["sent_on"] = np.array(
        ["2024-12-31T23:59:59", "2025-01-01", "2025-06-01"], dtype="datetime64[s]"
    )
    assert assign(columns, schema(), split()).tolist() == ["train", "test", "test"]


def test_a_row_without_a_time_trains() -> None:
    """What cannot be placed after the date is not a fair test row."""
    columns = parcels(1) | {"sent_on": np.array(["NaT"], dtype="datetime64[s]")}
    assert assign(columns, schema(), split()).tolist() == ["train"]


def test_moving_the_date_forward_takes_no_row_into_the_test_part() -> None:
    """A row that a model was trained on never becomes a test row of a later split."""
    columns = parcels(300)
    before = assign(columns, schema(), split(DAY))
    after = assign(columns, schema(), split("2025-03-01"))
    assert not ((before == "train") & (after == "test")).any()
    assert ((before == "test") & (after == "train")).any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), SHARES, SHARES)
def test_a_hash_never_divides_an_entity(
    seed: int, test_share: float, calibration_share: float
) -> None:
    """All rows of a group are in one part when a hash decides."""
    columns = parcels(60, seed)
    parts = assign(columns, UNDATED, split(None, test_share, calibration_share))
    for sender in set(columns["sender"]):
        assert len(set(parts[columns["sender"] == sender])) == 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), SHARES)
def test_calibration_and_train_never_share_an_entity(seed: int, share: float) -> None:
    """With dates too, an entity calibrates or trains, and not both."""
    columns = parcels(60, seed)
    parts = assign(columns, schema(), split(calibration_share=share))
    early = parts != "test"
    for sender in set(columns["sender"][early]):
        assert len(set(parts[early & (columns["sender"] == sender)])) == 1


def test_shares_are_kept() -> None:
    """The parts are as large as params ask: calibration is a share of what does not test."""
    columns = parcels(20_000)
    described = schema("sent_on", "sender")
    parts = assign(columns, described, split(None, 0.2, 0.25))
    assert abs(np.mean(parts == "test") - 0.2) < 0.01
    assert abs(np.mean(parts == "calibration") - 0.2) < 0.01


def test_equal_rows_stay_together_without_group_and_key() -> None:
    """Rows that differ in the target alone are on one side, or the answer would be known."""
    described = schema("sent_on", "sender", "parcel_id")
    columns = parcels(200)
    again = columns | {"cost": columns["cost"] + 1}
    np.testing.assert_array_equal(
        assign(columns, described, split()), assign(again, described, split())
    )


def test_raising_the_calibration_share_leaves_the_test_part_alone() -> None:
    """The same rows test, whatever is kept back for calibration."""
    columns = parcels(500)
    with_none = assign(columns, UNDATED, split())
    with_some = assign(columns, UNDATED, split(calibration_share=0.5))
    np.testing.assert_array_equal(with_none == "test", with_some == "test")


def test_the_calibration_part_is_used_only_with_a_share() -> None:
    """Without a share there is no calibration file to look for."""
    assert parts_in_use(split()) == ("train", "test")
    assert parts_in_use(split(calibration_share=0.1)) == ("train", "calibration", "test")


def test_dated_rows_need_a_date() -> None:
    """Without a date the message names one that keeps back the share asked for."""
    when = np.arange("2024-01-01", "2024-04-10", dtype="datetime64[D]").astype("datetime64[s]")
    with pytest.raises(ParamsError, match=r"set it to 2024-03-15: the latest 25% of the rows"):
        check_date(split(None), when)


def test_a_proposed_date_needs_no_share() -> None:
    """With test_share 0 the latest fifth is proposed."""
    when = np.array(["NaT", "2024-01-01", "2024-01-02"], dtype="datetime64[s]")
    with pytest.raises(ParamsError, match="set it to 2024-01-01: the latest 20%"):
        check_date(split(None, 0.0), when)


def test_a_date_is_asked_of_dated_rows_only() -> None:
    """Rows without a time column, and rows with a date, pass."""
    check_date(split(None), None)
    check_date(split(), np.array(["2024-01-01"], dtype="datetime64[s]"))


@pytest.mark.parametrize("part", ["train", "test"])
def test_an_empty_part_says_what_the_dates_are(part: str) -> None:
    """A date outside the rows is shown beside their range."""
    rows = {"train": 5, "calibration": 0, "test": 5} | {part: 0}
    when = np.array(["2024-01-01", "2024-12-24T12:00:00", "NaT"], dtype="datetime64[s]")
    with pytest.raises(FeatureError, match=f"no row falls into the {part} part, of 5") as refusal:
        check_parts(rows, split(), when)
    assert "is 2025-01-01, and the rows are from 2024-01-01 to 2024-12-24" in str(refusal.value)


def test_an_empty_part_without_any_date_says_so() -> None:
    """A time column without a single value cannot be split by."""
    when = np.array(["NaT"], dtype="datetime64[s]")
    with pytest.raises(FeatureError, match="no row has a time"):
        check_parts({"train": 1, "calibration": 0, "test": 0}, split(), when)
    with pytest.raises(ParamsError, match="no row has a time"):
        check_date(split(test_from=None), when)


@pytest.mark.parametrize("part", ["train", "calibration", "test"])
def test_an_empty_hashed_part_points_at_the_shares(part: str) -> None:
    """Too few rows for a share are an error, never a part without rows."""
    rows = {"train": 5, "calibration": 5, "test": 5} | {part: 0}
    with pytest.raises(FeatureError, match=r"change the shares in featurize\.split"):
        check_parts(rows, split(calibration_share=0.1), None)


def test_no_row_with_a_target_is_no_matter_of_the_split() -> None:
    """Then the deliveries are to be looked at, not params.yaml."""
    with pytest.raises(FeatureError, match="no row has a target"):
        check_parts({"train": 0, "calibration": 0, "test": 0}, split(), None)


def test_parts_with_rows_pass() -> None:
    """No calibration row is asked for without a calibration share."""
    check_parts({"train": 5, "calibration": 0, "test": 5}, split(), None)


def test_entities_over_the_date_are_counted() -> None:
    """An entity with rows on both sides of the date is counted once, in whatever batches."""
    entities = np.array([1, 1, 2, 3], dtype=np.uint64)
    assert straddling([entities[:2], entities[2:3]], [entities[1:], entities[:1]]) == 2
    assert straddling([], [entities]) == straddling([entities], []) == 0


def test_no_rows_have_no_parts() -> None:
    """An empty batch, as a filtered file may give, is no accident."""
    nothing = select(parcels(1), np.zeros(1, dtype=bool))
    assert assign(nothing, schema(), split()).tolist() == []
