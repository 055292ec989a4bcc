"""Whether the service is alive and ready, and what it serves."""

from typing import Any

from fastapi import APIRouter

from lockgate.service.problems import Problem
from lockgate.service.state import State


def check_ready(state: State) -> None:
    """Tell callers to go elsewhere while the service stops.

    Raises
    ------
    Problem
        503
    """
    if state.stopping.is_set():
        raise Problem(503, "the service is stopping; ask another instance")


def health_routes(state: State) -> APIRouter:
    """Return the routes that a load balancer and a curious person ask."""
    router = APIRouter(tags=["service"])

    @router.get("/health", summary="Whether the process is alive")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready", summary="Whether a verified model is loaded and takes requests")
    async def ready() -> dict[str, str]:
        check_ready(state)
        return {"status": "ready", "model_version": state.router.current.version}

    @router.get("/model/info", summary="What is served, and where it comes from")
    async def info() -> dict[str, Any]:
        loaded = state.router.current
        manifest = loaded.predictor.bundle.manifest
        return {
            "version": loaded.version,
            "entity": loaded.predictor.bundle.schema.entity,
            "target": manifest.target,
            "task": manifest.task,
            "classes": manifest.classes,
            "lineage": {
                "model_hash": loaded.predictor.lineage.model_hash,
                "data_hash": loaded.predictor.lineage.data_hash,
                "schema_hash": manifest.schema_hash,
                "seed": manifest.seed,
                "training_rows": manifest.rows,
                "training_periods": manifest.periods,
                "libraries": manifest.libraries,
            },
            "model": {
                "estimator": manifest.primary.estimator,
                "form": manifest.primary.form,
                "params": manifest.primary.params,
            },
            "baseline": {"estimator": manifest.baseline.estimator},
            "interval_level": manifest.level,
            "features": manifest.features,
        }

    return router
