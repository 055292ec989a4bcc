"""Quality rules that could not be honoured are refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from lockgate.contract.compile import load_schema
from lockgate.errors import ContractError
from tests.samples import contract_document


@pytest.mark.parametrize(
    ("column", "rule", "message"),
    [
        (None, {"metric": "missingValues", "mustBe": 0}, "missingValues belongs in a column's"),
        (None, {"metric": "duplicateValues", "mustBe": 0}, "duplicateValues belongs in a column's"),
        (3, {"metric": "rowCount", "mustBeGreaterThan": 5}, "rowCount belongs in the table's"),
        (None, {"metric": "rowCount", "mustBe": 5, "unit": "percent"}, "counted in rows"),
        (3, {"metric": "invalidValues", "mustBe": 0, "severity": "warning"}, "it is no warning"),
        (3, {"mustBe": 0}, "names no metric"),
    ],
)
def test_a_rule_in_the_wrong_place(
    tmp_path: Path, column: int | None, rule: dict[str, Any], message: str
) -> None:
    """A metric of a column is not silently passed over at the table, nor the other way round."""
    contract = contract_document()
    table = contract["schema"][0]
    place = table if column is None else table["properties"][column]
    place["quality"] = [rule]
    path = tmp_path / "contract.yaml"
    path.write_text(yaml.safe_dump(contract), encoding="utf-8")
    with pytest.raises(ContractError, match=message):
        load_schema(path)
