"""The rows that featurize writes: features added, divided into parts."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.contract import Schema
from lockgate.errors import FeatureError
from lockgate.features.batches import missing, rows_of, select
from lockgate.features.feature import Array, Feature
from lockgate.features.hashing import entity_hash
from lockgate.features.plan import compute
from lockgate.features.splits import PARTS, assign, straddling
from lockgate.params import SplitParams
from lockgate.tables import Columns, ParquetSink

_PROBED_ROWS = 16
# Squares of larger numbers, and sums of squares, overflow.
_LARGEST = 1e100


@dataclass(frozen=True)
class Divided:
    """A batch with its features.

    Attributes
    ----------
    columns : Columns
        The contract's columns and the features of the rows with a target, of shape (rows,).
    parts : array of str, shape (rows,)
        Where each goes, as `lockgate.features.splits.assign` says.
    without_target : int
        Rows that were set aside, because they say nothing of the target.
    """

    columns: Columns
    parts: Array
    without_target: int


@dataclass(frozen=True)
class Written:
    """What became of all rows.

    Attributes
    ----------
    rows : dict
        Number of rows of each part.
    without_target : int
        Rows that were set aside.
    straddling : int
        Entities with rows both in the test part and before it.
    """

    rows: dict[str, int]
    without_target: int
    straddling: int


def divide(
    batches: Iterable[Columns],
    keep: Array,
    features: Sequence[Feature],
    schema: Schema,
    split: SplitParams,
) -> Iterator[Divided]:
    """Compute the features of the rows that are kept, and give each row its part.

    Parameters
    ----------
    batches : iterable of Columns
        The accepted rows, in order.
    keep : array of bool, shape (rows of all batches,)
        False for a row that a later one replaces.
    features : sequence of Feature
        What to compute.
    schema : Schema
        Names the target and what divides the rows.
    split : SplitParams
        How they are divided.

    Raises
    ------
    FeatureError
        When a feature fails, looks at other rows than its own, or it or the target has a value
        that is too large to learn from.
    """
    start = 0
    for batch in batches:
        stop = start + rows_of(batch)
        rows = select(batch, keep[start:stop])
        start = stop
        answered = ~missing(rows[schema.target.name])
        columns = select(rows, answered)
        _lock(columns)
        values = compute(features, columns)
        _check_row_wise(features, columns, values)
        _check_sizes(values | {schema.target.name: columns[schema.target.name]})
        parts = assign(columns, schema, split)
        yield Divided(columns | values, parts, int(np.sum(~answered)))


def write_parts(stream: Iterable[Divided], files: dict[str, Path], schema: Schema) -> Written:
    """Write each part to its file, batch by batch.

    Parameters
    ----------
    stream : iterable of Divided
        As `divide` yields them.
    files : dict
        A path for each part in use.
    schema : Schema
        Names the group, whose values a date may divide.
    """
    rows, without_target = dict.fromkeys(PARTS, 0), 0
    early: list[Array] = []
    late: list[Array] = []
    with ExitStack() as stack:
        sinks = {part: stack.enter_context(ParquetSink(path)) for part, path in files.items()}
        for batch in stream:
            for part, sink in sinks.items():
                chosen = select(batch.columns, batch.parts == part)
                sink.write(chosen)
                rows[part] += rows_of(chosen)
                if schema.time and schema.group:
                    (late if part == "test" else early).append(entity_hash(chosen, schema))
            without_target += batch.without_target
    return Written(rows, without_target, straddling(early, late))


def _lock(columns: Columns) -> None:
    """Let a feature that writes into its columns fail, because the next one reads them too."""
    for values in columns.values():
        values.flags.writeable = False


def _check_row_wise(features: Sequence[Feature], columns: Columns, values: Columns) -> None:
    """Ask for a few rows one by one, which must give what they gave in the batch."""
    for row in range(min(rows_of(columns), _PROBED_ROWS)):
        alone = compute(features, select(columns, np.array([row])))
        for name, value in alone.items():
            among = values[name][[row]]
            if not (np.array_equal(value, among) or (missing(value) & missing(among)).all()):
                raise FeatureError(
                    f"gives {value[0]} for a row alone and {among[0]} for the same row among "
                    "others",
                    where=f"feature {name}",
                    hint="compute each row from its own values; a mean or a rank of the batch "
                    "cannot be known when one row is predicted",
                )


def _check_sizes(columns: Columns) -> None:
    for name, values in columns.items():
        if values.dtype.kind != "f":
            continue
        beyond = values[np.abs(values) > _LARGEST]
        if beyond.size:
            raise FeatureError(
                f"the value {beyond[0]:g} is too large to learn from",
                where=f"data/accepted.parquet, {name}",
                hint="give the column, or those that the feature reads, a maximum in "
                "data/contract.yaml; beyond it rows go to quarantine",
            )
