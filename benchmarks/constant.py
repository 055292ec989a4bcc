"""The least that a FastAPI service does, ``uvicorn constant:app``: for benchmarks/serve.py."""

from fastapi import FastAPI

app = FastAPI()


@app.post("/predict")
@app.post("/predict/batch")
async def predict() -> dict[str, float]:
    """Answer any request with the same number."""
    return {"prediction": 1.0}
