"""The simulated house market."""

import hashlib
import json
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.errors import ParamsError
from lockgate.sources.market import EXAMPLE_HASH, best_errors, describe, simulate, true_price
from lockgate.sources.market.town import CONDITIONS, NEIGHBOURHOODS, PROPERTY_TYPES, SEASON
from lockgate.tables import read_csv_batches

HEADER = (
    "sale_id",
    "house_id",
    "sold_on",
    "square_feet",
    "bedrooms",
    "bathrooms",
    "age_years",
    "distance_to_city",
    "lot_square_feet",
    "property_type",
    "condition",
    "neighbourhood",
    "renovated",
    "price",
)
RANGES = {
    "square_feet": (350, 12_000),
    "bedrooms": (1, 8),
    "bathrooms": (0.75, 6),
    "age_years": (0, 120),
    "distance_to_city": (0.2, 60),
    "price": (30_000, 15_000_000),
}
TEXTS = ("sale_id", "house_id", "property_type", "neighbourhood")


def cells(*paths):
    """Return the cells of all rows as lists of text by column."""
    batches = [batch for path in paths for batch in read_csv_batches(path)]
    return {
        name: [cell for batch in batches for cell in batch.cells[name].to_pylist()]
        for name in batches[0].header
    }


def typed(text):
    """Return clean cells as columns."""
    columns = {name: np.array(text[name], dtype=object) for name in TEXTS}
    columns["sold_on"] = np.array(text["sold_on"], dtype="datetime64[s]")
    columns["renovated"] = np.array([cell == "yes" for cell in text["renovated"]], dtype=float)
    for name in set(HEADER) - columns.keys():
        columns[name] = np.array([float(cell or "nan") for cell in text[name]])
    return columns


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """Simulate 40,000 sales, as delivered and as they were."""
    folder = tmp_path_factory.mktemp("market")
    options = {"seed": 5, "months": 20, "sales_per_month": 2_000}
    dirty = simulate(folder / "dirty", **options)
    clean = simulate(folder / "clean", **options, dirt=False)
    return cells(*dirty), cells(*clean)


def test_the_example_has_the_bytes_that_its_pin_names(tmp_path):
    """Every machine simulates the data that the repository pins, which DVC hashes like this."""
    files = [
        {"md5": hashlib.md5(path.read_bytes()).hexdigest(), "relpath": path.name}
        for path in simulate(tmp_path)
    ]
    assert len(files) == 24
    assert hashlib.md5(json.dumps(files).encode()).hexdigest() + ".dir" == EXAMPLE_HASH


def test_a_further_month_adds_a_file_and_changes_none(tmp_path):
    """New deliveries are incremental."""
    few = simulate(tmp_path / "few", 3, months=2, sales_per_month=50)
    many = simulate(tmp_path / "many", 3, months=13, sales_per_month=50)
    assert [path.name for path in few] == ["sales-2024-01.csv", "sales-2024-02.csv"]
    assert [path.read_bytes() for path in few] == [path.read_bytes() for path in many[:2]]
    assert many[-1].name == "sales-2025-01.csv"


def test_another_seed_is_another_market(tmp_path):
    """The seed decides every row."""
    (one,) = simulate(tmp_path / "one", 1, months=1, sales_per_month=50)
    (two,) = simulate(tmp_path / "two", 2, months=1, sales_per_month=50)
    assert not set(one.read_text().splitlines()[1:]) & set(two.read_text().splitlines()[1:])


def test_a_delivery_has_the_columns_of_the_issue(big):
    """Columns come in one order, ids are unique, and days are those of the month."""
    _, clean = big
    assert tuple(clean) == HEADER
    assert len(set(clean["sale_id"])) == len(clean["sale_id"]) == 40_000
    assert len({day[:7] for day in clean["sold_on"]}) == 20
    assert clean["sold_on"] == sorted(clean["sold_on"])
    assert {day[8:] for day in clean["sold_on"]} == {f"{day:02d}" for day in range(1, 32)}


def test_clean_rows_are_complete_and_plausible(big):
    """Without dirt only a condo lacks its lot, and every value is within its range."""
    _, clean = big
    for name in HEADER:
        empty = {clean["property_type"][i] for i, cell in enumerate(clean[name]) if not cell}
        assert empty == ({"condo"} if name == "lot_square_feet" else set())
    columns = typed(clean)
    for name, (low, high) in RANGES.items():
        assert low <= columns[name].min() <= columns[name].max() <= high
    assert np.nanmin(columns["lot_square_feet"]) >= 500
    assert np.nanmax(columns["lot_square_feet"]) <= 500_000
    assert set(clean["property_type"]) == set(PROPERTY_TYPES)
    assert set(clean["condition"]) == {str(code) for code in CONDITIONS}
    assert set(clean["neighbourhood"]) == {place.name for place in NEIGHBOURHOODS}
    assert set(clean["renovated"]) == {"yes", "no"}
    assert np.all(columns["price"] % 500 == 0)


