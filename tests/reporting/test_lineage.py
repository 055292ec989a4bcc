"""Where a model comes from."""

import pytest

from lockgate.artifact.manifest import FeatureEntry
from lockgate.reporting.lineage import features, lineage, span
from tests.reporting.cases import make_findings


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"kind": "number", "low": 0.5, "high": 12000.0}, "0.5 to 12,000"),
        ({"kind": "number"}, "\N{EN DASH}"),
        ({"kind": "category", "levels": 1}, "1 level"),
        ({"kind": "category", "levels": 31}, "31 levels"),
    ],
)
def test_training_ranges(entry: dict[str, object], text: str) -> None:
    """Numbers have a range, categories a count, and a feature without values a dash."""
    made = FeatureEntry.model_validate(
        {"name": "x", "columns": ("x",), "source_hash": None} | entry
    )
    assert span(made) == text


def test_features_carry_the_unit_of_their_column() -> None:
    """A feature that is a column as it stands has the column's unit and no code of its own."""
    weight = next(row for row in features(make_findings("regression")) if row.name == "weight")
    assert (weight.unit, weight.source, weight.code) == ("kg", "", "")


def test_lineage_says_when_the_training_data_are_from() -> None:
    """Dated rows give the training period."""
    facts = dict(lineage(make_findings("binary").bundle))
    assert facts["training sent_on"].startswith("2026-01-01 to 2026-02-")
    assert facts["served form"] == "trees"
    assert facts["seed"] == "7"
