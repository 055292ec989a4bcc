"""What the service counts and times, as Prometheus metrics: right over all worker processes."""

import os
from collections import Counter as Tally
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from threading import Lock
from typing import TypeVar

import numpy as np
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from lockgate.artifact.manifest import Manifest, RegressionEntry
from lockgate.predict import ClassAnswer, NumberAnswer, Remark
from lockgate.service.answering import Outcome
from lockgate.service.breaker import STATES, State
from lockgate.service.exchange import Exchange
from lockgate.service.models import Loaded
from lockgate.service.processes import Processes
from lockgate.service.watching import Figures

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (
    *(0.0001, 0.0002, 0.0003, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05),
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
)
BINS = 20
# So many requests wait at most to be counted, and none of more rows than a few.
MOST = 256
FEW_ROWS = 16
Item = TypeVar("Item")


class Distribution(Histogram):
    """A histogram that takes many values at once; its buckets are those of any other."""

    def observe_all(self, values: Sequence[float]) -> None:
        """Count values, of any number, at the cost of one pass."""
        self._sum.inc(sum(values))
        places = np.searchsorted(self._upper_bounds, values)
        for place, count in enumerate(np.bincount(places).tolist()):
            if count:
                self._buckets[place].inc(count)


class InFlight:
    """How many requests are being answered, counted in the event loop's thread alone."""

    def __init__(self) -> None:
        self.count = 0

    def inc(self) -> None:
        """Count one that begins."""
        self.count += 1

    def dec(self) -> None:
        """Count one that ends."""
        self.count -= 1


