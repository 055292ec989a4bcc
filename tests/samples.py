"""Small contracts and params of the tests' own: a fork's files play no part in them."""

from typing import Any

from lockgate.sources.market import EXAMPLE_HASH


def params_document() -> dict[str, Any]:
    """Return a complete params.yaml as plain data."""
    return {
        "seed": 7,
        "validate": {
            "max_quarantined_share": 0.2,
            "max_quarantined_share_per_rule": 0.2,
            "batch_rows": 1000,
        },
        "featurize": {
            "module": None,
            "features": None,
            "split": {"test_from": None, "test_share": 0.25, "calibration_share": 0.0},
            "leaks": {"refuse": 0.995, "warn": 0.95},
        },
        "train": {
            "model": "ridge",
            "models": {
                "ridge": {
                    "regressor": "sklearn.linear_model.Ridge",
                    "classifier": "sklearn.linear_model.LogisticRegression",
                    "params": {},
                }
            },
            "levels": {"max_levels": 20, "min_rows": 2},
            "target_transform": "none",
            "cv_folds": 3,
            "interval_level": 0.9,
        },
        "evaluate": {
            "bootstrap_resamples": 50,
            "min_slice_rows": 5,
            "slices": [],
            "importance_repeats": 1,
            "checks": [],
        },
        "gate": {
            "enforce": True,
            "incumbent": "none",
            "thresholds": {},
            "min_improvement_over_baseline": None,
            "interval_coverage": None,
            "worst_slice_ratio": None,
            "require_checks": True,
            "max_quarantined_share": 0.2,
            "max_bundle_megabytes": 50.0,
            "comparison": {"max_regression": 0.0, "require_improvement": False},
        },
    }


def contract_document() -> dict[str, Any]:
    """Return a small contract with a column of each role as plain data."""
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "parcels",
        "version": "1.0.0",
        "status": "active",
        "schema": [
            {
                "name": "parcels",
                "customProperties": [
                    {"property": "entity", "value": "parcel"},
                    {"property": "missingTokens", "value": ["", "n/a"]},
                ],
                "properties": [
                    {"name": "parcel_id", "logicalType": "string", "primaryKey": True},
                    _role("sender", "string", "group"),
                    _role("sent_on", "date", "time"),
                    {
                        "name": "weight",
                        "logicalType": "number",
                        "required": True,
                        "logicalTypeOptions": {"minimum": 0, "maximum": 50},
                        "customProperties": [{"property": "unit", "value": "kg"}],
                    },
                    {
                        "name": "size",
                        "logicalType": "string",
                        "quality": [
                            {
                                "metric": "invalidValues",
                                "arguments": {"validValues": ["small", "large"]},
                                "mustBe": 0,
                            }
                        ],
                    },
                    {"name": "insured", "logicalType": "boolean"},
                    {"name": "pieces", "logicalType": "integer"},
                    _role("cost", "number", "target"),
                ],
            }
        ],
    }


def example_pin() -> dict[str, Any]:
    """Return data/raw.dvc of the bundled example as plain data."""
    pinned = {"md5": EXAMPLE_HASH, "size": 2165655, "nfiles": 24, "hash": "md5", "path": "raw"}
    return {"outs": [pinned]}


def _role(name: str, logical_type: str, role: str) -> dict[str, Any]:
    return {
        "name": name,
        "logicalType": logical_type,
        "required": True,
        "customProperties": [{"property": "role", "value": role}],
    }
