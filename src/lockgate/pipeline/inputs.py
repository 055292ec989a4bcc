"""What several stages read: the schema, and the features that featurize chose."""

from pathlib import Path
from typing import Any

from lockgate.contract import Schema
from lockgate.errors import FeatureError
from lockgate.features import Feature, resolve
from lockgate.tables import read_json
from lockgate.tables.paths import reading

SCHEMA = Path("data", "schema.json")
FEATURES = Path("data", "features")
FEATURE_LIST = FEATURES / "features.json"


def read_schema(root: Path) -> Schema:
    """Read the schema that validate compiled.

    Raises
    ------
    TableError, ContractError
        When the file is missing or is no schema.
    """
    with reading(root / SCHEMA):
        text = (root / SCHEMA).read_text(encoding="utf-8")
    return Schema.from_json(text)


def describe(features: tuple[Feature, ...], warnings: dict[str, str]) -> list[dict[str, Any]]:
    """Return the content of features.json.

    Parameters
    ----------
    features : tuple of Feature
        In the order in which the model reads them.
    warnings : dict
        What the leak guard remarked on, by feature.
    """
    return [
        {
            "name": feature.name,
            "kind": feature.kind,
            "columns": list(feature.columns),
            "source_hash": feature.source_hash,
            "warning": warnings.get(feature.name),
        }
        for feature in features
    ]


def read_features(root: Path, module: str | None, schema: Schema) -> tuple[Feature, ...]:
    """Find the features that featurize wrote, in their order.

    Raises
    ------
    FeatureError
        When the code of a feature is not the code that computed the files.
    """
    listed = read_json(root / FEATURE_LIST)
    features = resolve([entry["name"] for entry in listed], module, schema)
    for feature, entry in zip(features, listed, strict=True):
        if feature.source_hash != entry["source_hash"]:
            raise FeatureError(
                "its code has changed since the features were computed",
                where=f"feature {feature.name}",
                hint="run dvc repro, or python -m lockgate.pipeline featurize",
            )
    return features