class Telemetry:
    """The metrics of one process; `collect` reads those of all workers.

    Counting a request costs as much as answering it, and most where workers count together, so
    requests are counted in groups: at least each second, and before the metrics are read. Of a
    worker that is killed the last second is lost. A label is looked up once.

    Parameters
    ----------
    loaded : Loaded
        The model that is served; the distribution's buckets span the range of its predictions.
    """

    def __init__(self, loaded: Loaded) -> None:
        # When a counter was made is not asked for, and doubles what is read each time.
        disable_created_metrics()
        manifest = loaded.predictor.bundle.manifest
        self.registry = CollectorRegistry()
        self._processes = Processes(os.environ.get(FOLDER))
        self.journal: Figures | None = None
        self.in_flight = InFlight()
        self._answers: deque[tuple[str, str, int, float]] = deque()
        self._outcomes: deque[Outcome] = deque()
        self._lock = Lock()
        requests = Counter(
            "lockgate_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        durations = Distribution(
            "lockgate_request_duration_seconds",
            "Time from a request's head to the end of its answer.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._in_flight = Gauge(
            "lockgate_requests_in_flight",
            "Requests that are being answered.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.unlogged = Counter(
            "lockgate_log_failures",
            "Log lines that could not be written.",
            registry=self.registry,
        )
        predictions = Counter(
            "lockgate_predictions",
            "Rows predicted.",
            ("version", "served_by"),
            registry=self.registry,
        )
        remarks = Counter(
            "lockgate_input_remarks",
            "Values that were missing, unseen in training, outside its range, or late.",
            ("kind", "field"),
            registry=self.registry,
        )
        doubtful = Counter(
            "lockgate_doubtful_predictions",
            "Rows predicted with a low probability, or an unusually wide interval.",
            ("version",),
            registry=self.registry,
        )
        self._doubtful = lru_cache(64)(doubtful.labels)
        refusals = Counter(
            "lockgate_refusals",
            "Requests refused as too many; those crowded out are in no other metric.",
            ("reason",),
            registry=self.registry,
        )
        self._refusals = lru_cache(64)(refusals.labels)
        fallbacks = Counter(
            "lockgate_fallbacks",
            "Answers of the baseline in the model's place: the model raised an error, was late, "
            "had no thread free, or its breaker was open.",
            ("version", "reason"),
            registry=self.registry,
        )
        unanswered = Counter(
            "lockgate_unanswered",
            "Times that neither the model nor its baseline could answer.",
            ("version",),
            registry=self.registry,
        )
        self._breaker_state = Gauge(
            "lockgate_breaker_state",
            "Worker processes whose circuit breaker is in the state.",
            ("version", "state"),
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._breaker_openings = Counter(
            "lockgate_breaker_openings",
            "Times that a circuit breaker opened; a failed trial is not counted again.",
            ("version",),
            registry=self.registry,
        )
        self._fallbacks = lru_cache(64)(fallbacks.labels)
        self._unanswered = lru_cache(64)(unanswered.labels)
        self._requests = lru_cache(4096)(requests.labels)
        self._durations = lru_cache(1024)(durations.labels)
        self._predictions = lru_cache(64)(predictions.labels)
        self._remarks = lru_cache(4096)(remarks.labels)
        if manifest.task == "regression":
            values = Distribution(
                "lockgate_prediction",
                f"Predicted {manifest.target}.",
                ("version",),
                buckets=prediction_buckets(manifest),
                registry=self.registry,
            )
            self._values = lru_cache(64)(values.labels)
        else:
            self._labels = Counter(
                "lockgate_predicted_labels",
                f"Predictions of each class of {manifest.target}.",
                ("version", "label"),
                registry=self.registry,
            )
        self._info = Gauge(
            "lockgate_model_info",
            "1 for the model that is served, 0 for one that was; the labels say which it is.",
            ("version", "model_hash", "estimator"),
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self.serves(loaded)

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
            self._breaker_state.labels(before.version, state).set(0)

    def _breaker(self, loaded: Loaded) -> Callable[[State, State], None]:
        """Begin to count a model's breaker; return what the breaker is to tell of its changes."""
        version = loaded.version
        gauges = {state: self._breaker_state.labels(version, state) for state in STATES}
        openings = self._breaker_openings.labels(version)
        gauges[loaded.breaker.state].set(1)

        def change(before: State, after: State) -> None:
            gauges[before].set(0)
            gauges[after].set(1)
            if before == "closed":
                openings.inc()

        return change

    def predicted(self, outcome: Outcome) -> int:
        """Count the predictions of one answer, their values, and what was unusual of the rows.

        Returns
        -------
        int
            How many of them are doubtful.
        """
        self._outcomes.append(outcome)
        if len(self._outcomes) >= MOST or len(outcome.answers) > FEW_ROWS:
            self.flush()
        doubtful = outcome.loaded.confidence.doubtful(outcome.answers)
        if doubtful:
            self._doubtful(outcome.loaded.version).inc(doubtful)
        return doubtful

    def answered(self, asked: Exchange, route: str, method: str, seconds: float) -> None:
        """Count one request that took so many seconds."""
        self._answers.append((route, method, asked.status, seconds))
        if asked.unanswered:
            self._unanswered(asked.version).inc(asked.unanswered)
        if len(self._answers) >= MOST:
            self.flush()

    def flush(self) -> None:
        """Count what waits; threads may do so at once."""
        with self._lock:
            self._count_answers(list(_drained(self._answers)))
            by_model: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
            for each in _drained(self._outcomes):
                by_model[each.loaded.version, each.served_by].append(each)
            for (version, served_by), outcomes in by_model.items():
                self._count_outcomes(version, served_by, outcomes)
            self._in_flight.set(self.in_flight.count)
        if self.journal:
            self.journal.look()

    def _count_answers(self, answers: Sequence[tuple[str, str, int, float]]) -> None:
        by_kind: dict[tuple[str, str, int], list[float]] = defaultdict(list)
        for route, method, status, seconds in answers:
            by_kind[route, method, status].append(seconds)
        for (route, method, status), durations in by_kind.items():
            self._requests(route, method, status).inc(len(durations))
            self._durations(route).observe_all(durations)

    def _count_outcomes(self, version: str, served_by: str, outcomes: Sequence[Outcome]) -> None:
        answers = [answer for each in outcomes for answer in each.answers]
        self._predictions(version, served_by).inc(len(answers))
        for why, count in Tally(each.why for each in outcomes if each.why).items():
            self._fallbacks(version, why).inc(count)
        self._count([remark for each in answers for remark in each.remarks])
        values = [each.value for each in answers if isinstance(each, NumberAnswer)]
        if values:
            self._values(version).observe_all(values)
        labels = Tally(each.label for each in answers if isinstance(each, ClassAnswer))
        for label, count in labels.items():
            self._labels.labels(version, label).inc(count)

    def _count(self, remarks: list[Remark]) -> None:
        # Rows share most of their remarks, and identity is quick to count.
        counts = Tally(map(id, remarks))
        for place, remark in dict(zip(map(id, remarks), remarks, strict=True)).items():
            self._remarks(remark.kind, remark.field).inc(counts[place])

    def refused(self, reason: str) -> None:
        """Count a request that was refused because there were too many."""
        self._refusals(reason).inc()

    def collect(self) -> Iterable[Metric]:
        """Return every metric, summed over the workers where there are several."""
        self.flush()
        counted: Iterable[Metric] = (
            MultiProcessCollector(None).collect()
            if FOLDER in os.environ
            else self.registry.collect()
        )
        return chain(counted, self._processes.collect())


def _drained(queue: deque[Item]) -> Iterator[Item]:
    """Take out what there is, while others put in."""
    for _ in range(len(queue)):
        yield queue.popleft()


def prediction_buckets(manifest: Manifest) -> list[float]:
    """Return the upper bounds of the buckets that predictions are counted in.

    They divide the range that a prediction may have evenly, on the scale that the target was
    learned on; a target without a range gets the 1-2-5 series.
    """
    entry = manifest.primary.answer
    assert isinstance(entry, RegressionEntry)
    if entry.low is None or entry.high is None:
        return [digit * 10.0**power for power in range(-2, 9) for digit in (1, 2, 5)]
    link = entry.link
    low, high = link.forward([entry.low, entry.high]).tolist()
    bounds: list[float] = link.inverse(np.linspace(low, high, BINS + 1)).tolist()
    return sorted({float(f"{bound:.3g}") for bound in bounds})


def _labels(loaded: Loaded) -> tuple[str, str, str]:
    lineage, manifest = loaded.predictor.lineage, loaded.predictor.bundle.manifest
    return loaded.version, lineage.model_hash, manifest.primary.estimator
