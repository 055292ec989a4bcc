"""Cells mean what the contract says, whatever stands beside them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.validation.parse import is_missing, parse
from tests.validation.shop import column, schema


def read(cells: list[str], kind: str, **constraints: Any) -> tuple[list[Any], list[bool]]:
    """Parse one text column and return its values and which cells failed."""
    contract = schema(column("x", kind, **constraints))
    parsed = parse(pa.table({"x": pa.array(cells, pa.string())}), contract)
    failed = parsed.unparsed.get("x", np.zeros(len(cells), dtype=bool))
    return parsed.columns["x"].tolist(), failed.tolist()


def read_typed(cells: Any, kind: str, **constraints: Any) -> tuple[list[Any], list[bool]]:
    """Parse one column of a typed file."""
    parsed = parse({"x": np.asarray(cells)}, schema(column("x", kind, **constraints)))
    failed = parsed.unparsed.get("x", np.zeros(len(cells), dtype=bool))
    return parsed.columns["x"].tolist(), failed.tolist()


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), (" 12.5\t", 12.5), ("-1e3", -1000), ("+.5", 0.5), ("007", 7), ("5.", 5)],
)
def test_plain_and_exponent_numbers(text: str, value: float) -> None:
    """A number may be padded, signed, and have an exponent."""
    assert read([text], "number") == ([value], [False])


@pytest.mark.parametrize("text", ["abc", "1,5", "$5", "0x10", "1_000", "nan", "inf", "-Infinity"])
def test_words_are_no_numbers(text: str) -> None:
    """Words for infinity and not-a-number, currencies and separators do not pass as numbers."""
    (value,), failed = read([text], "number")
    assert np.isnan(value)
    assert failed == [True]


def test_a_number_too_large_for_a_float_is_refused() -> None:
    """1e400 does not silently become infinity."""
    assert read(["1e400", "-1e400", "1e308"], "number")[1] == [True, True, False]


def test_a_text_has_an_end() -> None:
    """A cell that no person wrote is refused, unless the contract says how long one may be."""
    longest, longer = "é" * 32_767, "é" * 32_768
    assert read([longest, longer, ""], "string") == ([longest, "", ""], [False, True, False])
    assert read([longer], "string", max_length=40_000) == ([longer], [False])
    assert read_typed(np.array([longer], dtype=object), "string")[1] == [True]


def test_one_bad_cell_leaves_its_neighbours_alone() -> None:
    """A bad cell fails by itself, and the others keep their values."""
    values, failed = read(["1", "?", "3"], "number")
    assert values[0] == 1
    assert values[2] == 3
    assert failed == [False, True, False]


def test_missing_tokens_after_trimming() -> None:
    """Empty cells and the contract's tokens are missing values and no errors."""
    values, failed = read(["", "  ", " n/a ", "?"], "number", missing=("", "n/a", "?"))
    assert np.isnan(values).all()
    assert failed == [False] * 4


def test_an_empty_cell_is_missing_in_every_type() -> None:
    """A blank is missing, not an error, whatever the type."""
    for kind in ("number", "integer", "string", "boolean", "date", "timestamp"):
        parsed = parse(pa.table({"x": [" "]}), schema(column("x", kind)))
        assert is_missing(parsed.columns["x"]).all()
        assert not parsed.unparsed


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ("3", False),
        ("3.0", False),
        ("3e2", False),
        ("3.5", True),
        ("9007199254740991", False),
        ("9007199254740992", True),
        ("9007199254740993000", True),
        ("1e300", True),
    ],
)
def test_integers(text: str, fails: bool) -> None:
    """A whole number may be written with a point; one that a float64 may not hold is refused."""
    assert read([text], "integer")[1] == [fails]


def test_booleans_in_words() -> None:
    """Yes and no in many ways, in any case; anything else is an error."""
    yes, failed = read(["true", "T", " Yes", "y", "1", "1.0"], "boolean")
    assert yes == [1.0] * 6
    assert not any(failed)
    no, failed = read(["FALSE", "f", "no", "N", "0", "0.0"], "boolean")
    assert no == [0.0] * 6
    assert not any(failed)
    assert read(["2", "maybe"], "boolean")[1] == [True, True]


def test_strings_are_trimmed_and_keep_what_is_inside() -> None:
    """Only the padding goes; the missing string is the empty one."""
    values, failed = read([" a  b ", "NA", "ÄÖ"], "string", missing=("", "NA"))
    assert values == ["a  b", "", "ÄÖ"]
    assert not any(failed)


