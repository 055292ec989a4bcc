"""Runs Great Expectations: on batches for row rules, once on whole columns for the rest."""

import importlib.util
import sys
import warnings
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from lockgate.contract import Schema
from lockgate.errors import ContractError
from lockgate.tables import Columns
from lockgate.validation.expectations import comparable, contract_expectations
from lockgate.validation.findings import Finding
from lockgate.validation.listed import Listed, listed_expectations
from lockgate.validation.parse import Mask, Values

if TYPE_CHECKING:
    import pandas as pd


class Suite:
    """The contract's rules, ready to run on batches of parsed rows.

    Parameters
    ----------
    schema : Schema

    Attributes
    ----------
    listed : tuple of Listed
        The expectations that the contract lists.

    Raises
    ------
    ContractError
        When a rule cannot be made into an expectation.
    """

    def __init__(self, schema: Schema) -> None:
        _import_lazily("scipy", "stats")
        self._contract = contract_expectations(schema)
        self.listed = listed_expectations(schema)
        self._batches = _batch_definition()

    def counts(self, columns: Columns) -> dict[str, int]:
        """Return how many rows break each of the contract's own rules, by the rule's name.

        Parameters
        ----------
        columns : dict of ndarray, each of shape (rows,)
            At least one row; cells that could not be read are no part of it.
        """
        named = {expectation.column for expectation in self._contract.values()}
        frame = _frame({name: columns[name] for name in columns if name in named}, _comparable)
        results = self._run(self._contract.values(), frame, "BASIC")
        return {name: int(result["unexpected_count"]) for name, (_, result) in results.items()}

    def failing(self, columns: Columns) -> dict[str, tuple[Mask, int]]:
        """Return which rows break each listed row-wise expectation, by its name.

        With them comes the number of rows that it looked at: those without a missing value.

        Parameters
        ----------
        columns : dict of ndarray, each of shape (rows,)
            At least one row; cells that could not be read are no part of it.

        Raises
        ------
        ContractError
            When Great Expectations cannot run one, or cannot say which rows break it.
        """
        items = [item for item in self.listed if item.scope == "rows"]
        frame = _frame({name: columns[name] for item in items for name in item.columns}, _plain)
        results = self._run([item.expectation for item in items], frame, "COMPLETE")
        return {
            name: (_rows(name, result, len(frame)), _looked_at(result))
            for name, (_, result) in results.items()
        }

    def judge(self, item: Listed, columns: Columns) -> Finding:
        """Judge an expectation on the whole columns that it reads; memory grows with them.

        Of no rows, nothing is true.

        Raises
        ------
        ContractError
            When Great Expectations cannot run it.
        """
        success, seen = False, None
        if len(columns[item.columns[0]]):
            frame = _frame({name: columns[name] for name in item.columns}, _plain)
            results = self._run([item.expectation], frame, "BASIC")
            success, result = results[item.name]
            seen = _observed(result)
        return Finding(item.name, item.rule.severity, seen, item.stated, passed=success)

    def _run(
        self, expectations: Collection[Any], frame: "pd.DataFrame", detail: str
    ) -> dict[str, tuple[bool, dict[str, Any]]]:
        from great_expectations import ExpectationSuite

        if not expectations:
            return {}
        suite = ExpectationSuite(name="contract", expectations=list(expectations))
        batch = self._batches.get_batch(batch_parameters={"dataframe": frame})
        wanted = {"result_format": detail, "return_unexpected_index_query": False}
        with warnings.catch_warnings():
            # What pandas says of Great Expectations' calls is for its authors.
            warnings.simplefilter("ignore")
            validated = batch.validate(suite, result_format=wanted)
        return {
            item.expectation_config.meta["rule"]: (bool(item.success), _result(item))
            for item in validated.results
        }


def _import_lazily(package: str, name: str) -> None:
    """Put off reading a submodule until it is used; Great Expectations seldom uses scipy.stats."""
    full = f"{package}.{name}"
    spec = importlib.util.find_spec(full)
    if full in sys.modules or spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[full] = module
    spec.loader.exec_module(module)
    setattr(sys.modules[package], name, module)


def _batch_definition() -> Any:
    from great_expectations import get_context
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("rows")


def _frame(columns: Columns, form: Callable[[Values], Any]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({name: form(values) for name, values in columns.items()})


def _plain(values: Values) -> Values:
    """Return texts with None where they are missing; other values as they are."""
    if values.dtype.kind != "O":
        return values
    result = values.copy()
    result[values == ""] = None
    return result


def _comparable(values: Values) -> Any:
    """Return texts as categories, which Great Expectations handles at less than half the cost."""
    import pandas as pd

    if values.dtype.kind != "O":
        return comparable(values)
    codes_and_levels: tuple[Any, Any] = pd.factorize(_plain(values))
    return pd.Categorical.from_codes(*codes_and_levels)


def _result(item: Any) -> dict[str, Any]:
    """Return what was found; an expectation that could not run is an error, not a verdict."""
    config = item.expectation_config
    info = item.exception_info
    for problem in [info] if "raised_exception" in info else info.values():
        if problem["raised_exception"]:
            raise ContractError(
                f"Great Expectations could not run it: {problem['exception_message']}",
                where=config.meta["rule"],
                hint="mend its arguments in data/contract.yaml, or the type of the column",
            )
    return dict(item.result)


def _rows(name: str, result: dict[str, Any], rows: int) -> Mask:
    failing = result.get("unexpected_index_list") or []
    if len(failing) != result["unexpected_count"]:
        raise ContractError(
            "Great Expectations counts rows that break it, but does not say which",
            where=name,
            hint="state it in another way, or leave it out",
        )
    mask = np.zeros(rows, dtype=bool)
    mask[failing] = True
    return mask


def _looked_at(result: dict[str, Any]) -> int:
    return int(result["element_count"] - (result.get("missing_count") or 0))


def _observed(result: dict[str, Any]) -> float | str | None:
    """Return what an expectation saw; of those over rows, the share that breaks it."""
    value = result.get("observed_value")
    if isinstance(value, int | float | np.number):
        return float(value)
    share = result.get("unexpected_percent")
    if share is not None:
        return f"broken by {share:.4g} % of the rows"
    return None if value is None else str(value)
