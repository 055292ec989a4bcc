"""Which predictions to be doubtful of: a class of low probability, an interval unusually wide."""

from collections.abc import Sequence

import numpy as np

from lockgate.predict import Answer, Answers, NumberAnswer, Predictor
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

    def doubtful(self, answers: Sequence[Answer]) -> int:
        """Count the doubtful ones."""
        if type(answers) is Answers:
            return int(np.count_nonzero(self._are_doubtful(answers.predicted)))
        return sum(map(self._is_doubtful, answers))

    def _are_doubtful(self, predicted: Columns) -> np.ndarray:
        if "upper" in predicted:
            return np.asarray(predicted["upper"] - predicted["lower"] > self._widest)
        return np.asarray(predicted["probability"] < self._lowest)

    def _is_doubtful(self, answer: Answer) -> bool:
        if isinstance(answer, NumberAnswer):
            return answer.upper - answer.lower > self._widest
        return answer.probability < self._lowest
