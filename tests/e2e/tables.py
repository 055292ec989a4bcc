"""scikit-learn's own tables as deliveries with a contract, as a person would write them."""

from typing import Any

import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

LOADERS = {"breast_cancer": load_breast_cancer, "diabetes": load_diabetes, "wine": load_wine}


def load_table(name: str) -> pd.DataFrame:
    """Return a table with a key and, for classification, its labels in words."""
    bunch = LOADERS[name](as_frame=True)
    frame: pd.DataFrame = bunch.frame.rename(columns=lambda column: column.replace(" ", "_"))
    if "target_names" in bunch:
        frame["target"] = bunch.target_names[frame["target"]]
    frame.insert(0, "row", [f"r{number}" for number in range(len(frame))])
    return frame


def contract_for(frame: pd.DataFrame, name: str, target: str) -> dict[str, Any]:
    """Describe `frame`: text columns with few values get them as allowed values."""
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": name,
        "version": "1.0.0",
        "status": "active",
        "schema": [
            {"name": name, "properties": [_property(frame[c], target) for c in frame.columns]}
        ],
    }


def _property(values: "pd.Series[Any]", target: str) -> dict[str, Any]:
    name = str(values.name)
    number = pd.api.types.is_numeric_dtype(values)
    described: dict[str, Any] = {"name": name, "logicalType": "number" if number else "string"}
    if values.is_unique and not number:
        return described | {"primaryKey": True}
    if name == target:
        described["required"] = True
        described["customProperties"] = [{"property": "role", "value": "target"}]
    if not number:
        levels = sorted(values.dropna().unique())
        described["quality"] = [
            {"metric": "invalidValues", "arguments": {"validValues": levels}, "mustBe": 0}
        ]
    return described
