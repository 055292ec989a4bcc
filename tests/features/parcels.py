"""Parcels: a small table with a column of each role and type."""

from typing import Any

import numpy as np

from lockgate.contract import Column, Schema
from lockgate.tables import Columns

COLUMNS = {
    "parcel_id": ("string", "key"),
    "sender": ("string", "group"),
    "sent_on": ("date", "time"),
    "weight": ("number", "feature"),
    "pieces": ("integer", "feature"),
    "insured": ("boolean", "feature"),
    "size": ("string", "feature"),
    "due": ("timestamp", "feature"),
    "note": ("string", "ignore"),
    "cost": ("number", "target"),
}
WORDS = np.array(["small", "large", "", "odd"], dtype=object)


def column(name: str, type_: Any = "number", role: Any = "feature", **more: Any) -> Column:
    """Describe one column."""
    return Column(name=name, type=type_, role=role, **more)


def schema(*without: str, **changed: Column) -> Schema:
    """Describe parcels, without some columns and with others changed or added."""
    known = {name: column(name, *rest) for name, rest in COLUMNS.items() if name not in without}
    columns = tuple((known | changed).values())
    return Schema(entity="parcel", entities="parcels", version="1", columns=columns)


def parcels(rows: int, seed: int = 0) -> Columns:
    """Make rows in which every column but key and target may lack a value."""
    random = np.random.default_rng(seed)
    day = np.datetime64("2024-01-01", "s") + random.integers(0, 600, rows) * 86_400
    return {
        "parcel_id": _names("P", np.arange(rows)),
        "sender": _names("S", random.integers(0, max(rows // 3, 1), rows)),
        "sent_on": day,
        "weight": np.where(random.random(rows) < 0.1, np.nan, random.gamma(2.0, 2.0, rows)),
        "pieces": random.integers(1, 5, rows).astype(float),
        "insured": random.choice([0.0, 1.0, np.nan], rows),
        "size": random.choice(WORDS, rows),
        "due": np.where(random.random(rows) < 0.1, np.datetime64("NaT"), day + 5_000),
        "note": _names("N", random.integers(0, 9, rows)),
        "cost": random.gamma(3.0, 10.0, rows),
    }


def _names(letter: str, numbers: Any) -> Any:
    return np.array([f"{letter}{number}" for number in numbers], dtype=object)
