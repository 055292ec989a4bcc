"""Whether the service is alive and ready, and what it serves."""

from fastapi import APIRouter

from lockgate.service.description import ModelInfo, describe_model
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
    served = describe_model(state.router.current)

    # Some load balancers ask with HEAD.
    @router.head("/health", include_in_schema=False)
    @router.get("/health", summary="Whether the process is alive")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.head("/ready", include_in_schema=False)
    @router.get("/ready", summary="Whether a verified model is loaded and takes requests")
    async def ready() -> dict[str, str]:
        check_ready(state)
        return {"status": "ready", "model_version": state.router.current.version}

    @router.get("/model/info", summary="What is served, and where it comes from")
    async def info() -> ModelInfo:
        return served

    return router
