"""A histogram that many values go into at once, and where its buckets are."""

from collections.abc import Sequence

import numpy as np
from prometheus_client import Histogram

from lockgate.artifact.manifest import Manifest, RegressionEntry

BINS = 20


class Distribution(Histogram):
    """A histogram that takes many values at once; its buckets are those of any other."""

    def observe_all(self, values: Sequence[float]) -> None:
        """Count values, of any number, at the cost of one pass."""
        self._sum.inc(sum(values))
        places = np.searchsorted(self._upper_bounds, values)
        for place, count in enumerate(np.bincount(places).tolist()):
            if count:
                self._buckets[place].inc(count)


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
