"""A minimal FastAPI app: rows in by POST /predict, answers out."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse

from lockgate.contract import Column
from lockgate.html import render
from lockgate.predict import Predictor, load_predictor
from lockgate.predict.answers import Answer, NumberAnswer
from lockgate.predict.request import SHOWN, field_of, what


def create_app(bundle: Path) -> FastAPI:
    """Load a bundle and return the app that serves it.

    FastAPI's own documentation page loads its scripts from the internet, so it is off; ``/docs``
    is a plain page instead, and ``/openapi.json`` is there for machines.

    Raises
    ------
    BundleError
        When the bundle is damaged, foreign, or does not fit the installed code.
    """
    predictor = load_predictor(bundle)
    schema = predictor.bundle.schema
    version = f"unreleased-{predictor.lineage.model_hash[:8]}"
    app = FastAPI(title=f"{schema.entity}: {schema.target.name}", docs_url=None, redoc_url=None)
    page = _page(predictor, version)

    async def predict(row: Any) -> JSONResponse:
        return JSONResponse(_body(predictor.predict(row), schema.target.name, version))

    # The model is made at run time, where an annotation in the source cannot name it.
    predict.__annotations__["row"] = predictor.row_model
    app.post("/predict", summary=f"Predict {schema.target.name}")(predict)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {
            "status": "ok",
            "model_version": version,
            "model_hash": predictor.lineage.model_hash,
            "data_hash": predictor.lineage.data_hash,
        }

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page)

    @app.exception_handler(RequestValidationError)
    async def refuse(_: Request, problem: RequestValidationError) -> JSONResponse:
        # FastAPI's own handler repeats the input, and fails where that is NaN.
        errors = list(problem.errors())[:SHOWN]
        detail = [{"field": field_of(each), "problem": what(each, schema)} for each in errors]
        return JSONResponse({"detail": detail}, status_code=422)

    return app


def _body(answer: Answer, target: str, version: str) -> dict[str, Any]:
    common = {"model_version": version, "warnings": answer.warnings}
    if isinstance(answer, NumberAnswer):
        interval = {"lower": answer.lower, "upper": answer.upper, "level": answer.level}
        return {f"predicted_{target}": answer.value, "confidence_interval": interval, **common}
    return {
        f"predicted_{target}": answer.label,
        "probability": answer.probability,
        "probabilities": answer.probabilities,
        **common,
    }


def _page(predictor: Predictor, version: str) -> str:
    schema = predictor.bundle.schema
    return render(
        "service.html",
        schema=schema,
        columns=[column for column in schema.columns if column.role in {"feature", "time"}],
        allowed=_allowed,
        version=version,
    )


def _allowed(column: Column) -> str:
    if column.values is not None:
        return ", ".join(column.values)
    words = {
        "at least": (column.minimum, column.earliest),
        "above": (column.exclusive_minimum,),
        "at most": (column.maximum, column.latest),
        "below": (column.exclusive_maximum,),
    }
    return ", ".join(
        f"{word} {bound if isinstance(bound, str) else format(bound, ',.12g')}"
        for word, bounds in words.items()
        for bound in bounds
        if bound is not None
    )
