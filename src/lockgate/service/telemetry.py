"""What the service counts and times: right over all workers, and cheap for each request."""

import os
from collections import Counter as Tally
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from threading import Lock
from typing import TypeVar

from prometheus_client import CollectorRegistry, disable_created_metrics
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from lockgate.predict import Answer, Answers, Remark, column, runs
from lockgate.service.answering import Outcome
from lockgate.service.exchange import Exchange
from lockgate.service.metrics import ModelMetrics, PredictionMetrics, RequestMetrics
from lockgate.service.models import Loaded
from lockgate.service.processes import Processes
from lockgate.service.watching import Figures

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# So many requests wait at most to be counted, and none of more rows than a few.
MOST = 256
FEW_ROWS = 16
Item = TypeVar("Item")


class Telemetry:
    """The metrics of one process; `collect` reads those of all workers.

    Counting a request costs as much as answering it, and most where workers count together, so
    requests are counted in groups: at least each second, and before the metrics are read. Of a
    worker that is killed the last second is lost.

    Parameters
    ----------
    loaded : Loaded
        The model that is served.

    Attributes
    ----------
    in_flight : int
        How many requests are being answered; the event loop's thread alone counts it.
    """

    def __init__(self, loaded: Loaded) -> None:
        # When a counter was made is not asked for, and doubles what is read each time.
        disable_created_metrics()
        self.registry = CollectorRegistry()
        self.journal: Figures | None = None
        self.in_flight = 0
        self._processes = Processes(os.environ.get(FOLDER))
        self._of_requests = RequestMetrics(self.registry)
        manifest = loaded.predictor.bundle.manifest
        self._of_numbers = manifest.task == "regression"
        self._of_rows = PredictionMetrics(self.registry, manifest)
        self._of_models = ModelMetrics(self.registry)
        self._answers: deque[tuple[str, str, int, float]] = deque()
        self._outcomes: deque[Outcome] = deque()
        self._lock = Lock()
        self.serves(loaded)

    def serves(self, loaded: Loaded, before: Loaded | None = None) -> None:
        """Tell which model is served from now on, in place of the one before."""
        self._of_models.serves(loaded, before)

    def unlogged(self) -> None:
        """Count a log line that could not be written."""
        self._of_requests.unlogged.inc()

    def refused(self, reason: str) -> None:
        """Count a request that was refused because there were too many."""
        self._of_requests.refusals(reason).inc()

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
            self._of_rows.doubtful(outcome.loaded.version).inc(doubtful)
        return doubtful

    def answered(self, asked: Exchange, route: str, method: str, seconds: float) -> None:
        """Count one request that took so many seconds."""
        self._answers.append((route, method, asked.status, seconds))
        if asked.unanswered:
            self._of_rows.unanswered(asked.version).inc(asked.unanswered)
        if len(self._answers) >= MOST:
            self.flush()

    def flush(self) -> None:
        """Count what waits; threads may do so at once."""
        with self._lock:
            self._count_requests(_drained(self._answers))
            self._count_outcomes(_drained(self._outcomes))
            self._of_requests.in_flight.set(self.in_flight)
        if self.journal:
            self.journal.look()

    def _count_requests(self, answers: Iterable[tuple[str, str, int, float]]) -> None:
        by_kind: dict[tuple[str, str, int], list[float]] = defaultdict(list)
        for route, method, status, seconds in answers:
            by_kind[route, method, status].append(seconds)
        for (route, method, status), durations in by_kind.items():
            self._of_requests.requests(route, method, status).inc(len(durations))
            self._of_requests.durations(route).observe_all(durations)

    def _count_outcomes(self, outcomes: Iterable[Outcome]) -> None:
        by_model: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        for each in outcomes:
            version = each.loaded.version
            if type(each.answers) is Answers:
                self._count_answers(version, each.served_by, each.answers)
            else:
                by_model[version, each.served_by].extend(each.answers)
            if each.why:
                self._of_rows.fallbacks(version, each.why).inc()
        for (version, served_by), answers in by_model.items():
            self._count_answers(version, served_by, answers)

    def _count_answers(self, version: str, served_by: str, answers: Sequence[Answer]) -> None:
        self._of_rows.predictions(version, served_by).inc(len(answers))
        self._count_remarks(column(answers, "remarks"))
        if self._of_numbers:
            self._of_rows.values(version).observe_all(column(answers, "value"))
            return
        for label, count in Tally(column(answers, "label")).items():
            self._of_rows.labels(version, label).inc(count)

    def _count_remarks(self, remarks: Sequence[tuple[Remark, ...]]) -> None:
        counts: Tally[tuple[str, str]] = Tally()
        for found, rows in runs(remarks):
            for remark in found:
                counts[remark.kind, remark.field] += rows
        for labels, count in counts.items():
            self._of_rows.remarks(*labels).inc(count)

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
