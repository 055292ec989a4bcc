"""Which features adoption makes of dates."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from lockgate.adoption.params_file import params_text
from tests.adoption.tables import ROWS, cycled, findings_of, noise

HERE = Path(__file__).parent
FIRST = datetime(2024, 1, 1)
MOMENTS = [FIRST + timedelta(hours=7 * row) for row in range(ROWS)]
LATER = [each + timedelta(days=noise(3 * row) // 5) for row, each in enumerate(MOMENTS)]


def features(columns: dict[str, Sequence[Any]], **wishes: Any) -> Any:
    """Return what adoption writes as featurize.features."""
    text = (HERE / "params.yaml").read_text()
    written = params_text(text, findings_of(columns, **wishes), HERE / "params.yaml")
    return yaml.safe_load(written)["featurize"]["features"]


def test_a_time_with_hours_gives_the_hour() -> None:
    """What changes over the day is learned from a timestamp, and a date has no hour."""
    assert "at_hour" in features({"at": MOMENTS})
    assert features({"at": [each.date() for each in MOMENTS]}) == [
        "other",
        "at_month",
        "at_day_of_week",
        "at_days",
    ]


def test_another_timestamp_gives_all_its_parts() -> None:
    """A date beside the time is a feature, by its calendar parts."""
    found = features({"at": MOMENTS, "seen": LATER}, time="at")
    parts = ("year", "month", "day_of_week", "days", "hour")
    assert found[:5] == [f"seen_{part}" for part in parts]


def test_the_days_between_two_dates_are_a_feature() -> None:
    """From the earlier to the later one, whatever their order in the table."""
    assert features({"back": LATER, "out": MOMENTS})[-1] == "out_to_back_days"


def test_without_a_time_too() -> None:
    """Dates that cannot divide the rows are features all the same."""
    early = cycled("2024-01-01", "2024-01-02")
    found = features({"out": early, "back": cycled("2024-02-01", "2024-02-09", "2024-03-01")})
    assert found[-1] == "out_to_back_days"


def test_of_many_dates_neighbours_are_compared() -> None:
    """The rest are sums of these."""
    columns = {
        f"d{place}": [
            FIRST + timedelta(days=40 * place + row // 3, hours=row * place % 5)
            for row in range(ROWS)
        ]
        for place in range(5)
    }
    spans = [name for name in features(columns, time="d0") if "_to_" in name]
    assert spans == ["d0_to_d1_days", "d1_to_d2_days", "d2_to_d3_days", "d3_to_d4_days"]


def test_a_duration_is_not_predicted_from_its_ends() -> None:
    """Where the days between two dates are the target, the later date is known only with it."""
    took = [(b - a).days for a, b in zip(MOMENTS, LATER, strict=True)]
    found = findings_of({"out": MOMENTS, "back": LATER, "took": took}, target="took", time="out")
    reasons = {each.name: each.reasons for each in found.columns if each.role == "ignore"}
    assert "gives the target away" in reasons["back"][-1]
    assert found.spans == ()
