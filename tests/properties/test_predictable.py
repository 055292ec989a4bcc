"""What validate accepts can be predicted, by every door, and with the same answer.

The one difference: a request must say outright what the contract requires of it. A column with
``request: required`` may not be absent, though its value may be null where rows may lack it; a
file to predict must have the column, though a delivery may lack it where that is optional.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from lockgate import Predictor
from lockgate.contract import Column, Schema
from lockgate.errors import DeliveryError, RequestError
from lockgate.predict.files import predict_file
from lockgate.predict.rows import Reader
from lockgate.tables import Columns, read_csv_batches, read_parquet
from lockgate.validation.chunks import read_chunks
from lockgate.validation.deliveries import Delivery
from lockgate.validation.inspection import Inspection
from lockgate.validation.parse import any_of, is_missing, parse
from lockgate.validation.verdicts import verdicts
from tests.properties.contracts import contracts, contracts_of, examples, schema_of, targets
from tests.properties.deliveries import cells, tables, typed_tables
from tests.properties.models import COLUMNS, predictor_of
from tests.properties.oracle import lines_of


def as_json(column: Column, values: np.ndarray) -> list[Any]:
    """Return canonical values as requests have them."""
    if column.temporal:
        texts = [str(each) for each in np.datetime_as_string(values, unit="s")]
        found = [each[:10] if column.type == "date" else f"{each}Z" for each in texts]
    else:
        found = (values == 1.0).tolist() if column.type == "boolean" else values.tolist()
    return [None if bare else value for bare, value in zip(is_missing(values), found, strict=True)]


def as_rows(schema: Schema, columns: Columns) -> list[dict[str, Any]]:
    """Return accepted rows as requests have them, each with all its nulls."""
    asked = [each for each in schema.columns if each.role not in ("target", "ignore")]
    values = [as_json(each, columns[each.name]) for each in asked]
    names = [each.name for each in asked]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


@examples(100)
@given(st.data())
def test_a_request_takes_every_accepted_row_as_it_was_read(data: st.DataObject) -> None:
    """A row sent as JSON becomes the very columns that the model was trained on."""
    schema = schema_of(data.draw(contracts()))
    record = st.tuples(*(cells(column) for column in schema.columns))
    drawn = data.draw(st.lists(record, min_size=1, max_size=5), label="rows")
    texts = [pa.array(column, pa.string()) for column in zip(*drawn, strict=True)]
    parsed = parse(pa.table(dict(zip(schema.names, texts, strict=True))), schema)
    masks = verdicts(schema, parsed.columns, parsed.unparsed).values()
    good = ~any_of(len(drawn), masks)
    accepted = {name: values[good] for name, values in parsed.columns.items()}
    asked = [each for each in schema.columns if each.role not in ("target", "ignore")]
    rows = as_rows(schema, accepted)
    if not rows:
        return
    reader = Reader(schema, asked)
    for name, values in reader.read(rows).items():
        np.testing.assert_array_equal(values, accepted[name])
    bare = [{name: value for name, value in row.items() if value is not None} for row in rows]
    must = {each.name for each in asked if each.requested}
    for row in bare:
        if must <= set(row):
            reader.read([row])
        else:
            with pytest.raises(RequestError, match="is required"):
                reader.read([row])


def accepted_lines(path: Path, schema: Schema) -> tuple[list[int], Columns]:
    """Return the lines that validate accepts and their columns."""
    delivery = Delivery(path, path.name)
    inspection = Inspection(schema, (delivery,), 4)
    lines: list[int] = []
    parts: list[Columns] = []
    for chunk in read_chunks((delivery,), schema, 4):
        good, bad = inspection.take(chunk)
        parts.append(good)
        refused = {row.line for row in bad}
        delivered = np.concatenate([part.raw.lines for part in chunk.parts]).tolist()
        lines += [line for line in delivered if line not in refused]
    return lines, {name: np.concatenate([each[name] for each in parts]) for name in schema.names}


def rejected_lines(path: Path) -> list[int]:
    """Return the lines in a file of rejects; there is none when every row fits."""
    if not path.exists():
        return []
    return [int(row["line"]) for batch in read_csv_batches(path) for row in batch.cells.to_pylist()]


def lacks_what_a_request_needs(path: Path, schema: Schema) -> bool:
    """Tell whether a file has no column for a value that is required in a request."""
    typed = path.suffix == ".parquet"
    names = pq.read_schema(path).names if typed else next(read_csv_batches(path)).header
    return any(column.requested and column.name not in names for column in schema.columns)


@examples(30)
@given(st.data())
def test_a_file_to_predict_loses_no_accepted_row(data: st.DataObject) -> None:
    """Every row comes out predicted or rejected; what validate accepts is predicted, as alone."""
    form, task = data.draw(st.sampled_from((("linear", "number"), ("forest", "binary"))))
    schema = schema_of(data.draw(contracts_of(COLUMNS, data.draw(targets("rent")))))
    predictor = Predictor(replace(predictor_of(form, task).bundle, schema=schema))
    name, files = data.draw(st.sampled_from((("in.csv", tables), ("in.parquet", typed_tables))))
    content = data.draw(files(schema), label="file")
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / name, Path(folder) / "out.parquet"
        source.write_bytes(content)
        expected = lines_of(source, schema)
        assume(expected is not None)
        lines, columns = accepted_lines(source, schema)
        event("accepted rows" if lines else "no accepted row")
        if lacks_what_a_request_needs(source, schema):
            with pytest.raises(DeliveryError, match="is missing"):
                predict_file(predictor, source, target)
            return
        rejected = rejected_lines(predict_file(predictor, source, target).rejects)
        written = read_parquet(target)
    predicted = written["line"].astype(int).tolist()
    assert sorted(predicted + rejected) == sorted(int(line) for _, line in expected or ())
    assert set(lines) <= set(predicted)
    answer = "value" if task == "number" else "label"
    rows = as_rows(schema, columns)
    alone = [getattr(predictor.predict(row), answer) for row in rows]
    assert written["predicted_rent"][[predicted.index(line) for line in lines]].tolist() == alone
    assert not rows or predictor.predict(pd.DataFrame(rows))[answer].tolist() == alone
