"""The processes of the service as Prometheus' client libraries describe them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import ProcessCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector


class Processes(Collector):
    """CPU time, memory, open files and start of every worker, told apart by the label ``pid``.

    One worker alone has no such label.

    Parameters
    ----------
    folder : str or None
        Where the workers count together, None when there is one.
    """

    def __init__(self, folder: str | None) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Read them from /proc, whichever worker is asked; there are none but on Linux."""
        if self._folder is None:
            return ProcessCollector(registry=None).collect()
        families: dict[str, Metric] = {}
        for pid in _alive(self._folder):
            for found in _of(pid):
                family = families.setdefault(
                    found.name, Metric(found.name, found.documentation, found.type)
                )
                for sample in found.samples:
                    family.add_sample(sample.name, {"pid": str(pid)}, sample.value)
        return families.values()


def _alive(folder: str) -> Iterator[int]:
    """Yield the workers that are alive: the files of those that died are taken away."""
    for file in sorted(Path(folder).glob("gauge_livesum_*.db")):
        yield int(file.stem.rpartition("_")[2])


def _of(pid: int) -> Iterable[Metric]:
    return ProcessCollector(pid=lambda: pid, registry=None).collect()
