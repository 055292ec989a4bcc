"""Which rows train, which calibrate and which test: a matter of time or of a hash."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from lockgate.contract import Schema
from lockgate.errors import FeatureError, ParamsError
from lockgate.features.feature import Array
from lockgate.features.hashing import entity_hash, uniform
from lockgate.params import SplitParams
from lockgate.tables import Columns

PARTS = ("train", "calibration", "test")
NO_TIME = "no row has a time: look at the time column in the deliveries"


def assign(columns: Columns, schema: Schema, split: SplitParams) -> Array:
    """Give each row its part.

    With a time column, rows from ``test_from`` on are the test part and a row without a time
    trains. Without one, a share of the entities (group, else key, else content) is, chosen by
    hash. The calibration part is a share of the entities among the other rows. A row's part
    depends on that row alone: never on its position or on which other rows there are. An entity
    is never divided by a hash; a date may divide it, which `straddling` counts.

    Parameters
    ----------
    columns : Columns
        The contract's columns, each of shape (rows,).
    schema : Schema
        Names the time, group and key columns.
    split : SplitParams
        ``test_from`` is set where there is a time column; see `check_date`.

    Returns
    -------
    array of str, shape (rows,)
        "train", "calibration" or "test".
    """
    place = uniform(entity_hash(columns, schema), "split")
    if schema.time is None:
        kept_back = split.test_share
        test = place < kept_back
    else:
        kept_back = 0.0
        test = columns[schema.time.name] >= np.datetime64(str(split.test_from), "s")
    calibration = place < kept_back + (1 - kept_back) * split.calibration_share
    return np.where(test, "test", np.where(calibration, "calibration", "train"))


def parts_in_use(split: SplitParams) -> tuple[str, ...]:
    """Return the names of the parts that may have rows: calibration only with a share."""
    return PARTS if split.calibration_share > 0 else ("train", "test")


def check_date(split: SplitParams, when: Array | None) -> None:
    """Refuse to split dated rows without a date.

    Parameters
    ----------
    split : SplitParams
        What params.yaml says.
    when : array of datetime64, shape (rows,), or None
        The time column, where there is one.

    Raises
    ------
    ParamsError
        When ``test_from`` is null; names the date that keeps back the latest rows.
    """
    if when is not None and split.test_from is None:
        share = split.test_share or 0.2
        raise ParamsError(
            "featurize.split.test_from is null, and the contract has a time column",
            where="params.yaml",
            hint=NO_TIME
            if np.isnat(when).all()
            else f"set it to {_date_of(when, 1 - share)}: "
            f"the latest {share:.0%} of the rows are from then on",
        )


def check_parts(rows: dict[str, int], split: SplitParams, when: Array | None) -> None:
    """Refuse a split that leaves a part without rows.

    Parameters
    ----------
    rows : dict
        Number of rows of each part.
    split : SplitParams
        What params.yaml says.
    when : array of datetime64, shape (rows,), or None
        The time column, where there is one.

    Raises
    ------
    FeatureError
        Naming the part and what to change; or when no row has a target.
    """
    if not any(rows.values()):
        raise FeatureError(
            "no row has a target",
            where="data/accepted.parquet",
            hint="plots/data.html shows what was delivered, data/quarantine.csv what was refused",
        )
    for part in parts_in_use(split):
        if rows[part] == 0:
            raise FeatureError(
                f"no row falls into the {part} part, of {sum(rows.values())} with a target",
                where="params.yaml, featurize.split",
                hint=_advice(part, split, when),
            )


def straddling(early: Sequence[Array], late: Sequence[Array]) -> int:
    """Count the entities with rows both in the test part and before it.

    Parameters
    ----------
    early, late : sequence of array of uint64
        `lockgate.features.hashing.entity_hash` of the rows before the test part and of those
        in it, batch by batch.
    """
    if not early or not late:
        return 0
    return len(np.intersect1d(np.concatenate(early), np.concatenate(late)))


def _advice(part: str, split: SplitParams, when: Array | None) -> str:
    if when is None or part == "calibration":
        return "change the shares in featurize.split, or give more rows"
    if np.isnat(when).all():
        return NO_TIME
    return (
        f"featurize.split.test_from is {split.test_from}, and the rows are from "
        f"{_date_of(when, 0)} to {_date_of(when, 1)}"
    )


def _date_of(when: Array, share: float) -> date:
    known = when[~np.isnat(when)].astype("datetime64[s]").astype(np.int64)
    day = np.quantile(known, share, method="lower").astype("datetime64[s]").astype("datetime64[D]")
    found: date = day.item()
    return found