def test_dates() -> None:
    """ISO days are dates; with a time of day other than midnight they are not."""
    values, failed = read(
        ["2024-02-29", "2024-02-29T00:00:00", "20240229", "2024-02-29T10:00"], "date"
    )
    assert [str(value)[:10] for value in values[:3]] == ["2024-02-29"] * 3
    assert failed == [False, False, False, True]


def test_timestamps_are_utc_and_cut_to_the_second() -> None:
    """An offset is resolved, a fraction of a second dropped."""
    values, failed = read(["2024-01-01T12:00:00+02:00", "2024-01-01 10:00:00.75"], "timestamp")
    assert [str(value) for value in values] == ["2024-01-01 10:00:00"] * 2
    assert not any(failed)


@pytest.mark.parametrize("text", ["2024-02-30", "0000-01-01", "yesterday", "2024-1-3", "45123"])
def test_no_date(text: str) -> None:
    """Days that do not exist, serial numbers and words are errors."""
    assert read([text], "date")[1] == [True]


def test_date_format() -> None:
    """A format of the contract replaces ISO 8601, and days that do not exist stay errors."""
    cells = ["29.02.2024", "30.02.2024", "1.3.2024", "2024-02-29"]
    values, failed = read(cells, "date", format="%d.%m.%Y")
    assert [str(v)[:10] for v, bad in zip(values, failed, strict=True) if not bad] == [
        "2024-02-29",
        "2024-03-01",
    ]
    assert failed == [False, True, False, True]


def test_date_format_with_an_offset() -> None:
    """A format may have an offset and a fraction."""
    values, _ = read(["20241013T000000.5+0200"], "timestamp", format="%Y%m%dT%H%M%S.%f%z")
    assert str(values[0]) == "2024-10-12 22:00:00"


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("%d/%m/%y", "01/02/24", "2024-02-01"),
        ("%b %d, %Y", "Jan 02, 2024", "2024-01-02"),
        ("%Y %j", "2024 032", "2024-02-01"),
        ("%d.%m.%Y %Z", "01.02.2024 UTC", "2024-02-01"),
    ],
)
def test_formats_beyond_the_plain_ones(form: str, text: str, day: str) -> None:
    """Two-digit years, names of months, days of the year and zones are read too."""
    values, failed = read([text, "", "x"], "date", format=form)
    assert str(values[0])[:10] == day
    assert failed == [False, False, True]


def test_a_moment_before_the_first_day_of_the_calendar_is_refused() -> None:
    """An offset that leads out of the calendar is an error of the cell, not of the program."""
    assert read(["0001-01-01T00:00:00+10:00"], "timestamp")[1] == [True]


def test_columns_of_the_contract_that_were_not_delivered_are_missing() -> None:
    """Every column of the contract comes out, in its order, and no other."""
    contract = schema(column("a"), column("b", "string"), column("c", "timestamp"))
    parsed = parse(pa.table({"z": ["1", "2"], "a": ["1", "2"]}), contract)
    assert list(parsed.columns) == ["a", "b", "c"]
    assert is_missing(parsed.columns["b"]).all()
    assert is_missing(parsed.columns["c"]).all()
    assert len(parsed.columns["b"]) == 2


def test_no_cells_at_all() -> None:
    """A table without columns has no rows."""
    assert len(parse({}, schema(column("a"))).columns["a"]) == 0


def test_typed_numbers() -> None:
    """Numbers of a typed file obey the same rules as text."""
    assert read_typed([1.0, 2.5], "integer")[1] == [False, True]
    assert read_typed([np.inf, np.nan], "number")[1] == [True, False]
    assert read_typed([0.0, 1.0, 2.0, np.nan], "boolean")[1] == [False, False, True, False]
    assert read_typed([1.0, np.nan], "date")[1] == [True, False]


def test_a_number_that_stands_for_missing_in_a_typed_file() -> None:
    """A missing token that is a number counts in typed files as well."""
    values, failed = read_typed([-999.0, 1.0], "number", missing=("", "-999", "?"))
    assert np.isnan(values[0])
    assert failed == [False, False]


def test_typed_numbers_as_texts() -> None:
    """A code stored as a number is its digits; digits that a float64 lost are an error."""
    assert read_typed([98052.0, np.nan, 1.5], "string")[0] == ["98052", "", "1.5"]
    assert read_typed([49301234567890.0], "string") == (["49301234567890"], [False])
    assert read_typed([1e17], "string") == ([""], [True])


def test_typed_moments() -> None:
    """Moments of a typed file are dates, timestamps or ISO texts, and never numbers."""
    moments = np.array(["2024-05-06", "2024-05-06T07:00", "NaT"], "datetime64[s]")
    assert read_typed(moments, "date")[1] == [False, True, False]
    assert read_typed(moments, "timestamp")[1] == [False, False, False]
    assert read_typed(moments, "string")[0] == ["2024-05-06", "2024-05-06T07:00:00", ""]
    assert read_typed(moments, "number")[1] == [True, True, False]


