"""A row that does not fit the contract is refused by field; its values are not repeated."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.contract import Column
from lockgate.errors import Problem, RequestError
from lockgate.predict.request import request_model
from lockgate.predict.rows import Reader
from tests.artifact import cases
from tests.artifact.cases import ROW

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def refusal(predictor, row):
    """Return what is said of a row."""
    with pytest.raises(RequestError) as caught:
        predictor.predict(row)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"area": "80"}, "area must be a number"),
        ({"area": True}, "area must be a number"),
        ({"area": None}, "area must not be null"),
        ({"area": float("nan")}, "area must be a finite number"),
        ({"area": float("inf")}, "area must be a finite number"),
        ({"area": -1}, "area must be at least 0"),
        ({"area": 1000.5}, "area must be at most 1000"),
        ({"area": 10**400}, "area must be a number"),
        ({"area": [80]}, "area must be a number"),
        ({"rooms": 2.5}, "rooms must be a whole number"),
        ({"rooms": 3.0000000001}, "rooms must be a whole number"),
        ({"rooms": 0}, "rooms must be above 0"),
        ({"owner": 2.0**53}, "owner must be a whole number"),
        ({"kind": "castle"}, "kind must be one of flat, house, loft"),
        ({"kind": ["flat"]}, "kind must be text"),
        ({"place": 3}, "place must be text"),
        ({"place": "\ud800"}, "place must be text"),
        ({"place": "P 1"}, "place must match the contract's pattern"),
        ({"place": "p1\np2"}, "place must match the contract's pattern"),
        ({"place": "p\u0661"}, "place must match the contract's pattern"),
        ({"place": "p" * 13}, "place must have at most 12 characters"),
        ({"new": 1}, "new must be true or false"),
        ({"new": "true"}, "new must be true or false"),
        ({"built_on": "yesterday"}, "built_on must be a date such as 2026-01-31"),
        ({"built_on": 20260131}, "built_on must be a date"),
        ({"built_on": "2020-02-30"}, "built_on must be a date"),
        ({"built_on": "2020-02-03T10:00"}, "without a time of day"),
        ({"built_on": "1899-12-31"}, "built_on must not be before 1900-01-01"),
        ({"built_on": "9999-12-31T23:00-23:00"}, "built_on must be a date"),
        ({"aera": 1}, "aera is not a column of the contract (did you mean 'area'?)"),
        ({"built_on": pd.NaT}, "built_on must be a date such as 2026-01-31"),
        ({7: 1}, "the row has a name that is no text"),
        ({"\ud800" * 99: 1}, "must be text"),
        ({"rent": 900}, "rent is what the model predicts; leave it out"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(predictor, change, said):
    """In words that say what would fit."""
    assert said in refusal(predictor, {**ROW, **change})


def test_a_required_field_is_named(predictor):
    """Those that the contract requires of a request, and no other."""
    message = refusal(predictor, {})
    assert message == "area is required; rooms is required"


@pytest.mark.parametrize(
    "change",
    [
        {"rooms": 3.0},
        {"area": 0, "rooms": 20},
        {"place": "", "kind": " ", "built_on": ""},
        {"place": "p1\n", "kind": " flat "},
        {"id": "r1", "owner": 7, "note": {"anything": ["at", "all"]}},
        {"built_on": date(1990, 5, 1)},
        {"built_on": datetime(1990, 5, 1)},
        {"built_on": "1990-05-01T00:00:00Z"},
        {"sold_on": "0001-01-01"},
    ],
)
def test_values_that_fit_in_another_dress_are_taken(predictor, change):
    """Whole floats, bounds themselves, padded and empty text, keys and ignored columns, dates."""
    assert predictor.predict({**ROW, **change}).value > 0


def test_a_moment_with_an_offset_is_taken_as_utc(predictor):
    """As in training."""
    there = datetime(1990, 5, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    same = datetime(1990, 5, 1, tzinfo=UTC)
    assert predictor.predict({**ROW, "built_on": there}) == predictor.predict(
        {**ROW, "built_on": same}
    )


def test_rows_of_a_batch_are_named_by_number(predictor):
    """All that is wrong is said at once, and not more than fits a screen."""
    message = refusal(predictor, [ROW, {**ROW, "area": "x"}, {**ROW, "rooms": None}])
    assert message == "row 1, area must be a number; row 2, rooms must not be null"
    message = refusal(predictor, [{**ROW, "area": "x"}] * 25)
    assert message.endswith("row 9, area must be a number; and 15 more")


def test_offending_values_are_not_repeated(predictor):
    """They may be personal, and they may be huge."""
    secret = "4929 1111 2222 3333"
    for name in ("area", "kind", "place", "new", "built_on"):
        assert secret not in refusal(predictor, {**ROW, name: secret})
    assert len(refusal(predictor, {**ROW, "x" * 10**6: 1})) < 300


@given(row=st.dictionaries(st.sampled_from([*ROW, "new", "built_on", "x"]) | st.text(), JSON))
@settings(max_examples=150, deadline=None)
def test_any_json_is_answered_or_refused(predictor, row):
    """Nothing that a stranger can send raises anything else."""
    try:
        assert predictor.predict(row).value >= 0
    except RequestError as problem:
        str(problem).encode()


def schema_with(**column):
    """Return the tests' schema with one column changed."""
    schema = cases.make_schema()
    columns = [
        Column(**{**each.model_dump(), **column}) if each.name == column["name"] else each
        for each in schema.columns
    ]
    return schema.model_copy(update={"columns": tuple(columns)})


