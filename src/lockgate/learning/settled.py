"""Fitted models whose pickles are the same bytes, whichever process fitted them and after what."""

from io import BytesIO
from pickle import Pickler
from typing import Any

import numpy as np
import numpy.typing as npt


def settled(model: Any) -> Any:
    """Return a fitted model with all that chance has left in it taken out.

    scikit-learn's trees carry unwritten memory between the fields of their nodes, and the members
    of an ensemble have words in common when one worker fitted several of them.

    Parameters
    ----------
    model : Any
        A pipeline, or a voting or stacking ensemble, which is changed itself.
    """
    if not hasattr(model, "estimators"):
        return _copied(model)
    from sklearn.utils import Bunch

    names = [name for name, _ in model.estimators]
    model.estimators_ = [_copied(each) for each in model.estimators_]
    model.named_estimators_ = Bunch(**dict(zip(names, model.estimators_, strict=True)))
    return model


def _copied(model: Any) -> Any:
    import joblib

    buffer = BytesIO()
    _Settling(buffer).dump(model)
    buffer.seek(0)
    return joblib.load(buffer)


class _Settling(Pickler):
    """Writes trees without what lies between the fields of their nodes."""

    def reducer_override(self, obj: Any) -> Any:
        """Return how a tree is pickled, and leave all else as it is."""
        from sklearn.tree._tree import Tree

        if type(obj) is not Tree:
            return NotImplemented
        kind, arguments, state = obj.__reduce__()
        return kind, arguments, state | {"nodes": _fields(state["nodes"])}


def _fields(nodes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    clean = np.zeros(nodes.shape, nodes.dtype)
    for name in nodes.dtype.names or ():
        clean[name] = nodes[name]
    return clean
