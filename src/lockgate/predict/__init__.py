"""Rows in; predictions with intervals, warnings and lineage out. Knows nothing of HTTP."""

from lockgate.predict.predictor import Predictor, load_predictor

__all__ = ["Predictor", "load_predictor"]
