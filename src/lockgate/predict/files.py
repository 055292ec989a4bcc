"""Predicting a file: rows stream through in batches, and none is dropped silently."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.console import progress
from lockgate.contract import Schema
from lockgate.errors import DeliveryError, RequestError, TableError
from lockgate.predict.answers import prediction_sets, warnings
from lockgate.predict.predictor import Predictor
from lockgate.tables import Columns, CsvSink, ParquetSink
from lockgate.validation.deliveries import Delivery, RawBatch, read_delivery
from lockgate.validation.parse import parse
from lockgate.validation.verdicts import verdicts

BATCH_ROWS = 20_000
UNUSED = ("target", "ignore")
FORMATS = (".csv", ".parquet")


@dataclass(frozen=True)
class Count:
    """How the rows of a file fared: every row is in one of the two numbers."""

    predicted: int
    rejected: int
    rejects: Path


@dataclass(frozen=True, eq=False)
class Predicted:
    """Consecutive rows of a file that fit, and what is predicted of them.

    Attributes
    ----------
    columns : Columns
        The rows, each array of shape (rows,).
    lines : ndarray of int64, shape (rows,)
        Where they are in the file.
    predicted : Columns
        As `Predictor.predict_columns` returns them.
    rejected : int
        How many rows among them did not fit.
    """

    columns: Columns
    lines: np.ndarray
    predicted: Columns
    rejected: int


def predict_file(
    predictor: Predictor, source: Path, target: Path, rejects: Path | None = None
) -> Count:
    """Predict every row of a file; memory does not grow with the file.

    The output has the key column (without a key, the line), the prediction with its interval, or
    with its prediction set and probabilities, and the warnings.

    Parameters
    ----------
    predictor : Predictor
        As `lockgate.predict.load_predictor` returns it.
    source : Path
        CSV or Parquet by its name, read as a delivery is; but only what a request needs must be
        there, and the target is not looked at.
    target : Path
        CSV or Parquet by its name; it appears when it is complete.
    rejects : Path, optional
        CSV of the rows that break the contract: line, reasons and the row as it stands. By
        default beside `target`. There is none when every row fits.

    Raises
    ------
    DeliveryError
        When a column is missing or unknown, or there are no rows.
    TableError
        When the source is damaged or of another format than its name says, or `target` is
        neither CSV nor Parquet by its name.
    """
    if target.suffix.lower() not in FORMATS:
        raise TableError(
            f"cannot write '{target.suffix}' files",
            where=str(target),
            hint=f"name the output {' or '.join(FORMATS)}",
        )
    rejects = rejects or target.with_name(f"{target.stem}.rejects.csv")
    predicted = rejected = 0
    with ExitStack() as stack:
        sink = _Sink(stack, target)
        for each in predicted_batches(predictor, source, rejects):
            sink.write(_written(predictor, each))
            predicted += len(each.lines)
            rejected += each.rejected
    return Count(predicted, rejected, rejects)


def predicted_batches(
    predictor: Predictor, source: Path, rejects: Path, needed: Collection[str] = ()
) -> Iterator[Predicted]:
    """Predict the rows of a file batch by batch; those that do not fit go to `rejects`.

    Parameters
    ----------
    predictor, source, rejects
        As of `predict_file`.
    needed : collection of str
        Columns that each row must have a value in, beside those of a request.

    Raises
    ------
    DeliveryError, TableError
        As `predict_file`, while it is iterated.
    """
    schema = _asked(predictor.bundle.schema, needed)
    rejected = 0
    with ExitStack() as stack:
        steps = stack.enter_context(progress(f"predicting {source.name}"))
        bad = _Sink(stack, rejects)
        for batch in _batches(source, schema):
            columns, reasons = _checked(batch, schema)
            good = np.array([not reason for reason in reasons], dtype=bool)
            fitting = {name: each[good] for name, each in columns.items()}
            refused = _refused(batch, reasons)
            if refused["line"].size:
                bad.write(refused)
            rejected += refused["line"].size
            predicted = predictor.predict_columns(fitting)
            yield Predicted(fitting, batch.lines[good], predicted, refused["line"].size)
            steps.advance(len(good))
    if not rejected:
        rejects.unlink(missing_ok=True)


def find_row(
    predictor: Predictor, source: Path, *, line: int | None = None, key: str | None = None
) -> Columns:
    """Return one row of a file, read and checked as `predict_file` does.

    Parameters
    ----------
    predictor, source
        As of `predict_file`.
    line : int, optional
        Of the row in the file (of a Parquet file the row, from 1); by default the first row.
    key : str, optional
        Instead, its value in the contract's key column.

    Returns
    -------
    Columns
        Each array of shape (1,).

    Raises
    ------
    RequestError
        When there is no such row, or it does not fit; naming the rules that it breaks.
    DeliveryError, TableError
        As `predict_file`.
    """
    name = None if key is None else _key_name(predictor.bundle.schema, source)
    schema = _asked(predictor.bundle.schema, () if name is None else (name,))
    for batch in _batches(source, schema):
        columns, reasons = _checked(batch, schema)
        if name is not None:
            found = [_written_key(each) == key for each in columns[name].tolist()]
        else:
            found = (batch.lines == (batch.lines[:1] if line is None else line)).tolist()
        if True in found:
            row = found.index(True)
            return _fitting(columns, row, reasons[row], f"{source}, line {batch.lines[row]}")
        for bad in batch.malformed:
            if bad.line == line:
                raise RequestError(bad.reason, where=f"{source}, line {line}")
    raise RequestError(
        f"there is no {f'line {line}' if key is None else f'{name} {key}'} with a row",
        where=str(source),
        hint="lines count from 1, and the first is the header",
    )


def _key_name(schema: Schema, source: Path) -> str:
    if schema.key is None:
        raise RequestError(
            "the contract has no key column", where=str(source), hint="name the row by its line"
        )
    return schema.key.name


def _written_key(value: object) -> str:
    return f"{value:.17g}" if isinstance(value, float) else str(value)


def _fitting(columns: Columns, row: int, reasons: list[str], where: str) -> Columns:
    if reasons:
        raise RequestError(f"the row breaks {'; '.join(reasons)}", where=where)
    return {name: each[row : row + 1] for name, each in columns.items()}


def _asked(schema: Schema, needed: Collection[str]) -> Schema:
    """Return the schema of a file of which no column must be there but those asked for."""
    columns = []
    for each in schema.columns:
        asked = {"requested": True, "nullable": False} if each.name in needed else {}
        delivered = each.requested or each.name in needed
        columns.append(each.model_copy(update=asked | {"delivered": delivered}))
    return schema.model_copy(update={"columns": tuple(columns)})


class _Sink:
    """A file that is opened with the first batch, which says what its columns are."""

    def __init__(self, stack: ExitStack, path: Path) -> None:
        self._stack = stack
        self._path = path
        self._file: CsvSink | ParquetSink | None = None

    def write(self, columns: Columns) -> None:
        if self._file is None:
            typed = self._path.name.lower().endswith(".parquet")
            self._file = ParquetSink(self._path) if typed else CsvSink(self._path, tuple(columns))
            self._stack.enter_context(self._file)
        self._file.write(columns)


def _batches(source: Path, schema: Schema) -> Iterator[RawBatch]:
    try:
        yield from read_delivery(Delivery(source, source.name), schema, BATCH_ROWS)
    except DeliveryError as problem:
        needed = ", ".join(each.name for each in schema.columns if each.requested)
        raise DeliveryError(
            problem.what,
            where=problem.where,
            hint=f"a file to predict needs {needed}, and may have the contract's other columns",
        ) from None


def _checked(batch: RawBatch, schema: Schema) -> tuple[Columns, list[list[str]]]:
    """Return the columns, and for each row the rules that it breaks."""
    used = schema.model_copy(
        update={"columns": tuple(each for each in schema.columns if each.role not in UNUSED)}
    )
    parsed = parse(batch.cells, used)
    required = {each.name for each in used.columns if each.requested and not each.nullable}
    reasons: list[list[str]] = [[] for _ in batch.lines]
    for rule, broken in verdicts(used, parsed.columns, parsed.unparsed, required).items():
        for row in np.flatnonzero(broken).tolist():
            reasons[row].append(rule)
    return parsed.columns, reasons


def _written(predictor: Predictor, batch: Predicted) -> Columns:
    manifest, key = predictor.bundle.manifest, predictor.bundle.schema.key
    predicted = dict(batch.predicted)
    name = "line" if key is None else key.name
    written = {name: batch.lines if key is None else batch.columns[key.name]}
    written[f"predicted_{manifest.target}"] = predicted.pop(
        "value" if manifest.task == "regression" else "label"
    )
    shares = predicted.pop("probabilities", np.empty((len(batch.lines), 0))).T
    words = ["; ".join(warnings(each)) for each in predicted.pop("remarks")]
    if "prediction_set" in predicted:
        sets = prediction_sets(predicted.pop("prediction_set"), manifest.classes)
        predicted["prediction_set"] = np.array(["; ".join(each) for each in sets], dtype=object)
    written |= predicted
    for label, share in zip(manifest.classes, shares, strict=True):
        written[f"probability_{label}"] = share
    written["warnings"] = np.array(words, dtype=object)
    return written


def _refused(batch: RawBatch, reasons: list[list[str]]) -> Columns:
    rows = [
        (int(batch.lines[row]), "; ".join(broken), batch.text(row))
        for row, broken in enumerate(reasons)
        if broken
    ]
    rows += [(each.line, each.reason, each.text) for each in batch.malformed]
    rows.sort()
    return {
        "line": np.array([line for line, _, _ in rows], dtype=np.int64),
        "reasons": np.array([why for _, why, _ in rows], dtype=object),
        "row": np.array([text for _, _, text in rows], dtype=object),
    }
