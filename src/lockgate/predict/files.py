"""Predicting a file: rows stream through in batches, and none is dropped silently."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.console import progress
from lockgate.contract import Schema
from lockgate.errors import DeliveryError, TableError
from lockgate.predict.answers import warnings
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


def predict_file(
    predictor: Predictor, source: Path, target: Path, rejects: Path | None = None
) -> Count:
    """Predict every row of a file; memory does not grow with the file.

    The output has the key column (without a key, the line), the prediction with its interval or
    probabilities, and the warnings.

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
    schema = predictor.bundle.schema
    predicted = rejected = 0
    with ExitStack() as stack:
        steps = stack.enter_context(progress(f"predicting {source.name}"))
        sink, bad = _Sink(stack, target), _Sink(stack, rejects)
        for batch in _batches(source, schema):
            columns, reasons = _checked(batch, schema)
            good = np.array([not reason for reason in reasons], dtype=bool)
            sink.write(_predictions(predictor, columns, batch.lines, good))
            refused = _refused(batch, reasons)
            if refused["line"].size:
                bad.write(refused)
            predicted += int(good.sum())
            rejected += refused["line"].size
            steps.advance(len(good))
    if not rejected:
        rejects.unlink(missing_ok=True)
    return Count(predicted, rejected, rejects)


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
    """Read a file of which no column must be there but those that a request needs."""
    columns = [each.model_copy(update={"delivered": each.requested}) for each in schema.columns]
    lenient = schema.model_copy(update={"columns": tuple(columns)})
    try:
        yield from read_delivery(Delivery(source, source.name), lenient, BATCH_ROWS)
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


def _predictions(
    predictor: Predictor, columns: Columns, lines: np.ndarray, good: np.ndarray
) -> Columns:
    manifest, key = predictor.bundle.manifest, predictor.bundle.schema.key
    predicted = predictor.predict_columns({name: each[good] for name, each in columns.items()})
    name = "line" if key is None else key.name
    written = {name: lines[good] if key is None else columns[key.name][good]}
    written[f"predicted_{manifest.target}"] = predicted.pop(
        "value" if manifest.task == "regression" else "label"
    )
    shares = predicted.pop("probabilities", np.empty((len(lines[good]), 0))).T
    words = ["; ".join(warnings(each)) for each in predicted.pop("remarks")]
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
