"""How the stages grow: each size and stage has its line."""

from pathlib import Path

from tests.benchmarks.scripts import printed
from tests.project import make_project
from tests.samples import contract_document, params_document

NUMBERS = ("square_feet", "bedrooms", "bathrooms", "age_years", "distance_to_city")
TEXTS = ("house_id", "property_type", "neighbourhood")


def test_every_stage_is_measured_by_size(tmp_path: Path) -> None:
    """Each stage has a line for each size, and validate stands beside Great Expectations."""
    project = make_project(tmp_path / "market", market(), params())
    section = printed("scale.py", 3000, project.root)
    assert "| 3,000 | `COMPLETE` |" in section
    assert section.count("| 3,000 |") == 2 + 5


def params() -> dict[str, object]:
    """Return params for the simulated market, with no feature of its own."""
    document = params_document()
    document["featurize"]["split"]["test_from"] = "2025-09-01"
    return document


def market() -> dict[str, object]:
    """Return a contract for the simulated market that asks for little."""
    document = contract_document()
    properties = [
        {"name": "sale_id", "logicalType": "string", "primaryKey": True},
        _column("sold_on", "date", "time"),
        _column("price", "number", "target"),
        *(
            _column(name, "number", "feature")
            for name in (*NUMBERS, "lot_square_feet", "condition")
        ),
        *(_column(name, "string", "feature") for name in TEXTS),
        _column("renovated", "boolean", "feature"),
    ]
    document["schema"][0]["properties"] = properties
    return document


def _column(name: str, kind: str, role: str) -> dict[str, object]:
    properties = [{"property": "role", "value": role}]
    return {"name": name, "logicalType": kind, "customProperties": properties}