def test_prices_resemble_king_county(big):
    """Median, skew, price by the foot, and the effects of distance and age are lifelike."""
    columns = typed(big[1])
    price, distance, age = columns["price"], columns["distance_to_city"], columns["age_years"]
    assert 435_000 < np.median(price) < 475_000
    assert 1.13 < price.mean() / np.median(price) < 1.25
    assert 225 < np.median(price / columns["square_feet"]) < 260
    by_foot = price / columns["square_feet"]
    assert np.median(by_foot[distance < 3]) > 2 * np.median(by_foot[distance > 20])
    suburb = (distance > 12) & (columns["property_type"] == "detached")
    assert np.median(price[suburb & (age < 10)]) > 1.1 * np.median(price[suburb & (age > 40)])


def test_some_houses_sell_twice_and_stay_themselves(tmp_path):
    """A house that comes back has its place and size; none sells twice in a month."""
    text = cells(*simulate(tmp_path, 4, months=12, sales_per_month=500, dirt=False))
    rows = list(
        zip(*(text[name] for name in ("house_id", "square_feet", "neighbourhood")), strict=True)
    )
    again = [house for house, count in Counter(text["house_id"]).items() if count > 1]
    assert 0.02 < len(again) / len(rows) < 0.1
    assert len({house for house, *_ in rows}) == len(set(rows))
    months = zip(text["house_id"], (day[:7] for day in text["sold_on"]), strict=True)
    assert len(set(months)) == len(rows)


def formula(row):
    """Restate the documented formula for one row."""
    near = 12 / (12 + row["distance_to_city"])
    size, age, condo = row["square_feet"], row["age_years"], row["property_type"] == "condo"
    place = next(place for place in NEIGHBOURHOODS if place.name == row["neighbourhood"])
    total = math.log(460_000) + (0.72 if condo else 0.84) * math.log(size / 1900)
    total += 0.5 * math.log(size / 2800) if size > 2800 else 0
    total += -0.03 * (row["bedrooms"] - 3) + 0.05 * (row["bathrooms"] - 2)
    total += 1.55 * (near - 0.55) + 0.004 * age * (near - 0.5)
    total += (-0.0058 * age + 0.000045 * age**2) * (0.4 if row["renovated"] else 1)
    total += 0.04 * row["renovated"]
    total += 0 if condo else 0.14 * near * math.log(row["lot_square_feet"] / 6000)
    total += (0.6 + 0.01 * age) * CONDITIONS[row["condition"]]
    total += PROPERTY_TYPES[row["property_type"]] + place.effect
    day = row["sold_on"].astype("datetime64[D]").item()
    total += SEASON[day.month - 1]
    total += 0.03 * (row["sold_on"] - np.datetime64("2024-01-01")) / np.timedelta64(1, "D") / 365.25
    return math.exp(total)


def test_the_true_price_is_the_documented_formula(big):
    """What `describe` says is what the prices follow."""
    columns = {name: values[::40] for name, values in typed(big[1]).items()}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    np.testing.assert_allclose(true_price(columns), [formula(row) for row in rows], rtol=1e-12)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("square_feet", np.nan),
        ("lot_square_feet", np.nan),
        ("condition", np.nan),
        ("condition", 9.0),
        ("neighbourhood", ""),
        ("property_type", "castle"),
        ("sold_on", np.datetime64("NaT")),
    ],
)
def test_a_row_that_the_formula_cannot_price_has_no_true_price(big, column, value):
    """A missing or unknown value gives NaN for its row and changes no other."""
    columns = {name: values[:200].copy() for name, values in typed(big[1]).items()}
    before = true_price(columns)
    row = int(np.flatnonzero(columns["property_type"] == "detached")[0])
    columns[column][row] = value
    after = true_price(columns)
    assert np.isnan(after[row])
    np.testing.assert_array_equal(np.delete(after, row), np.delete(before, row))


def test_a_condo_needs_no_lot(big):
    """The one missing value that means 'has none' is priced."""
    columns = typed(big[1])
    condos = columns["property_type"] == "condo"
    assert np.isnan(columns["lot_square_feet"][condos]).all()
    assert not np.isnan(true_price(columns)).any()


def test_the_best_error_is_the_error_of_the_truth(big):
    """A model that knew the formula would have just the errors that are named as the best."""
    columns = typed(big[1])
    error = columns["price"] - true_price(columns)
    best = best_errors(columns)
    assert abs(np.abs(error).mean() / best["mae"] - 1) < 0.02
    assert abs(np.sqrt(np.mean(error**2)) / best["rmse"] - 1) < 0.03


def test_the_best_error_leaves_out_what_has_no_true_price(big):
    """Rows with missing values do not spoil the figure."""
    columns = {name: values[:500].copy() for name, values in typed(big[1]).items()}
    whole = best_errors({name: values[5:] for name, values in columns.items()})
    columns["square_feet"][:5] = np.nan
    assert best_errors(columns) == whole


def share(rows, count):
    """Return which share of the sales some rows are."""
    return len(rows) / count


