"""The floor of benchmarks/scale.py for validate: Great Expectations alone, on one whole frame.

``python alone.py FORMAT REPORT``, in a project whose data are there, makes a pandas frame of every
row that can be read, runs the contract's expectations on it as Great Expectations documents it
(batch definition, suite, validation definition) with the result format FORMAT, and writes to
REPORT how many CPU seconds the import and the run took. Reading the files and making the frame do
not count.
"""

import copy
import json
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any


def main(result_format: str, report: Path) -> None:
    """Measure, and write the seconds."""
    started = time.process_time()
    import_module("great_expectations.expectations")
    imported = time.process_time() - started
    frame, expectations = prepared()
    definition = validation(expectations)
    warnings.simplefilter("ignore")
    started = time.process_time()
    result = definition.run(batch_parameters={"dataframe": frame}, result_format=result_format)
    ran = time.process_time() - started
    checks = len(result.results)
    report.write_text(json.dumps({"import": imported, "run": ran, "checks": checks}))


def prepared() -> tuple[Any, list[Any]]:
    """Return the frame, with moments as numbers, which is the faster way, and the expectations."""
    import numpy as np
    import pandas as pd

    from lockgate.contract.compile import load_schema
    from lockgate.validation.chunks import read_chunks
    from lockgate.validation.deliveries import find_deliveries
    from lockgate.validation.expectations import comparable, contract_expectations
    from lockgate.validation.listed import listed_expectations

    root = Path()
    schema = load_schema(root / "data/contract.yaml")
    parts = []
    for chunk in read_chunks(find_deliveries(root / "data/raw", root), schema, 100_000):
        readable = chunk.readable()
        columns = {name: comparable(each[readable]) for name, each in chunk.columns.items()}
        texts = {
            name: np.where(each == "", None, each)
            for name, each in columns.items()
            if each.dtype == object
        }
        parts.append(pd.DataFrame(columns | texts))
    expectations = [*contract_expectations(schema).values()]
    expectations += [item.expectation for item in listed_expectations(schema)]
    return pd.concat(parts, ignore_index=True), expectations


def validation(expectations: list[Any]) -> Any:
    """Return what runs the expectations on a frame."""
    from great_expectations import ExpectationSuite, ValidationDefinition, get_context
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
    rows = asset.add_batch_definition_whole_dataframe("rows")
    copies = [copy.copy(each) for each in expectations]
    suite = context.suites.add(ExpectationSuite(name="contract", expectations=copies))
    return context.validation_definitions.add(
        ValidationDefinition(name="contract", data=rows, suite=suite)
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