@pytest.mark.parametrize(
    ("column", "good", "bad", "said"),
    [
        ({"name": "rooms", "values": ("1", "2.0")}, 2, 3, r"must be one of 1, 2\.0"),
        ({"name": "new", "values": ("Yes",)}, True, False, "must be one of Yes"),
        (
            {"name": "built_on", "values": ("31.12.1999",), "format": "%d.%m.%Y"},
            "1999-12-31",
            "2000-01-01",
            r"must be one of 31\.12\.1999",
        ),
    ],
)
def test_any_type_may_have_allowed_values(column, good, bad, said):
    """Compared by meaning."""
    model = request_model(schema_with(**column))
    assert model(**{**ROW, column["name"]: good})
    with pytest.raises(ValueError, match=said):
        model(**{**ROW, column["name"]: bad})


def test_a_required_field_may_be_nullable():
    """Then it must be there, and may be null."""
    model = request_model(schema_with(name="area", nullable=True))
    assert model(**{**ROW, "area": None})
    with pytest.raises(ValueError, match="Field required"):
        model(rooms=3)


def test_a_required_text_may_not_be_empty():
    """An empty text is a missing value."""
    model = request_model(schema_with(name="place", requested=True, nullable=False))
    with pytest.raises(ValueError, match="must not be missing"):
        model(**{**ROW, "place": ""})


def test_a_word_for_missing_is_null():
    """As in deliveries: the word, or the number, that the contract names."""
    missing = ("", "-999", "n/a")
    model = request_model(schema_with(name="place", missing=missing))
    assert model(**{**ROW, "place": " n/a "}).column_6 is None
    model = request_model(schema_with(name="owner", missing=missing))
    assert model(**{**ROW, "owner": -999.0}).column_1 is None
    model = request_model(schema_with(name="area", missing=missing, minimum=None))
    with pytest.raises(ValueError, match="must not be missing"):
        model(**{**ROW, "area": -999})


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ({"maximum": 12_345_678}, "at most 12345678"),
        ({"minimum": 20_141_013}, "at least 20141013"),
        ({"exclusive_maximum": 0.12345678}, "below 0.12345678"),
        ({"exclusive_minimum": 1e9 + 1}, "above 1000000001"),
    ],
)
def test_a_bound_is_told_as_it_is(bound, said):
    """To its last digit: whoever mends the row must know it."""
    free = dict.fromkeys(("minimum", "maximum"))
    reader = Reader(schema_with(name="area", **(free | bound)), [])
    beyond = -1e9 if said.startswith(("at least", "above")) else 1e12
    with pytest.raises(RequestError, match=f"area must be {said}$"):
        reader.read([{**ROW, "area": beyond}])


def test_a_text_has_an_end():
    """The same one as in deliveries, and the published schema says it."""
    model = request_model(schema_with(name="place", max_length=None, pattern=None))
    assert model(**{**ROW, "place": "p" * 32_767})
    with pytest.raises(ValueError, match="at most 32767 characters"):
        model(**{**ROW, "place": "p" * 32_768})
    assert '"maxLength": 32767' in json.dumps(model.model_json_schema())


def test_timestamps_have_a_time_of_day_and_a_latest():
    """In ISO 8601, within the contract's bounds."""
    model = request_model(
        schema_with(name="built_on", type="timestamp", latest="2020-01-01T12:00:00Z")
    )
    assert model(**{**ROW, "built_on": "2020-01-01T11:59:59"})
    assert model(**{**ROW, "built_on": "2020-01-01T12:00:00.5"})
    with pytest.raises(ValueError, match="must not be after 2020-01-01T12:00:00"):
        model(**{**ROW, "built_on": "2020-01-01T12:00:01"})
    with pytest.raises(ValueError, match="a time such as"):
        model(**{**ROW, "built_on": "noon"})


def test_a_refusal_lists_row_field_and_problem(predictor):
    """All of them, for whoever shows each beside its field."""
    with pytest.raises(RequestError) as caught:
        predictor.read([ROW, {**ROW, "area": -1, "rooms": None}, 7])
    assert caught.value.problems == (
        Problem(1, "area", "must be at least 0"),
        Problem(1, "rooms", "must not be null"),
        Problem(2, "", "must be an object of column names and values"),
    )


def test_a_batch_is_sifted(predictor):
    """The rows that fit are read; of the others all that is wrong is told by their place."""
    rows = [{}, ROW, {**ROW, "area": "x"}, {**ROW, "area": 50}, None]
    sifted = predictor.sift(rows)
    assert sifted.kept == [1, 3]
    assert [(each.row, each.field) for each in sifted.problems] == [
        (0, "area"),
        (0, "rooms"),
        (2, "area"),
        (4, ""),
    ]
    answers = predictor.answers(predictor.predict_columns(sifted.columns))
    assert answers == predictor.predict([rows[1], rows[3]])


@pytest.mark.parametrize("rows", [[], [{}], [ROW]])
def test_a_batch_may_fit_as_a_whole_or_not_at_all(predictor, rows):
    """Then there are no problems, or no columns' rows."""
    sifted = predictor.sift(rows)
    assert len(sifted.kept) + len({each.row for each in sifted.problems}) == len(rows)
    assert len(predictor.predict_columns(sifted.columns)["value"]) == len(sifted.kept)


@given(rows=st.lists(st.sampled_from([ROW, {}, 3, {**ROW, "area": -1}, {**ROW, "x": 1}])))
@settings(max_examples=30, deadline=None)
def test_a_row_is_kept_or_explained(predictor, rows):
    """As it would be alone."""
    sifted = predictor.sift(rows)
    bad = {each.row for each in sifted.problems}
    assert sorted([*sifted.kept, *bad]) == list(range(len(rows)))
    assert all(rows[place] == ROW for place in sifted.kept)
