"""The rows that featurize writes: features added, divided into parts."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.contract import Schema
from lockgate.errors import FeatureError
from lockgate.features.batches import missing, rows_of, select
from lockgate.features.feature import Array, Feature, compute
from lockgate.features.hashing import entity_hash
from lockgate.features.splits import assign
from lockgate.params import SplitParams
from lockgate.tables import Columns, ParquetSink

_PROBED_ROWS = 16


@dataclass(frozen=True)
class Places:
    """Where rows went.

    Attributes
    ----------
    parts : array of str, shape (rows,)
        The part of each row with a target, as `lockgate.features.splits.assign` returns it.
    entities : array of uint64, shape (rows,)
        What it is about, as `lockgate.features.hashing.entity_hash` returns it.
    without_target : int
        Rows that were set aside, because they say nothing of the target.
    """

    parts: Array
    entities: Array
    without_target: int


def divide(
    batches: Iterable[Columns],
    keep: Array,
    features: Sequence[Feature],
    schema: Schema,
    split: SplitParams,
) -> Iterator[tuple[Columns, Places]]:
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

    Yields
    ------
    columns : Columns
        The contract's columns and the features of a batch's rows with a target.
    places : Places
        Where these rows go.

    Raises
    ------
    FeatureError
        When a feature fails, or looks at other rows than its own.
    """
    start = 0
    for batch in batches:
        stop = start + rows_of(batch)
        rows = select(batch, keep[start:stop])
        start = stop
        answered = ~missing(rows[schema.target.name])
        columns = select(rows, answered)
        values = compute(features, columns)
        _check_row_wise(features, columns, values)
        parts = assign(columns, schema, split)
        places = Places(parts, entity_hash(columns, schema), int(np.sum(~answered)))
        yield columns | values, places


def write_parts(stream: Iterable[tuple[Columns, Places]], files: dict[str, Path]) -> Places:
    """Write each part to its file, batch by batch; `files` has a path for each part in use."""
    written = []
    with ExitStack() as stack:
        sinks = {part: stack.enter_context(ParquetSink(path)) for part, path in files.items()}
        for columns, places in stream:
            for part, sink in sinks.items():
                sink.write(select(columns, places.parts == part))
            written.append(places)
    return Places(
        np.concatenate([places.parts for places in written]),
        np.concatenate([places.entities for places in written]),
        sum(places.without_target for places in written),
    )


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
