"""How the training rows are divided for cross-validation."""

from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np
import numpy.typing as npt

from lockgate.contract import Schema
from lockgate.errors import TrainingError
from lockgate.features.hashing import entity_hash
from lockgate.tables import Columns

Array = npt.NDArray[Any]
Fold = tuple[Array, Array]

FEWEST_ROWS = 3


def folds(train: Columns, y: Array, schema: Schema, count: int, seed: int) -> list[Fold]:
    """Divide the rows at random, entities whole where the contract has a group column.

    Classes keep their shares; one that the train part lacks is never predicted. Dated rows are
    divided in the same way: a fold that looks only ahead would leave the oldest rows without a
    prediction and judge models fitted on a fraction of the rows, and the residuals of both would
    misstate the interval of the final model. What changes over time is measured on the test
    part, which is later than all of them.

    Parameters
    ----------
    train : Columns
        The contract's columns, each of shape (rows,).
    y : array, shape (rows,)
        As `lockgate.features.target.target_values` returns it.
    schema : Schema
        Names the group column.
    count : int
        How many folds.
    seed : int
        Of the division.

    Returns
    -------
    list of tuple of array
        Positions to fit on and positions to predict, the latter each row once.

    Raises
    ------
    TrainingError
        When there are too few rows, entities, or rows of a class, or the target never varies.
    """
    _enough(len(y), count, "rows")
    _check_target(y, schema)
    groups = None
    if schema.group is not None:
        groups = np.unique(entity_hash(train, schema), return_inverse=True)[1]
        _enough(len(np.unique(groups)), count, f"different values of {schema.group.name}")
    splitter = _splitter(schema, grouped=groups is not None)(count, shuffle=True, random_state=seed)
    with catch_warnings():
        # A class with fewer rows than folds is absent from some of them, which is in order.
        filterwarnings("ignore", "The least populated class")
        return list(splitter.split(np.zeros((len(y), 1)), y, groups))


def latest(train: Columns, schema: Schema, count: int) -> Fold | None:
    """Keep back the latest rows, one in `count`.

    Parameters
    ----------
    train : Columns
        The contract's columns, each of shape (rows,).
    schema : Schema
        Names the time column.
    count : int
        As many as there are folds, so that as many rows are left to fit on.

    Returns
    -------
    tuple of array, or None
        Positions of the earlier rows, those without a time among them, and of the latest. None
        without a time column, or where the rows differ too little in time to be divided so.
    """
    if schema.time is None:
        return None
    when = train[schema.time.name]
    known = np.sort(when[~np.isnat(when)])
    if not len(known):
        return None
    late = when >= known[-max(1, len(known) // count)]
    if np.sum(late) > len(when) / 2:
        return None
    return np.flatnonzero(~late), np.flatnonzero(late)


def _enough(found: int, count: int, what: str) -> None:
    if found < count:
        raise TrainingError(
            f"the train part has {found} {what}, and train.cv_folds asks for {count} at least",
            where="params.yaml",
            hint="give more rows or lower train.cv_folds",
        )


def _check_target(y: Array, schema: Schema) -> None:
    where = f"column {schema.target.name}"
    if (y == y[0]).all():
        value = schema.classes[y[0]] if schema.classes else f"{y[0]:g}"
        raise TrainingError(
            f"every row of the train part, {len(y):,} in all, has the value {value}: there is "
            "nothing to learn",
            where=where,
            hint="look at it in data/raw, and at featurize.split: are the rows that differ all "
            "in the test part?",
        )
    for place, name in enumerate(schema.classes):
        count = int(np.sum(y == place))
        if 0 < count < FEWEST_ROWS:
            raise TrainingError(
                f"the train part has {count} rows of the class '{name}', and it takes "
                f"{FEWEST_ROWS} to learn and to check it",
                where=where,
                hint="give more rows, or take the class out of the contract",
            )


def _splitter(schema: Schema, *, grouped: bool) -> Any:
    from sklearn import model_selection

    if schema.task == "regression":
        return model_selection.GroupKFold if grouped else model_selection.KFold
    return model_selection.StratifiedGroupKFold if grouped else model_selection.StratifiedKFold
