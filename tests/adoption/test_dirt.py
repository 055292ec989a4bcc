"""One kind of dirt, one decision: columns are read as a careful person would read them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lockgate.contract import Schema
from lockgate.validation.constraints import check_constraints
from lockgate.validation.parse import read_cells
from tests.adoption.tables import ROWS, cycled, decided, noise

NUMBERS = [noise(row) + 1 for row in range(ROWS)]
COUNTS = [int(noise(row)) for row in range(ROWS)]
MONTHS = ["Jan", "Feb", "Dec"]
DAYS = [f"2024-{1 + row % 12:02d}-{1 + row % 28:02d}" for row in range(ROWS)]


def _dirty(values: list[Any], *dirt: str) -> list[Any]:
    """Put each piece of dirt into a few cells."""
    return [dirt[row % len(dirt)] if row % 17 == 5 else value for row, value in enumerate(values)]


@pytest.mark.parametrize(
    ("name", "cells", "type"),
    [
        ("plain", NUMBERS, "number"),
        ("counts", COUNTS, "integer"),
        ("blanks", _dirty(NUMBERS, " ", ""), "number"),
        ("question_marks", _dirty(NUMBERS, "?"), "number"),
        ("not_available", _dirty(COUNTS, "N/A", "n/a", "NA"), "integer"),
        ("nulls", _dirty(COUNTS, "NULL", "null", "None", "nan"), "integer"),
        ("dashes", _dirty(NUMBERS, "-", "--"), "number"),
        ("spreadsheet_errors", _dirty(NUMBERS, "#N/A", "#VALUE!", "#DIV/0!"), "number"),
        ("padded", [f"  {value} " for value in NUMBERS], "number"),
        ("floats_for_gaps", _dirty([f"{n}.0" for n in COUNTS], ""), "integer"),
        ("exponents", [f"{value}E+03" for value in NUMBERS], "number"),
        ("negative", [f"-{value}" for value in NUMBERS], "number"),
        ("grouped", [f"{n + 1},{n:03d}" for n in COUNTS], "integer"),
        ("grouped_points", [f"{n + 1}.{n:03d},5" for n in COUNTS], "number"),
        ("grouped_spaces", [f"{n + 1} {n:03d}" for n in COUNTS], "integer"),
        ("apostrophes", [f"{n + 1}'{n:03d}.25" for n in COUNTS], "number"),
        ("no_break_spaces", [f"{n + 1}\u00a0{n:03d},5" for n in COUNTS], "number"),
        ("narrow_spaces", [f"{n + 1}\u202f{n:03d}" for n in COUNTS], "integer"),
        ("thin_spaces", [f"{n + 1}\u2009{n:03d}" for n in COUNTS], "integer"),
        ("curved_apostrophes", [f"{n + 1}\u2019{n:03d}.25" for n in COUNTS], "number"),
        ("french_euros", [f"{n + 1}\u202f{n:03d},50\u00a0€" for n in COUNTS], "number"),
        ("brackets", [f"({n})" if n % 3 == 0 else n for n in COUNTS], "integer"),
        ("few_brackets", [f"({n})" if r % 50 == 7 else n for r, n in enumerate(COUNTS)], "integer"),
        (
            "few_groups",
            [f"1,{n:03d}" if r % 50 == 7 else n for r, n in enumerate(COUNTS)],
            "integer",
        ),
        ("accounts", [f"($1,{n:03d}.50)" if n % 3 else f"$1,{n:03d}.50" for n in COUNTS], "number"),
        ("notes_in_brackets", cycled("(see note)", "(none yet)", "fine"), "string"),
        ("decimal_comma", [f"{n},{n % 90 + 10}" for n in COUNTS], "number"),
        ("dollars", [f"${value}" for value in NUMBERS], "number"),
        ("euros", [f"{n},{n % 90 + 10} €" for n in COUNTS], "number"),
        ("currency_code", [f"USD {n}" for n in COUNTS], "integer"),
        ("percent", [f"{value}%" for value in NUMBERS], "number"),
        ("kilograms", [f"{n} kg" for n in COUNTS], "integer"),
        ("miles", [f"{n + 1},{n:03d} mi." for n in COUNTS], "integer"),
        ("rupees", [f"Rs. {n}" for n in COUNTS], "integer"),
        ("compact_days", [day.replace("-", "") for day in DAYS], "date"),
        ("compact_moments", [day.replace("-", "") + "T000000" for day in DAYS], "date"),
        ("compact_times", [day.replace("-", "") + "T121500" for day in DAYS], "timestamp"),
        ("iso_days", DAYS, "date"),
        ("iso_moments", [f"{day} 12:30:00" for day in DAYS], "timestamp"),
        ("american", [f"{1 + r % 12}/{1 + r % 28}/2024" for r in range(ROWS)], "date"),
        ("european", [f"{1 + r % 28}/{1 + r % 12}/2024" for r in range(ROWS)], "date"),
        ("german", [f"{1 + r % 28}.{1 + r % 12}.2024" for r in range(ROWS)], "date"),
        ("year_month", [f"{2020 + r % 4}-{1 + r % 12:02d}" for r in range(ROWS)], "date"),
        ("issued", [f"{MONTHS[r % 3]}-{2012 + r % 7}" for r in range(ROWS)], "date"),
        ("months", [f"{1 + r % 28} Mar 2024" for r in range(ROWS)], "date"),
        ("created_at", [1_700_000_000 + 5_000 * r for r in range(ROWS)], "timestamp"),
        ("visitors", [1_700_000_000 + 5_000 * r for r in range(ROWS)], "integer"),
        ("epoch_ts", [(1_700_000_000 + 5_000 * r) * 1000 for r in range(ROWS)], "timestamp"),
        ("dates_with_gaps", _dirty(DAYS, "?", ""), "date"),
        ("yes_no", cycled("Yes", "No", "No"), "boolean"),
        ("true_false", _dirty(cycled("TRUE", "false"), ""), "boolean"),
        ("y_n", cycled("y", "N", "n"), "boolean"),
        ("zero_one", cycled(0, 1, 1), "integer"),
        ("leading_zeros", [f"{n % 90:05d}" for n in COUNTS], "string"),
        ("zipcode", cycled(98001, 98002, 98178), "string"),
        ("area_code", cycled(425, 206, 360), "string"),
        ("words", cycled("red", "green", "blue"), "string"),
        ("three_words", cycled("Yes", "No", "No phone service"), "string"),
        ("clock", cycled("12:30", "13:45", "09:10"), "string"),
        ("versions", cycled("1.2.3", "1.2.4", "2.0.0"), "string"),
        ("mixed_money", cycled("$5", "€6", "$7"), "string"),
        ("letter_codes", cycled("A1", "A2", "B7"), "string"),
    ],
)
def test_what_a_column_is(name: str, cells: list[Any], type: str) -> None:
    """Dirt in the cells does not hide what they are, and looks do not make a number of a code."""
    assert decided(name, cells).kind.type == type


@pytest.mark.parametrize(
    ("cells", "decimal", "grouping", "affixes"),
    [
        ([f"{n + 1},{n:03d}" for n in COUNTS], ".", ",", ()),
        ([f"{n + 1}.{n:03d},5" for n in COUNTS], ",", ".", ()),
        ([f"{n},{n % 90 + 10} €" for n in COUNTS], ",", "", ("€",)),
        ([f"${n + 1},{n:03d}.50" for n in COUNTS], ".", ",", ("$",)),
    ],
)
def test_how_numbers_are_written(
    cells: list[str], decimal: str, grouping: str, affixes: tuple[str, ...]
) -> None:
    """The contract says how numbers are written, so that later deliveries are read the same."""
    writing = decided("amount", cells).kind.writing
    assert (writing.decimal, writing.grouping, writing.affixes) == (decimal, grouping, affixes)


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1\u00a0234,5", "2\u202f000", "-7\u2009000,25"], [1234.5, 2000, -7000.25]),
        (["12\u00a0%", "3,5 %", "-1\u202f%"], [12, 3.5, -1]),
        (["(5)", "7", "(1.5)", "-2"], [-5, 7, -1.5, -2]),
        (["($1,234.50)", "$7", "$(20)"], [-1234.5, 7, -20]),
        (["1\u2019234.5", "2'000"], [1234.5, 2000]),
    ],
)
def test_the_contract_reads_what_adoption_read(texts: list[str], values: list[float]) -> None:
    """Each cell becomes the number that it stands for, by the contract that adoption wrote."""
    cells = cycled(*texts)
    column = decided("amount", cells).column()
    read, failed = read_cells(pa.chunked_array([cells]), column)
    assert not failed.any()
    assert read.tolist() == cycled(*values)


def test_a_few_bad_words_leave_a_number_a_number() -> None:
    """Words among numbers become missing values, and the person is told which."""
    found = decided("size", ["broken", "see note", "broken", *NUMBERS[3:]])
    assert found.kind.type == "number"
    assert found.kind.missing == ("broken", "see note")
    assert "cells that are no number" in found.kind.warnings[0]


def test_spellings_of_one_value_are_told() -> None:
    """Values that differ in case or spaces alone stay apart, and the person is told."""
    found = decided("city", cycled("New York", "new york", "Boston"))
    assert found.kind.warnings == (
        "values that differ in case or spaces only: 'New York', 'new york'",
    )


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("(-5)", ("(5)", "7", "8.5")),
        ("--5", ("7", "8", "9.5")),
        ("-$-5", ("$7", "-$8", "$-9")),
        ("5²", ("7", "8", "9.5")),
    ],
)
def test_nearly_a_number_is_none(bad: str, good: tuple[str, ...]) -> None:
    """A number with two signs, or with a note, is a missing value beside numbers."""
    cells = cycled(*good)
    found = decided("profit", [bad, *cells[1:]])
    assert found.kind.type in ("number", "integer")
    assert found.kind.missing == (bad,)


def test_many_words_leave_a_column_words() -> None:
    """A column that is half words is no number, and the person is told so."""
    found = decided("size", cycled("12", "13", "small", "14", "15", "large"))
    assert found.kind.type == "string"
    assert "mixed" in found.kind.warnings[0]


def test_a_frequent_na_is_a_value_of_its_own() -> None:
    """Where most rows say NA, it means that they have none; a rare one is a gap."""
    often = decided("alley", cycled("NA", "NA", "NA", "paved", "gravel"))
    rare = decided("alley", ["NA", *cycled("paved", "gravel", rows=ROWS - 1)])
    assert often.kind.missing == ()
    assert rare.kind.missing == ("NA",)


def test_dates_that_can_be_read_in_one_way_raise_no_question() -> None:
    """Formats that read the same days are no reason to ask."""
    assert decided("seen", DAYS).kind.warnings == ()
    assert decided("seen", [f"{day} 12:30:00" for day in DAYS]).kind.warnings == ()


def test_a_month_is_its_first_day() -> None:
    """Months without days are dates of their first day, by a contract that holds."""
    column = decided("issued", cycled("Jan-2016", "Dec-2015", "Feb-2017")).column()
    check_constraints(Schema(entity="row", entities="rows", version="1.0.0", columns=(column,)))
    read, failed = read_cells(pa.chunked_array([["Dec-2015", "Dec-20"]]), column)
    assert read[0] == np.datetime64("2015-12-01")
    assert failed.tolist() == [False, True]


def test_days_that_may_be_months_are_told() -> None:
    """Dates that two formats read are read as month first, and the person is told."""
    cells = [f"{1 + r % 12:02d}/{1 + r // 12 % 12:02d}/2024" for r in range(ROWS)]
    found = decided("seen", cells)
    assert found.kind.format == "%m/%d/%Y"
    assert "%d/%m/%Y reads the dates as well" in found.kind.warnings[0]
