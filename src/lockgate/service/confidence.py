"""Which predictions to be doubtful of: a class of low probability, an interval unusually wide."""

import numpy as np

from lockgate.predict import Predictor
from lockgate.service.settings import Settings
from lockgate.tables import Columns


class Confidence:
    """Judges predictions by what is usual for a model.

    The usual width of an interval is the median of those of the golden rows, most of which are
    training rows.

    Parameters
    ----------
    predictor : Predictor
        The model.
    settings : Settings
        How low a probability, and how many times the usual width, is too much.
    """

    def __init__(self, predictor: Predictor, settings: Settings) -> None:
        self._lowest = settings.low_probability
        self._widest = 0.0
        if predictor.bundle.manifest.task == "regression":
            golden = predictor.predict_columns(predictor.bundle.golden)
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
