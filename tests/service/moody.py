"""An estimator without compiled form that works, raises, hangs or rambles as a file says."""

import time
from pathlib import Path

from sklearn.base import BaseEstimator, RegressorMixin


class Moody(RegressorMixin, BaseEstimator):
    """Predicts a mean; what the file `switch` holds, absent "works", decides how."""

    def __init__(self, switch=""):
        self.switch = switch

    def fit(self, X, y):
        """Learn the mean."""
        self.n_features_in_ = X.shape[1]
        self.mean_ = float(y.mean())
        return self

    def predict(self, X):
        """Predict, raise, or hang until the file says otherwise."""
        while self._mood() == "hangs":
            Path(f"{self.switch}.hangs").touch()
            time.sleep(0.005)
        if self._mood() == "raises":
            raise RuntimeError("a bad mood")
        return self.mean_ + X[:, 0] * (float("nan") if self._mood() == "rambles" else 1.0)

    def _mood(self):
        switch = Path(self.switch)
        return switch.read_text() if switch.exists() else "works"
