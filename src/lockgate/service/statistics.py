"""GET /metrics for Prometheus, and GET /stats: the same figures in JSON, for a person."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample
from starlette.responses import PlainTextResponse, Response

from lockgate.service.state import State

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def statistics_routes(state: State) -> APIRouter:
    """Return the routes that show what was counted, over all workers."""
    router = APIRouter(tags=["service"])

    @router.get(
        "/metrics",
        summary="Metrics as Prometheus reads them",
        response_class=PlainTextResponse,
    )
    def metrics() -> Response:
        text = generate_latest(state.telemetry)
        return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    @router.get("/stats", summary="Requests, errors, latency and predictions so far")
    def stats() -> dict[str, Any]:
        return summary(state.telemetry.collect())

    return router


def summary(metrics: Iterable[Metric]) -> dict[str, Any]:
    """Return totals, latencies in milliseconds for each route, and what each version did.

    ``predictions`` are rows, ``fallbacks`` are requests, or groups of a stream, and ``breakers``
    are worker processes.
    """
    found = {each.name: each.samples for each in metrics}
    statuses: dict[str, float] = defaultdict(float)
    for sample in found.get("lockgate_requests", ()):
        if sample.name.endswith("_total"):
            statuses[sample.labels["status"][0]] += sample.value
    buckets: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for sample in found.get("lockgate_request_duration_seconds", ()):
        if sample.name.endswith("_bucket"):
            bucket = (float(sample.labels["le"]), sample.value)
            buckets[sample.labels["route"]].append(bucket)
    return {
        "requests": int(sum(statuses.values())),
        "client_errors": int(statuses["4"]),
        "server_errors": int(statuses["5"]),
        "in_flight": int(sum(each.value for each in found["lockgate_requests_in_flight"])),
        "latency_ms": {route: _latency(sorted(buckets[route])) for route in sorted(buckets)},
        "predictions": _by_version(found.get("lockgate_predictions", ()), "served_by"),
        "fallbacks": _by_version(found.get("lockgate_fallbacks", ()), "reason"),
        "breakers": _by_version(found.get("lockgate_breaker_state", ()), "state"),
        "cache": {
            name: _total(samples)
            for name in ("hits", "misses", "errors")
            if (samples := found.get(f"lockgate_cache_{name}"))
        },
    }


def _total(samples: Iterable[Sample]) -> int:
    return int(sum(each.value for each in samples if each.name.endswith("_total")))


def _by_version(samples: Iterable[Sample], label: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for sample in samples:
        if not sample.name.endswith("_created"):
            found[sample.labels["version"]][sample.labels[label]] = int(sample.value)
    return found


def _latency(buckets: list[tuple[float, float]]) -> dict[str, float]:
    shares = {name: round(1000 * quantile(buckets, q), 3) for name, q in QUANTILES.items()}
    return {"requests": int(buckets[-1][1])} | shares


def quantile(buckets: list[tuple[float, float]], share: float) -> float:
    """Estimate a quantile from a histogram, evenly within a bucket, as Prometheus does.

    Parameters
    ----------
    buckets : list of (float, float)
        Upper bound and how many values are at most that; ascending, the last bound infinite.
    share : float
        Between 0 and 1.

    Returns
    -------
    float
        In the unit of the bounds; the last finite bound where the quantile lies beyond it, 0
        where there are no values.
    """
    rank = share * buckets[-1][1]
    low, below = 0.0, 0.0
    for high, count in buckets:
        if count >= rank and count > below:
            if high == float("inf"):
                break
            return low + (high - low) * (rank - below) / (count - below)
        if high != float("inf"):
            low, below = high, count
    return low if buckets[-1][1] else 0.0
