"""The target as a learner takes it: a number, or the place of the class in the schema."""

import numpy as np

from lockgate.contract import Schema
from lockgate.features.feature import Array
from lockgate.tables import Columns


def target_values(columns: Columns, schema: Schema) -> Array:
    """Return the target of each row.

    Parameters
    ----------
    columns : Columns
        Holds the target column, of shape (rows,), without missing values.
    schema : Schema
        Says whether it is a number or a class.

    Returns
    -------
    array, shape (rows,)
        float64 for regression; else int64, the index in ``schema.classes``.
    """
    target = schema.target
    values = columns[target.name]
    if schema.task == "regression":
        return values
    if target.type == "boolean":
        return values.astype(np.int64)
    names = [float(name) for name in schema.classes] if target.numeric else schema.classes
    places = {name: place for place, name in enumerate(names)}
    return np.array([places[value] for value in values.tolist()], dtype=np.int64)
