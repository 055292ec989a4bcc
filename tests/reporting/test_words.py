"""Numbers as people read them."""

import pytest

from lockgate.reporting.words import (
    MEASURES,
    MINUS,
    NOTHING,
    between,
    measure_of,
    measured,
    number,
    percent,
    plural,
    times,
    with_unit,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (450000.4, "450,000"),
        (1234567.0, "1,234,567"),
        (999.4, "999"),
        (999.9, "1,000"),
        (12.345, "12.3"),
        (0.91234, "0.912"),
        (0.0, "0"),
        (-1500.0, MINUS + "1,500"),
        (-0.5, MINUS + "0.5"),
        (1e-7, "1e-07"),
        (None, NOTHING),
        (float("nan"), NOTHING),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    """Large numbers get separators, small ones three digits, and a missing one a dash."""
    assert number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.9, "90.0 %"), (-0.123, MINUS + "12.3 %"), (0.0, "0.0 %"), (None, NOTHING)],
)
def test_shares(share: float | None, text: str) -> None:
    """Shares are written as per cent."""
    assert percent(share) == text


def test_units_come_from_the_schema() -> None:
    """Only metrics that are in the target's unit carry it."""
    assert measured("mae", 31200.0, "USD") == "31,200 USD"
    assert measured("mae", 31200.0, None) == "31,200"
    assert measured("interval_coverage", 0.9, "USD") == "90.0 %"
    assert measured("r2", 0.9, "USD") == "0.9"
    assert with_unit(None, "USD") == NOTHING


def test_a_metric_of_somebody_else_is_shown_under_its_name() -> None:
    """An unknown metric is a plain number."""
    assert measure_of("hit_rate").label == "hit rate"
    assert measured("hit_rate", 0.5, "USD") == "0.5"


def test_intervals() -> None:
    """An interval has no unit, and none is written where there is none."""
    assert between("mae", 1000.0, 2000.0) == "1,000 to 2,000"
    assert between("mape", 0.1, 0.2) == "10.0 % to 20.0 %"
    assert between("mae", None, 2.0) == ""


def test_counts_and_factors() -> None:
    """One of a thing has the singular."""
    assert plural(1, "house", "houses") == "1 house"
    assert plural(1200, "house", "houses") == "1,200 houses"
    assert times(2.345) == "2.35 \N{MULTIPLICATION SIGN}"


@pytest.mark.parametrize("metric", sorted(MEASURES))
def test_every_metric_is_explained(metric: str) -> None:
    """Each known metric has a sentence for people who are not statisticians."""
    assert MEASURES[metric].meaning.endswith(".")
