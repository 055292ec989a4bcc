"""From the names in params to features: functions of a module, calendar parts, columns."""

import inspect
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import permutations
from typing import Any

import numpy as np

from lockgate.contract import Column, Schema
from lockgate.errors import FeatureError, did_you_mean
from lockgate.features.calendar import CYCLES, days_between, parts_of
from lockgate.features.feature import Array, Feature, Kind, call, kind_of
from lockgate.features.places import place_of_import
from lockgate.features.source import source_hash

_READABLE = ("feature", "time")


def resolve(names: Sequence[str] | None, module: str | None, schema: Schema) -> tuple[Feature, ...]:
    """Find what computes each feature.

    A name is, in this order, a function of `module`, a calendar part of a date or timestamp
    column (``<column>_year``, ``_month``, ``_day_of_week``, ``_days``, of a timestamp ``_hour``),
    the days between two of them (``<column>_to_<column>_days``), or a feature column.

    Parameters
    ----------
    names : sequence of str, or None
        None stands for each column with the role feature, dates by their calendar parts.
    module : str or None
        Import path of the module whose public functions are features.
    schema : Schema
        Says which columns there are and which may be read.

    Returns
    -------
    tuple of Feature
        In the order of `names`.

    Raises
    ------
    FeatureError
        When a name is unknown or listed twice, the module cannot be imported, or a feature
        reads the target, a key, a group or an ignored column.
    """
    functions = _functions(module) if module else {}
    known = {**_columns(schema), **_differences(schema), **_calendar(schema)}
    chosen = _defaults(schema) if names is None else tuple(names)
    twice = [name for name, count in Counter(chosen).items() if count > 1]
    if twice:
        raise FeatureError(f"{', '.join(twice)} is listed twice", where="featurize.features")
    if not chosen:
        raise FeatureError("no feature is listed", where="featurize.features")
    return tuple(
        _function(name, functions[name], schema)
        if name in functions
        else known.get(name) or _unknown(name, schema, [*functions, *known])
        for name in chosen
    )


def _defaults(schema: Schema) -> tuple[str, ...]:
    return tuple(
        name
        for column in schema.with_role("feature")
        for name in (_part_names(column) if column.temporal else (column.name,))
    )


def _part_names(column: Column) -> tuple[str, ...]:
    return tuple(f"{column.name}_{part}" for part in parts_of(column.type))


def _columns(schema: Schema) -> dict[str, Feature]:
    return {
        column.name: Feature(
            name=column.name,
            columns=(column.name,),
            kind=_kind(column),
            source_hash=None,
            function=_itself,
        )
        for column in schema.with_role("feature")
        if not column.temporal
    }


def _kind(column: Column) -> Kind:
    if column.numeric:
        return "number"
    return "text" if column.text else "category"


def _itself(values: Array) -> Array:
    return values


def _calendar(schema: Schema) -> dict[str, Feature]:
    return {
        f"{column.name}_{part}": Feature(
            name=f"{column.name}_{part}",
            columns=(column.name,),
            kind="number",
            source_hash=source_hash(function),
            function=function,
            cyclic=part in CYCLES,
        )
        for column in _moments(schema)
        for part, function in parts_of(column.type).items()
    }


def _differences(schema: Schema) -> dict[str, Feature]:
    names = [column.name for column in _moments(schema)]
    return {
        name: Feature(
            name=name,
            columns=(earlier, later),
            kind="number",
            source_hash=source_hash(days_between),
            function=days_between,
        )
        for earlier, later in permutations(names, 2)
        for name in [f"{earlier}_to_{later}_days"]
    }


def _moments(schema: Schema) -> list[Column]:
    return [each for each in schema.columns if each.temporal and each.role in _READABLE]


def _functions(module: str) -> dict[str, Callable[..., Any]]:
    try:
        found = import_module(module)
    except (Exception, SystemExit) as problem:
        place = place_of_import(problem)
        raise FeatureError(
            f"the module '{module}' cannot be imported: {type(problem).__name__}: {problem}",
            where=place or "featurize.module",
            hint=f"mend it; this shows more: PYTHONPATH=src python -c 'import {module}'"
            if place
            else "name a module that Python finds, such as lockgate.features.houses",
        ) from problem
    return {
        name: value
        for name, value in vars(found).items()
        if inspect.isfunction(value) and value.__module__ == module and not name.startswith("_")
    }


def _function(name: str, function: Callable[..., Any], schema: Schema) -> Feature:
    where = f"feature {name}"
    if name in schema.names:
        raise FeatureError(
            "the contract has a column of the same name",
            where=where,
            hint="give the function another name: a changed column is a new feature",
        )
    parameters = tuple(inspect.signature(function).parameters)
    if not parameters:
        raise FeatureError("reads no column", where=where, hint="name columns as its parameters")
    read = [_readable(parameter, schema, where) for parameter in parameters]
    probe = call(name, function, [_missing(column) for column in read])
    return Feature(name, parameters, kind_of(name, probe), source_hash(function), function)


def _readable(name: str, schema: Schema, where: str) -> Column:
    allowed = [column.name for column in schema.columns if column.role in _READABLE]
    if name not in schema.names:
        raise FeatureError(
            f"reads '{name}', and the contract has no such column{did_you_mean(name, allowed)}",
            where=where,
        )
    column = schema.column(name)
    if column.role not in _READABLE:
        raise FeatureError(
            f"reads '{name}', whose role is {column.role}",
            where=where,
            hint="a feature may read columns with the role feature or time only",
        )
    return column


def _missing(column: Column) -> Array:
    if column.temporal:
        return np.array(["NaT"], dtype="datetime64[s]")
    return np.array([np.nan]) if column.numeric else np.array([""], dtype=object)


def _unknown(name: str, schema: Schema, known: list[str]) -> Feature:
    where = "featurize.features"
    if name not in schema.names:
        raise FeatureError(
            f"there is no feature '{name}'{did_you_mean(name, known)}",
            where=where,
            hint="list a function of featurize.module, a calendar part or a feature column",
        )
    column = schema.column(name)
    if column.temporal and column.role in _READABLE:
        hint = f"list its calendar parts instead: {', '.join(_part_names(column))}"
        raise FeatureError(f"'{name}' is a {column.type}", where=where, hint=hint)
    raise FeatureError(
        f"'{name}' has the role {column.role} and may not be a feature",
        where=where,
        hint="take it out of the list, or change its role in data/contract.yaml",
    )