def test_typed_texts_are_read_like_text() -> None:
    """Texts of a typed file are parsed as those of a text file."""
    values, failed = read_typed(np.array(["1", " 2 ", "x"], object), "integer")
    assert values[:2] == [1, 2]
    assert failed == [False, False, True]


CELLS = st.one_of(
    st.sampled_from(["", " ", "1", "1.5", "+2", "1e5", "1e400", "nan", "inf", "x", "yes", "NO"]),
    st.sampled_from(
        ["2024-01-31", "2024-02-30", "2024-01-31T10:00", "2024-01-31T10:00Z", "20240131"]
    ),
    st.sampled_from(["31.01.2024", "31.1.2024", "30.02.2024", "31.01.24"]),
    st.floats().map(repr),
    st.integers().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.text(max_size=8),
)


@given(
    cells=st.lists(CELLS, min_size=1, max_size=12),
    kind=st.sampled_from(["number", "integer", "string", "boolean", "date", "timestamp"]),
    form=st.sampled_from([None, "%d.%m.%Y"]),
)
@settings(max_examples=300, deadline=None)
def test_a_cell_means_the_same_alone_and_in_company(
    cells: list[str], kind: str, form: str | None
) -> None:
    """What a cell means never depends on the other cells of the batch."""
    together = read(cells, kind, format=form)
    alone = [read([cell], kind, format=form) for cell in cells]
    np.testing.assert_array_equal(together[0], [values[0] for values, _ in alone])
    assert together[1] == [failed[0] for _, failed in alone]


@pytest.mark.parametrize(
    ("text", "writing", "value"),
    [
        ("1,234,567.5", {"grouping": ","}, 1234567.5),
        ("1234.5", {"grouping": ","}, 1234.5),
        ("1.234,50", {"grouping": ".", "decimal": ","}, 1234.5),
        ("0,5", {"decimal": ","}, 0.5),
        ("1 234", {"grouping": " "}, 1234),
        ("$1,200", {"grouping": ",", "affixes": ("$",)}, 1200),
        ("-$5", {"affixes": ("$",)}, -5),
        ("$-5", {"affixes": ("$",)}, -5),
        ("12.5 %", {"affixes": ("%",)}, 12.5),
        ("80 kg", {"affixes": ("g", "kg")}, 80),
        ("1.5e3", {"affixes": ("e",)}, 1500),
        ("1\u202f234", {"grouping": " "}, 1234),
        ("12\u00a0%", {"affixes": ("%",)}, 12),
        ("(7.5)", {"negative": "brackets"}, -7.5),
        ("$(1,200)", {"grouping": ",", "affixes": ("$",), "negative": "brackets"}, -1200),
    ],
)
def test_numbers_in_the_columns_own_writing(
    text: str, writing: dict[str, Any], value: float
) -> None:
    """Separators and affixes that the contract names are part of a number."""
    assert read([text], "number", **writing) == ([value], [False])


@pytest.mark.parametrize(
    ("text", "writing"),
    [
        ("1,23", {"grouping": ","}),
        ("1.5", {"decimal": ","}),
        ("1,234.5", {"grouping": ".", "decimal": ","}),
        ("$", {"affixes": ("$",)}),
        ("$$5", {"affixes": ("$",)}),
        ("(5)", {"grouping": ","}),
        ("(-5)", {"negative": "brackets"}),
        ("((5))", {"negative": "brackets"}),
        ("(5", {"negative": "brackets"}),
        ("()", {"negative": "brackets"}),
        ("5", {"decimal": ",", "grouping": "."} | {"missing": ("", "5")}),
        ("5 kg", {"affixes": ("$",)}),
    ],
)
def test_another_writing_is_no_number(text: str, writing: dict[str, Any]) -> None:
    """A number in another writing than the contract's is not guessed at."""
    values, failed = read([text], "number", **writing)
    assert np.isnan(values[0])
    assert failed == ["missing" not in writing]


@pytest.mark.parametrize(("format", "text"), [("%s", "1700000000"), ("%s%3N", "1700000000123")])
def test_moments_counted_since_1970(format: str, text: str) -> None:
    """Seconds and milliseconds since 1970 are moments, as text and as numbers of a typed file."""
    moment = np.datetime64("2023-11-14T22:13:20", "s").item()
    assert read([text, "soon"], "timestamp", format=format) == ([moment, None], [False, True])
    assert read_typed([float(text)], "timestamp", format=format) == ([moment], [False])
