"""Which predictions to be doubtful of: a class of low probability, an interval unusually wide."""

import numpy as np

from lockgate.service.models import Loaded
from lockgate.service.settings import Settings
from lockgate.tables import Columns


class Confidence:
    """Judges predictions by what is usual for a model.

    The usual width of an interval is the median of those of the golden rows, most of which are
    training rows.

    Parameters
    ----------
    loaded : Loaded
        The model.
    settings : Settings
        How low a probability, and how many times the usual width, is too much.
    """

    def __init__(self, loaded: Loaded, settings: Settings) -> None:
        self._lowest = settings.low_probability
        self._widest = 0.0
        if loaded.predictor.bundle.manifest.task == "regression":
            golden = loaded.predictor.predict_columns(loaded.predictor.bundle.golden)
            usual = float(np.median(golden["upper"] - golden["lower"]))
            self._widest = settings.wide_interval * usual

    def doubtful(self, predicted: Columns) -> int:
        """Count the doubtful rows of what `lockgate.predict.Predictor.predict_columns` returned."""
        if "value" not in predicted:
            return int(np.count_nonzero(predicted["probability"] < self._lowest))
        upper, lower = predicted["upper"], predicted["lower"]
        if len(upper) == 1:  # Python's numbers, because for one row numpy takes longer
            return int(upper.item() - lower.item() > self._widest)
        return int(np.count_nonzero(upper - lower > self._widest))
