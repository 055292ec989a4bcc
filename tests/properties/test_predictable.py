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
import pyarrow as pa
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st
from pydantic import ValidationError

from lockgate import Predictor
from lockgate.contract import Column, Schema
from lockgate.errors import DeliveryError
from lockgate.predict.files import predict_file
from lockgate.predict.rows import Reader
from lockgate.tables import Columns, read_csv_batches, read_parquet
from lockgate.validation.chunks import read_chunks
from lockgate.validation.deliveries import Delivery
from lockgate.validation.inspection import Inspection
from lockgate.validation.parse import any_of, is_missing, parse
from lockgate.validation.verdicts import verdicts
from tests.properties.models import COLUMNS, predictor_of
from tests.properties.oracle import records
from tests.properties.strategies import (
    cells,
    contracts,
    contracts_of,
    examples,
    schema_of,
    tables,
    targets,
)


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
            reader.model(**row)
        else:
            with pytest.raises(ValidationError, match="Field required"):
                reader.model(**row)


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


@examples(40)
@given(st.data())
def test_a_file_to_predict_loses_no_accepted_row(data: st.DataObject) -> None:
    """Every row comes out predicted or rejected; what validate accepts is predicted, as alone."""
    form, task = data.draw(st.sampled_from((("linear", "number"), ("forest", "binary"))))
    schema = schema_of(data.draw(contracts_of(COLUMNS, data.draw(targets("rent")))))
    predictor = Predictor(replace(predictor_of(form, task).bundle, schema=schema))
    content = data.draw(tables(schema), label="file")
    expected = records(content, schema)
    assume(expected is not None)
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.parquet"
        source.write_bytes(content)
        lines, columns = accepted_lines(source, schema)
        event("accepted rows" if lines else "no accepted row")
        header = next(read_csv_batches(source)).header
        if any(each.requested and each.name not in header for each in schema.columns):
            with pytest.raises(DeliveryError, match="is missing"):
                predict_file(predictor, source, target)
            return
        rejected = rejected_lines(predict_file(predictor, source, target).rejects)
        written = read_parquet(target)
    predicted = written["line"].astype(int).tolist()
    assert sorted(predicted + rejected) == [record.line for record in expected or ()]
    assert set(lines) <= set(predicted)
    places = [predicted.index(line) for line in lines]
    answers = predictor.predict(as_rows(schema, columns))
    found = [each.value if task == "number" else each.label for each in answers]
    assert written["predicted_rent"][places].tolist() == found
