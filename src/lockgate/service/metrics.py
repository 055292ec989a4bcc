"""The metrics of the service, by their names in Prometheus: what each is of, and its labels."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.metrics import MetricWrapperBase

from lockgate.artifact.manifest import Manifest
from lockgate.service.breaker import STATES, State
from lockgate.service.distribution import Distribution, prediction_buckets
from lockgate.service.models import Loaded

SECONDS = (
    *(0.0001, 0.0002, 0.0003, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05),
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
)
MOST_LABELS = 4096
Kind = TypeVar("Kind", bound=MetricWrapperBase)


def by_label(metric: Kind) -> Callable[..., Kind]:
    """Return what finds the metric of some labels: to look one up costs more than to count."""
    return lru_cache(MOST_LABELS)(metric.labels)


class RequestMetrics:
    """What is counted and timed of requests, whatever they ask."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter = partial(Counter, registry=registry)
        self.requests = by_label(
            counter("lockgate_requests", "Requests answered.", ("route", "method", "status"))
        )
        durations = Distribution(
            "lockgate_request_duration_seconds",
            "Time from a request's head to the end of its answer.",
            ("route",),
            buckets=SECONDS,
            registry=registry,
        )
        self.durations = by_label(durations)
        self.in_flight = Gauge(
            "lockgate_requests_in_flight",
            "Requests that are being answered.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        refusals = counter(
            "lockgate_refusals",
            "Requests refused as too many; those crowded out are in no other metric.",
            ("reason",),
        )
        self.refusals = by_label(refusals)
        self.unlogged = counter("lockgate_log_failures", "Log lines that could not be written.")


class PredictionMetrics:
    """What is counted of rows and their answers.

    Parameters
    ----------
    registry : CollectorRegistry
        Gets the metrics.
    manifest : Manifest
        Of the model that is served; the distribution's buckets span the range of its predictions.
    """

    def __init__(self, registry: CollectorRegistry, manifest: Manifest) -> None:
        counter = partial(Counter, registry=registry)
        predictions = counter("lockgate_predictions", "Rows predicted.", ("version", "served_by"))
        self.predictions = by_label(predictions)
        remarks = counter(
            "lockgate_input_remarks",
            "Values that were missing, unseen in training, outside its range, or late.",
            ("kind", "field"),
        )
        self.remarks = by_label(remarks)
        doubtful = counter(
            "lockgate_doubtful_predictions",
            "Rows predicted with a low probability, or an unusually wide interval.",
            ("version",),
        )
        self.doubtful = by_label(doubtful)
        fallbacks = counter(
            "lockgate_fallbacks",
            "Answers of the baseline in the model's place: the model raised an error, was late, "
            "had no thread free, or its breaker was open.",
            ("version", "reason"),
        )
        self.fallbacks = by_label(fallbacks)
        unanswered = counter(
            "lockgate_unanswered",
            "Times that neither the model nor its baseline could answer.",
            ("version",),
        )
        self.unanswered = by_label(unanswered)
        if manifest.task == "regression":
            values = Distribution(
                "lockgate_prediction",
                f"Predicted {manifest.target}.",
                ("version",),
                buckets=prediction_buckets(manifest),
                registry=registry,
            )
            self.values = by_label(values)
        else:
            labels = counter(
                "lockgate_predicted_labels",
                f"Predictions of each class of {manifest.target}.",
                ("version", "label"),
            )
            self.labels = by_label(labels)


class ModelMetrics:
    """Which model is served, and how its circuit breaker stands."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._info = Gauge(
            "lockgate_model_info",
            "1 for the model that is served, 0 for one that was; the labels say which it is.",
            ("version", "model_hash", "estimator"),
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._states = Gauge(
            "lockgate_breaker_state",
            "Worker processes whose circuit breaker is in the state.",
            ("version", "state"),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._openings = Counter(
            "lockgate_breaker_openings",
            "Times that a circuit breaker opened; a failed trial is not counted again.",
            ("version",),
            registry=registry,
        )

    def serves(self, loaded: Loaded, before: Loaded | None = None) -> None:
        """Tell which model is served from now on, in place of the one before."""
        if before:
            self._info.labels(*_labels(before)).set(0)
            self._forget_breaker(before)
        self._info.labels(*_labels(loaded)).set(1)
        loaded.breaker.listeners.append(self._breaker(loaded))

    def _forget_breaker(self, before: Loaded) -> None:
        """One that was open would be an alarm for ever."""
        before.breaker.listeners.clear()
        for state in STATES:
            self._states.labels(before.version, state).set(0)

    def _breaker(self, loaded: Loaded) -> Callable[[State, State], None]:
        """Begin to count a model's breaker; return what the breaker is to tell of its changes."""
        version = loaded.version
        gauges = {state: self._states.labels(version, state) for state in STATES}
        openings = self._openings.labels(version)
        gauges[loaded.breaker.state].set(1)

        def change(before: State, after: State) -> None:
            gauges[before].set(0)
            gauges[after].set(1)
            if before == "closed":
                openings.inc()

        return change


def _labels(loaded: Loaded) -> tuple[str, str, str]:
    lineage, manifest = loaded.predictor.lineage, loaded.predictor.bundle.manifest
    return loaded.version, lineage.model_hash, manifest.primary.estimator
