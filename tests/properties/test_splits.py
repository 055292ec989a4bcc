"""A row's part follows from the row: never from its place, or from which other rows there are."""

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from lockgate.contract import Schema
from lockgate.features.batches import select
from lockgate.features.splits import assign
from lockgate.params import SplitParams
from lockgate.tables import Columns
from lockgate.validation.parse import parse
from tests.properties.contracts import contracts, days, examples, schema_of
from tests.properties.deliveries import cells

SHARES = st.sampled_from([0.1, 0.3, 0.5, 0.8])


def delivered(data: st.DataObject, schema: Schema, most: int = 12) -> Columns:
    """Draw rows and read them as validate does."""
    record = st.tuples(*(cells(column) for column in schema.columns))
    rows = data.draw(st.lists(record, min_size=1, max_size=most), label="rows")
    texts = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return parse(pa.table(dict(zip(schema.names, texts, strict=True))), schema).columns


def params(data: st.DataObject) -> SplitParams:
    """Draw what params.yaml says of the split."""
    return SplitParams(
        test_from=str(data.draw(days)),
        test_share=data.draw(SHARES),
        calibration_share=data.draw(SHARES),
    )


def number_of_rows(columns: Columns) -> int:
    """Return the number of rows."""
    return len(next(iter(columns.values())))


def joined(*batches: Columns) -> Columns:
    """Return the rows of all batches."""
    return {name: np.concatenate([each[name] for each in batches]) for name in batches[0]}


@examples(60)
@given(st.data())
def test_reordering_adding_and_removing_rows_moves_no_row(data: st.DataObject) -> None:
    """With and without time, group and key, whatever is missing."""
    schema = schema_of(data.draw(contracts(most=3)))
    split, rows, others = params(data), delivered(data, schema), delivered(data, schema)
    parts = assign(rows, schema, split)
    chosen: Any = st.lists(st.integers(0, number_of_rows(rows) - 1), min_size=1, unique=True)
    order = np.array(data.draw(chosen, label="kept, in this order"))
    grown = joined(others, select(rows, order), others)
    found = assign(grown, schema, split)[number_of_rows(others) :][: len(order)]
    np.testing.assert_array_equal(found, parts[order])
    alone = [assign(select(rows, np.array([row])), schema, split)[0] for row in order]
    np.testing.assert_array_equal(alone, parts[order])
