"""What tomorrow may bring, and what a careful colleague would ask."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from lockgate.adoption.contract_file import contract_text
from lockgate.adoption.params_file import params_text
from lockgate.adoption.profile import profile
from lockgate.adoption.sampling import Sample
from tests.adoption.tables import ROWS, cycled, decided, findings_of, noise

PLACES = range(ROWS)
PARAMS = Path(__file__).with_name("params.yaml")
WIDE = [noise(r) for r in PLACES]


def test_a_number_has_room() -> None:
    """A number may leave today's range by its width, and gets no sign that it has never had."""
    limits = decided("size", [noise(r) + 500 for r in PLACES]).limits
    assert limits.minimum is not None
    assert limits.maximum is not None
    assert 390 <= limits.minimum <= 400.5
    assert 699 <= limits.maximum <= 710
    assert decided("size", WIDE).limits.minimum == 0
    assert decided("loss", [-value for value in WIDE]).limits.maximum == 0
    assert decided("flag", cycled(0, 1)).limits.maximum == 1


def test_texts_are_closed_only_where_none_is_rare() -> None:
    """Allowed values are listed where each is frequent; a rare one means that others may come."""
    assert decided("kind", cycled("a", "b")).limits.values == ("a", "b")
    rare = decided("kind", ["c", *cycled("a", "b", rows=ROWS - 1)]).limits
    assert rare.values is None
    assert rare.max_length == 40


@pytest.mark.parametrize(
    ("cells", "warning"),
    [
        (["-1" if r % 50 == 0 else noise(r) for r in PLACES], "4 times -1"),
        (["999" if r % 40 == 0 else noise(r) / 10 for r in PLACES], "5 times 999"),
        (["99999999" if r % 40 == 0 else noise(r) for r in PLACES], "5 times 99999999, apart"),
        ([min(noise(r), 90.0) for r in PLACES], "are the largest, 90"),
        ([min(int(noise(r)), 52) for r in PLACES], "are the largest, 52"),
        ([0 if r % 3 else 1900 + r % 90 for r in PLACES], "133 times 0, apart from the rest"),
        ([0 if r % 3 == 0 else noise(r) for r in PLACES], "34% of the values are 0"),
    ],
)
def test_odd_values_are_told(cells: list[Any], warning: str) -> None:
    """Sentinels, caps and piles stay in the data, and the person is told."""
    found = decided("size", cells)
    assert found.role == "feature"
    assert any(warning in text for text in found.warnings)


def test_an_outlier_is_a_warning() -> None:
    """A value far from the rest is kept and counted, by an expectation of severity warning."""
    cells = [5_000 if r == 7 else noise(r) for r in range(1_000)]
    found = findings_of({"size": cells})
    contract = yaml.safe_load(contract_text(found, "orders"))
    (column,) = (c for c in contract["schema"][0]["properties"] if c["name"] == "size")
    (rule,) = column["quality"]
    assert rule["severity"] == "warning"
    assert rule["implementation"]["kwargs"]["max_value"] < 5_000


def test_the_contract_says_how_numbers_are_written() -> None:
    """Separators, affixes, units, gaps and personal data stand in the contract."""
    cells = [f"{row + 1}.{row:03d},5 %" if row % 9 else "?" for row in PLACES]
    found = findings_of({"share": cells, "email": [f"p{r}@b.org" for r in PLACES]})
    properties = yaml.safe_load(contract_text(found, "a b"))["schema"][0]["properties"]
    share, email = properties[:2]
    custom = {item["property"]: item["value"] for item in share["customProperties"]}
    assert custom == {
        "unit": "%",
        "decimalSeparator": ",",
        "groupingSeparator": ".",
        "affixes": ["%"],
        "missingTokens": ["", "?"],
    }
    assert share["quality"][0]["metric"] == "nullValues"
    assert email["classification"] == "personal"


def test_odd_names_stand_in_params_as_they_are(tmp_path: Any) -> None:
    """A column called no, or with a colon in it, is named in quotes."""
    days = [f"2024-{1 + r // 28 % 12:02d}-{1 + r % 28:02d}" for r in PLACES]
    found = findings_of({"sold": days, "no": WIDE, "a: b": cycled(1, 5, 2, 9)})
    text = "featurize:\n  module: x\n  features: null\n  split:\n    test_from: null\n"
    text += "    test_share: 0.2\n  leaks:\n    refuse: 0.9\n"
    text += "train:\n  target_transform: none\nevaluate:\n  slices: []\n  checks: []\ngate:\n"
    for key in ("incumbent", "thresholds", "min_improvement_over_baseline", "interval_coverage"):
        text += f"  {key}: null\n"
    document = yaml.safe_load(params_text(text, found, tmp_path / "params.yaml"))
    assert {"no", "a: b", "sold_days"} <= set(document["featurize"]["features"])


@pytest.mark.parametrize(
    ("rows", "target", "days", "thresholds"),
    [
        (5_000, lambda r: 10 * (r % 2), False, {"mae": {"max": 5}}),
        (5_000, lambda r: 0.00004 * (r % 2), False, {"mae": {"max": 0.00002}}),
        (5_000, lambda r: 6e12 * (r % 2), False, {"mae": {"max": 3e12}}),
        (5_000, lambda r: "ab"[r % 2], True, {"roc_auc": {"min": 0.5}}),
        (5_000, lambda r: r % 97, True, {}),
        (600, lambda r: "ab"[r % 2], False, {}),
    ],
)
def test_the_gate_starts_from_a_constant(
    rows: int, target: Any, days: bool, thresholds: dict[str, Any]
) -> None:
    """A model must beat a constant, where neither chance nor drift can make it miss that."""
    columns = {"size": [noise(r) for r in range(rows)], "y": [target(r) for r in range(rows)]}
    if days:
        columns["sold"] = [f"20{10 + r // 400}-{1 + r % 12:02d}-01" for r in range(rows)]
    task = "regression" if not isinstance(target(1), str) else None
    found = findings_of(columns, target="y", task=task)
    params = yaml.safe_load(params_text(PARAMS.read_text(), found, PARAMS))
    assert params["gate"]["thresholds"] == thresholds


def test_a_sample_does_not_depend_on_batches() -> None:
    """The same rows are sampled however the table is cut."""
    import pyarrow as pa

    table = pa.table({"x": [str(row) for row in range(5_000)]})
    whole, parts = Sample(100), Sample(100)
    whole.take(table)
    for start in range(0, 5_000, 700):
        parts.take(table.slice(start, 700))
    assert whole.cells().to_pydict() == parts.cells().to_pydict()
    assert whole.cells().num_rows == 100


def test_many_different_texts_are_counted_exactly_where_it_matters() -> None:
    """An id stays unique over any number of rows, and one repeat shows."""
    import pyarrow as pa

    ids = [f"i{row}" for row in range(60_000)]
    often = [f"v{row % 30_000}" for row in range(60_000)]
    shares = [f"{row / 60_000:.6f}" for row in range(60_000)]
    table = pa.table({"id": ids, "nearly": [*ids[:-1], "i0"], "often": often, "share": shares})
    cut = ((table.slice(start, 10_000), 0) for start in range(0, 60_000, 10_000))
    found = profile(cut, table.column_names).columns
    assert found["id"].unique
    assert not found["nearly"].unique
    assert not found["often"].unique
    assert found["id"].distinct == 60_000
    assert found["nearly"].distinct == 59_999
    assert found["often"].overflow
    assert not found["share"].unique
