"""From features to a matrix."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockgate.features import Feature
from lockgate.features.target import target_values
from lockgate.learning.encodings import preprocess
from lockgate.learning.pipelines import frame
from lockgate.params import LevelParams
from lockgate.tables import Columns
from tests.learning.crops import crops, features, schema

FEATURES = features(schema())
MONTH = Feature("month", ("day",), "number", None, np.asarray, cyclic=True)
LIMITS = LevelParams(max_levels=10, min_rows=2)


def encoder(encoding: Any, task: str = "regression", limits: LevelParams = LIMITS) -> Any:
    """Return the unfitted transformer."""
    return preprocess(encoding, FEATURES, classes=task != "regression", levels=limits, seed=11)


def encoded(encoding: Any, rows: Columns, task: str = "regression", **levels: int) -> np.ndarray:
    """Fit the encoding on crops and encode rows."""
    train = crops(60, task)
    limits = LIMITS.model_copy(update=levels)
    fitted = encoder(encoding, task, limits).fit(
        frame(train, FEATURES), target_values(train, schema(task))
    )
    return np.asarray(fitted.transform(frame(rows, FEATURES)))


def row(**values: Any) -> Columns:
    """Make one row."""
    given = {"rain": 50.0, "depth": 0.0, "soil": "clay"} | values
    return {
        name: np.array([value], dtype=object if name == "soil" else float)
        for name, value in given.items()
    }


@pytest.mark.parametrize("encoding", ["native", "target"])
def test_numbers_pass_with_their_gaps(encoding: str) -> None:
    """A missing number reaches the estimator as NaN."""
    values = encoded(encoding, row(rain=np.nan))
    assert np.isnan(values[0, 0])
    assert values[0, 1] == 0


@pytest.mark.parametrize("encoding", ["native", "onehot", "spline", "target"])
def test_a_missing_word_is_a_level(encoding: str) -> None:
    """That nothing was said may say something."""
    gap, unseen = encoded(encoding, row(soil=""))[0], encoded(encoding, row(soil="peat"))[0]
    assert np.isfinite(gap[2:]).all()
    assert not np.array_equal(gap[2:], unseen[2:])


def test_native_gives_an_unseen_level_as_missing() -> None:
    """A level that training did not have is NaN, which boosting routes as missing."""
    assert np.isnan(encoded("native", row(soil="peat"))[0, 2])


def test_onehot_fills_flags_and_scales_numbers() -> None:
    """A gap becomes the median with a flag beside it, all scaled."""
    full, gap = encoded("onehot", row())[0], encoded("onehot", row(rain=np.nan))[0]
    assert np.isfinite(gap).all()
    assert full[2] < 0 < gap[2]


def test_onehot_gives_an_unseen_level_no_column() -> None:
    """A level that training did not have is none of the known ones."""
    assert encoded("onehot", row())[0, 3:].sum() == 1
    assert encoded("onehot", row(soil="peat"))[0, 3:].sum() == 0


def test_rare_levels_share_one() -> None:
    """With more levels than allowed the rarest are taken together, and unseen ones with them."""
    few = encoded("onehot", row(soil="peat"), max_levels=2)
    assert few[0, 3:5].sum() == 1
    assert few.shape == (1, 6)


@pytest.mark.parametrize("encoding", ["native", "onehot", "spline"])
def test_a_level_among_too_many_is_known_by_its_mean(encoding: str) -> None:
    """Beside the code, or the columns of the most frequent ones; an unseen level is in between."""
    clay, peat, loam = (
        encoded(encoding, row(soil=soil), max_levels=2)[0, -1] for soil in ("clay", "peat", "loam")
    )
    assert clay < peat < loam


def test_levels_that_are_all_kept_need_no_mean() -> None:
    """A few levels are a code each, and no more."""
    assert encoded("native", row(), max_levels=4).shape == (1, 3)


def months(encoding: Any, asked: list[float]) -> np.ndarray:
    """Fit the encoding on months with a gap and encode some."""
    made = preprocess(encoding, [MONTH], classes=False, levels=LIMITS, seed=0)
    rows = pd.DataFrame({"month": [1.0, 2.0, 12.0, np.nan] * 5})
    made.fit(rows, np.arange(20.0))
    return np.asarray(made.transform(pd.DataFrame({"month": asked})))


def test_onehot_gives_each_month_a_column_beside_the_number() -> None:
    """Missing has one as well, and a month that training did not have has none."""
    found = months("onehot", [1.0, 12.0, np.nan, 5.0])[:, 2:]
    assert found.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]


@pytest.mark.parametrize("encoding", ["native", "target"])
def test_trees_take_months_as_numbers(encoding: str) -> None:
    """Trees divide numbers where they like."""
    np.testing.assert_array_equal(months(encoding, [5.0, np.nan]), [[5.0], [np.nan]])


def test_target_gives_a_level_the_mean_of_its_rows() -> None:
    """Near the mean of its rows, on the side of the mean of all; an unseen level is the latter."""
    train = crops(60)
    mean = train["crop"].mean()
    own = train["crop"][train["soil"] == "loam"].mean()
    loam, unseen = (encoded("target", row(soil=soil))[0, 2] for soil in ("loam", "peat"))
    assert unseen == mean
    assert min(own, mean) < loam < max(own, mean)
    assert abs(loam - own) < abs(loam - mean)


def test_target_gives_classes_their_shares() -> None:
    """One column for two classes, one a class for more."""
    assert encoded("target", row(), "binary").shape == (1, 3)
    shares = encoded("target", row(soil="peat"), "multiclass")[0, 2:]
    assert shares.shape == (3,)
    assert shares.sum() == pytest.approx(1)


def test_target_takes_a_target_of_whole_numbers_for_numbers() -> None:
    """A target with three different numbers has one mean a level, as any other number."""
    train = crops(60)
    y = np.arange(60.0) % 3
    assert encoder("target").fit_transform(frame(train, FEATURES), y).shape == (60, 3)


def test_target_tells_no_training_row_its_own_target() -> None:
    """A level of its own for each row says nothing: each is encoded by the mean of others."""
    train = crops(60) | {"soil": np.array([f"s{row}" for row in range(60)], dtype=object)}
    codes = encoder("target").fit_transform(frame(train, FEATURES), train["crop"])[:, 2]
    assert len(np.unique(codes)) == 5
    assert codes == pytest.approx(train["crop"].mean(), rel=0.15)


def test_target_takes_thousands_of_levels_and_repeats_itself() -> None:
    """As many levels as there are, and the same numbers every time."""
    random = np.random.default_rng(0)
    rows = crops(9000)
    place = random.integers(0, 4000, 9000)
    rows["soil"] = np.array([f"s{at}" for at in place], dtype=object)
    rows["crop"] = np.sin(place) * 50 + random.normal(0, 1, 9000)
    inputs = frame(rows, FEATURES)
    first, second = (encoder("target").fit_transform(inputs, rows["crop"]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert np.corrcoef(first[:, 2], rows["crop"])[0, 1] > 0.7


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize("rows", [4, 7])
def test_target_takes_a_handful_of_rows(rows: int, task: str) -> None:
    """With fewer rows, or rows of a class, than parts there are fewer parts."""
    classes = {"regression": rows, "binary": 2, "multiclass": 3}[task]
    y = np.arange(rows) % classes
    values = encoder("target", task).fit_transform(frame(crops(rows), FEATURES), y)
    assert np.isfinite(values[:, 2:]).all()


@pytest.mark.parametrize("encoding", ["native", "onehot", "spline", "target"])
def test_a_table_of_one_kind_has_one_transformer(encoding: Any) -> None:
    """Without categories there is nothing to encode, and without numbers nothing to pass."""
    for kind, chosen in {"numbers": FEATURES[:2], "categories": FEATURES[2:]}.items():
        made = preprocess(encoding, chosen, classes=False, levels=LIMITS, seed=0)
        assert {name for name, _, _ in made.transformers} <= {kind, "means"}
        rows = pd.DataFrame(frame(crops(30), chosen))
        assert len(made.fit_transform(rows, crops(30)["crop"])) == 30


@pytest.mark.parametrize("encoding", ["native", "onehot", "target"])
def test_text_is_numbers_for_every_encoding(encoding: Any) -> None:
    """What texts say is learned by any estimator; they come after all else."""
    texts = [f"the {word} harvest of the year" for word in ("good", "bad", "late")] * 20
    train = crops(60) | {"note": np.array(texts, dtype=object)}
    note = Feature("note", ("note",), "text", None, np.asarray)
    made = preprocess(encoding, (note, *FEATURES), classes=False, levels=LIMITS, seed=11)
    plain = encoder(encoding).fit_transform(frame(train, FEATURES), train["crop"])
    matrix = made.fit_transform(frame(train, (note, *FEATURES)), train["crop"])
    np.testing.assert_array_equal(matrix[:, : plain.shape[1]], plain)
    assert len(np.unique(matrix[:, plain.shape[1] :].round(9), axis=0)) == 3
