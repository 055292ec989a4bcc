"""The service that people write first: FastAPI, pydantic, pandas and the scikit-learn pipeline.

``uvicorn plain:app`` in a checkout whose pipeline has run; the floor of benchmarks/serve.py. It is
sent the features ready-made, and neither computes them nor an interval, keeps no journal, asks for
no key.
"""

import json
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel, create_model

BUNDLE = Path("models", "model")
KINDS: dict[str, Any] = {"number": float | None, "category": str | None}

manifest = json.loads((BUNDLE / "manifest.json").read_text(encoding="utf-8"))
pipeline = joblib.load(BUNDLE / "pipeline.joblib")
fields: dict[str, Any] = {
    feature["name"]: (KINDS[feature["kind"]], None) for feature in manifest["features"]
}
Row: Any = create_model("Row", **fields)


class Batch(BaseModel):
    """Rows to predict at once."""

    rows: list[Row]


app = FastAPI()


@app.post("/predict")
async def predict(row: Row) -> dict[str, Any]:
    """Predict one row."""
    return {"prediction": predicted([row])[0]}


@app.post("/predict/batch")
async def predict_batch(batch: Batch) -> dict[str, Any]:
    """Predict many rows."""
    return {"predictions": predicted(batch.rows)}


def predicted(rows: list[Any]) -> list[Any]:
    """Return what the pipeline says of rows."""
    frame = pd.DataFrame([row.model_dump() for row in rows])
    answers: list[Any] = pipeline.predict(frame).tolist()
    return answers
