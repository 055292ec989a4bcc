"""Deliveries of parcels: a small table with every kind of column and some dirt."""

import numpy as np
import pandas as pd

from tests.project import Project


def parcels(month: int, rows: int = 150) -> pd.DataFrame:
    """Simulate one delivery: cost follows weight, size and pieces, with some noise."""
    chance = np.random.default_rng(month)
    weight = chance.uniform(0.5, 40, rows).round(2)
    large = chance.random(rows) < 0.4
    pieces = chance.integers(1, 6, rows)
    cost = 3 + 0.8 * weight + 6 * large + 1.5 * pieces + chance.normal(0, 1.0, rows)
    frame = pd.DataFrame(
        {
            "parcel_id": [f"p{month}-{number}" for number in range(rows)],
            "sender": [f"s{number}" for number in chance.integers(0, 60, rows)],
            "sent_on": [f"2025-{month:02d}-{day:02d}" for day in chance.integers(1, 28, rows)],
            "weight": weight,
            "size": np.where(large, "large", "small"),
            "insured": np.where(chance.random(rows) < 0.5, "yes", "no"),
            "pieces": pieces,
            "cost": cost.round(2),
        }
    ).astype(object)
    frame.loc[3, "weight"] = 999
    frame.loc[5, "size"] = "huge"
    frame.loc[7, "insured"] = " n/a "
    frame.loc[9, "cost"] = None
    return frame


def deliver(project: Project, *months: int) -> None:
    """Add one delivery for each month, track them with DVC and commit."""
    raw = project.root / "data" / "raw"
    raw.mkdir(exist_ok=True)
    for month in months:
        parcels(month).to_csv(raw / f"parcels-{month:02d}.csv", index=False)
    project.dvc("add", "--quiet", "data/raw")
    project.commit()
