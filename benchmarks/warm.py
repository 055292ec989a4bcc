"""Times predictions within a process, for benchmarks/predict.py.

``python warm.py ROUNDS REPORT ROW FEATURES``, in a checkout whose pipeline has run, writes to
REPORT the CPU seconds of one call of each kind, to ROW a row as a request has it, and to FEATURES
the same row as the pipeline takes it.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lockgate import load_predictor
from lockgate.artifact import load_pipeline
from lockgate.contract import Schema
from lockgate.learning.pipelines import frame
from lockgate.tables import Columns, read_parquet

MANY = 10_000
SECONDS = 0.25
BUNDLE = Path("models", "model")


def main(rounds: int, report: Path, row: Path, features: Path) -> None:
    """Measure, and write the files."""
    predictor, pipeline = load_predictor(BUNDLE), load_pipeline(BUNDLE)
    schema = predictor.bundle.schema
    test = read_parquet(Path("data", "features", "test.parquet"))
    columns = {name: np.resize(values, MANY) for name, values in test.items()}
    dicts = requests(columns, schema)
    inputs = frame(columns, predictor.bundle.features)
    one, first = inputs.iloc[:1], dicts[0]
    requested = inputs.__class__(dicts)
    check_same(predictor, pipeline, columns, inputs)
    seconds = least(
        {
            "one, dict": lambda: predictor.predict(first),
            "pipeline, one": lambda: pipeline.predict(one),
            "many, dicts": lambda: predictor.predict(dicts),
            "many, frame": lambda: predictor.predict(requested),
            "many, columns": lambda: predictor.predict_columns(columns),
            "pipeline, many": lambda: pipeline.predict(inputs),
        },
        rounds,
    )
    report.write_text(json.dumps(seconds), encoding="utf-8")
    row.write_text(json.dumps(first), encoding="utf-8")
    features.write_text(json.dumps(one.to_dict("list")), encoding="utf-8")


def requests(columns: Columns, schema: Schema) -> list[dict[str, Any]]:
    """Return the rows as requests have them: what is known of a house before it is sold."""
    cells = {}
    for column in schema.columns:
        if column.role in ("feature", "time"):
            cells[column.name] = [_cell(value, column.type) for value in columns[column.name]]
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def check_same(predictor: Any, pipeline: Any, columns: Columns, inputs: Any) -> None:
    """Make sure that both say the same."""
    ours = predictor.predict_columns(columns)
    if "value" in ours and not np.allclose(ours["value"], pipeline.predict(inputs), rtol=1e-9):
        raise SystemExit("the predict module and the pipeline differ")


def least(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the CPU seconds of one call each: the least of several rounds, taken in turn."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            best[name] = min(best[name], _timed(call))
    return best


def _timed(call: Callable[[], Any]) -> float:
    count, started = 0, time.process_time()
    while (spent := time.process_time() - started) < SECONDS:
        call()
        count += 1
    return spent / count


def _cell(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        return value or None
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value.astype("datetime64[D]"))
    if np.isnan(value):
        return None
    return bool(value) if kind == "boolean" else int(value) if kind == "integer" else float(value)


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(Path, sys.argv[2:]))