def test_dirt_comes_at_the_stated_rates(big):
    """Each fault strikes the share of sales that `describe` states, within chance."""
    dirty, clean = big
    count = len(clean["sale_id"])
    needed = ("square_feet", "bedrooms", "bathrooms", "age_years", "distance_to_city")
    found = {
        0.003: [cell for name in needed for cell in dirty[name] if cell == ""],
        0.005: [cell for name in needed for cell in dirty[name] if cell in (" ", "?")],
        0.0010: [cell for cell in dirty["price"] if cell == ""],
        0.0011: [cell for cell in dirty["square_feet"] if cell.endswith(" sq ft")],
        0.0012: [cell for cell in dirty["bedrooms"] if cell == "33"],
        0.0009: [cell for cell in dirty["age_years"] if cell in ("-1", "-2", "-3")],
        0.0005: [cell for cell in dirty["age_years"] if cell == "-999"],
        0.002: [cell for cell in dirty["property_type"] if cell in ("houseboat", "castle")],
        0.0008: [cell for cell in dirty["condition"] if cell == "9"],
        0.0013: [cell for cell in dirty["lot_square_feet"] if cell in (" ", "?")],
        0.0082: [cell for cell in dirty["condition"] if cell == ""],
        0.0051: [cell for cell in dirty["neighbourhood"] if cell.strip() == ""],
        0.0081: [cell for cell in dirty["renovated"] if cell.strip() == ""],
        0.010: [c for name in HEADER for c in dirty[name] if c.startswith(" ") and c != " "],
    }
    for rate, rows in found.items():
        assert abs(share(rows, count) - rate) < 4 * math.sqrt(rate / count) + 0.0003


def usable(row):
    """Tell whether a delivered row has all needed values, in range, and no unknown category."""
    try:
        in_range = all(low <= float(row[name]) <= high for name, (low, high) in RANGES.items())
    except ValueError:
        return False
    known = row["property_type"].strip() in PROPERTY_TYPES and row["condition"] in "12345"
    return in_range and known


def test_few_rows_are_unusable(big):
    """Quarantine stays well below the tolerance that stops the pipeline."""
    dirty, _ = big
    rows = [dict(zip(dirty, row, strict=True)) for row in zip(*dirty.values(), strict=True)]
    unusable = [row for row in rows if not usable(row)]
    assert 0.013 < len(unusable) / len(rows) < 0.018


def test_the_last_row_of_a_sale_is_the_truth(big):
    """Duplicates are equal rows; corrections come after the row that they correct."""
    dirty, clean = big
    rows = {}
    for row in zip(*dirty.values(), strict=True):
        rows.setdefault(row[0], []).append(row)
    truth = dict(zip(clean["sale_id"], clean["price"], strict=True))
    twice = [both for both in rows.values() if len(both) > 1]
    equal = [both for both in twice if len(set(both)) == 1]
    corrected = [both for both in twice if len(set(both)) > 1]
    assert all(len(both) == 2 for both in twice)
    assert abs(len(equal) / len(truth) - 0.005) < 0.0015
    assert abs(len(corrected) / len(truth) - 0.003) < 0.0012
    for first, last in corrected:
        assert last[-1] == truth[last[0]]
        assert first[:-1] == last[:-1]
        assert math.isclose(float(first[-1]), 1.1 * float(last[-1]), rel_tol=1e-4)


def test_about_half_of_the_deliveries_have_a_torn_row(tmp_path):
    """One row stands on two lines, both malformed, and no other is harmed."""
    torn = []
    for path in simulate(tmp_path, 6, months=40, sales_per_month=20):
        bad = [bad.text for batch in read_csv_batches(path) for bad in batch.malformed]
        assert len(bad) in (0, 2)
        torn += [",".join(bad)] if bad else []
    assert 10 < len(torn) < 30
    assert all(text.count(",") == len(HEADER) - 1 for text in torn)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**40), st.integers(1, 15), st.integers(1, 40))
def test_any_size_gives_whole_deliveries(tmp_path_factory, seed, months, sales):
    """Every simulation has the sales that were asked for, none twice."""
    paths = simulate(
        tmp_path_factory.mktemp("any"),
        seed,
        months=months,
        sales_per_month=sales,
        dirt=False,
    )
    text = cells(*paths)
    assert len(paths) == months
    assert len(set(text["sale_id"])) == len(text["sale_id"]) == months * sales


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"months": 0}, "months: 0 is not a number of months"),
        ({"sales_per_month": 0}, "sales_per_month: 0 sales a month"),
        ({"sales_per_month": 10**8}, "take 1 to 10,000,000"),
    ],
)
def test_an_argument_out_of_range_is_named(tmp_path, options, what):
    """A slip is answered with what would be right, and nothing is written."""
    with pytest.raises(ParamsError, match="(?s)" + what):
        simulate(tmp_path, **options)
    assert list(tmp_path.iterdir()) == []


def test_the_description_names_formula_dirt_and_best_error():
    """A reader learns from one page what a model can and cannot reach."""
    text = describe(5, months=2, sales_per_month=300)
    assert text == describe(5, months=2, sales_per_month=300)
    assert "600 sales" in text
    assert "0.84 log(square_feet / 1900)" in text
    assert "33 bedrooms" in text
    assert "mean absolute error" in text
    assert all(place.name in " ".join(text.split()) for place in NEIGHBOURHOODS)
    assert max(len(line) for line in text.splitlines()) <= 120
