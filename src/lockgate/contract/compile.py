"""Contract to schema: the prose goes, the meaning stays, a contradiction is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lockgate.contract.contradictions import check_column, check_columns
from lockgate.contract.odcs import Contract, CustomProperty, Property, Quality, SchemaObject
from lockgate.contract.schema import TEMPORAL, Column, Rule, Schema, TableBound
from lockgate.errors import ContractError, did_you_mean
from lockgate.strict import parse, read_yaml

TABLE_PROPERTIES = ("entity", "entities", "missingTokens")
WRITING = {
    "decimalSeparator": "decimal",
    "groupingSeparator": "grouping",
    "affixes": "affixes",
    "negativeNumbers": "negative",
}
COLUMN_PROPERTIES = ("role", "kind", "unit", "delivery", "request", "missingTokens", *WRITING)
PERSONAL = frozenset({"personal", "pii", "sensitive"})


def load_contract(path: Path = Path("data/contract.yaml")) -> Contract:
    """Read the contract.

    Raises
    ------
    ContractError
        Naming each unknown, missing or wrong key.
    """
    return parse(Contract, read_yaml(path, ContractError), path, ContractError)


def load_schema(path: Path = Path("data/contract.yaml")) -> Schema:
    """Read the contract and compile it.

    Raises
    ------
    ContractError
        As `load_contract` and `compile_schema` do, naming the file.
    """
    with in_contract(path):
        return compile_schema(load_contract(path))


@contextmanager
def in_contract(path: Path) -> Iterator[None]:
    """Name the contract's file in each `ContractError` that does not name it yet."""
    try:
        yield
    except ContractError as problem:
        if problem.where.startswith(str(path)):
            raise
        where = f"{path}, {problem.where}" if problem.where else str(path)
        raise ContractError(problem.what, where=where, hint=problem.hint) from None


def compile_schema(contract: Contract) -> Schema:
    """Compile the contract into the canonical schema.

    Raises
    ------
    ContractError
        When roles, bounds or values contradict each other.
    """
    table = contract.table
    custom = _custom(table.customProperties, TABLE_PROPERTIES, table.name)
    tokens = tuple(custom.get("missingTokens", ("",)))
    columns = tuple(_column(item, tokens) for item in table.properties)
    check_columns(columns)
    return Schema(
        entity=custom.get("entity", table.name),
        entities=custom.get("entities", table.physicalName or table.name),
        version=contract.version,
        columns=columns,
        bounds=tuple(_bounds(table)),
        rules=tuple(_rules(table)),
    )


def _custom(
    properties: tuple[CustomProperty, ...], known: tuple[str, ...], where: str
) -> dict[str, Any]:
    for item in properties:
        if item.property not in known:
            raise ContractError(
                f"unknown custom property '{item.property}'{did_you_mean(item.property, known)}",
                where=where,
                hint=f"lockgate knows {', '.join(known)}",
            )
    return {item.property: item.value for item in properties}


def _column(item: Property, tokens: tuple[str, ...]) -> Column:
    custom = _custom(item.customProperties, COLUMN_PROPERTIES, item.name)
    options = item.logicalTypeOptions
    temporal = item.logicalType in TEMPORAL
    role = custom.get("role", "key" if item.primaryKey else "feature")
    needed = role == "feature" and item.required
    column = parse(
        Column,
        {
            "name": item.name,
            "type": item.logicalType,
            "role": role,
            "text": _is_text(custom, item.name),
            "unit": custom.get("unit"),
            "minimum": None if temporal else options.minimum,
            "maximum": None if temporal else options.maximum,
            "earliest": _day(options.minimum) if temporal else None,
            "latest": _day(options.maximum) if temporal else None,
            "exclusive_minimum": options.exclusiveMinimum,
            "exclusive_maximum": options.exclusiveMaximum,
            "values": _valid_values(item),
            "pattern": options.pattern,
            "min_length": options.minLength,
            "max_length": options.maxLength,
            "format": options.format,
            "nullable": not (item.required or item.primaryKey),
            "delivered": _choice(custom, "delivery", item.name, default=True),
            "requested": _choice(custom, "request", item.name, default=needed),
            "unique": item.unique or _no_duplicates(item),
            "personal": (item.classification or "").lower() in PERSONAL,
            "missing": _missing_tokens(item, custom, tokens),
            **{field: custom[name] for name, field in WRITING.items() if name in custom},
        },
        Path(item.name),
        ContractError,
    )
    check_column(column)
    return column


def _choice(custom: dict[str, Any], name: str, column: str, *, default: bool) -> bool:
    value = custom.get(name)
    if value not in (None, "required", "optional"):
        raise ContractError(f"{name} is '{value}', not 'required' or 'optional'", where=column)
    return default if value is None else value == "required"


def _is_text(custom: dict[str, Any], column: str) -> bool:
    value = custom.get("kind")
    if value not in (None, "text"):
        raise ContractError(
            f"kind is '{value}', and the only one that is to be said is 'text'",
            where=column,
            hint="leave it out where a column is no free text",
        )
    return value == "text"


def _day(value: Any) -> str | None:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return None if value is None else str(value)


def _valid_values(item: Property) -> tuple[str, ...] | None:
    for rule in item.quality:
        if rule.metric == "invalidValues" and rule.arguments.validValues is not None:
            return tuple(_word(value) for value in rule.arguments.validValues)
    return None


def _word(value: Any) -> str:
    """Write a value as a delivery would, trimmed: YAML turns an unquoted yes into True."""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _no_duplicates(item: Property) -> bool:
    return any(rule.metric == "duplicateValues" and rule.mustBe == 0 for rule in item.quality)


def _missing_tokens(
    item: Property, custom: dict[str, Any], tokens: tuple[str, ...]
) -> tuple[str, ...]:
    listed: list[Any] = list(custom.get("missingTokens", tokens))
    for rule in item.quality:
        if rule.metric == "missingValues":
            listed.extend(rule.arguments.missingValues or ())
    words = {"" if token is None else str(token).strip() for token in listed}
    return tuple(sorted(words | {""}))


def _bounds(table: SchemaObject) -> Iterator[TableBound]:
    for column, rule in _rules_of(table):
        if rule.type != "library":
            continue
        exact_row_rule = rule.metric in {"invalidValues", "duplicateValues"} and rule.mustBe == 0
        _check_rule(rule, column, table.name, exact=exact_row_rule)
        if exact_row_rule or rule.metric is None:
            continue
        lower, upper = _range(rule)
        if lower is None and upper is None:
            raise ContractError(f"{rule.metric} has no bound", where=column or table.name)
        if lower is not None and upper is not None and lower > upper:
            raise ContractError(
                f"no {rule.metric} is at least {lower:g} and at most {upper:g}",
                where=column or table.name,
            )
        yield TableBound(
            metric=rule.metric,
            column=column,
            unit=rule.unit,
            minimum=lower,
            maximum=upper,
            severity=rule.severity,
        )


def _check_rule(rule: Quality, column: str | None, table: str, *, exact: bool) -> None:
    where = column or table
    if rule.metric is None:
        raise ContractError("a library rule names no metric", where=where)
    if (column is None) != (rule.metric == "rowCount"):
        place = "the table's quality" if rule.metric == "rowCount" else "a column's quality"
        raise ContractError(f"{rule.metric} belongs in {place}", where=where)
    if rule.metric == "rowCount" and rule.unit == "percent":
        raise ContractError("rowCount is counted in rows, not in percent", where=where)
    if exact and rule.severity == "warning":
        raise ContractError(
            f"{rule.metric} that must be 0 sends rows to quarantine, so it is no warning",
            where=where,
            hint="list an expectation of Great Expectations with severity: warning instead",
        )


def _range(rule: Quality) -> tuple[float | None, float | None]:
    """Return the closed range; counts are whole, so an open end is the next whole number."""
    if rule.mustBe is not None:
        return rule.mustBe, rule.mustBe
    if rule.mustBeBetween is not None:
        return rule.mustBeBetween
    step = 1.0 if rule.unit == "rows" else 0.0
    lower = rule.mustBeGreaterOrEqualTo
    upper = rule.mustBeLessOrEqualTo
    if rule.mustBeGreaterThan is not None:
        lower = rule.mustBeGreaterThan + step
    if rule.mustBeLessThan is not None:
        upper = rule.mustBeLessThan - step
    return lower, upper


def _rules(table: SchemaObject) -> Iterator[Rule]:
    for column, rule in _rules_of(table):
        if rule.type != "custom":
            continue
        if rule.engine is None or rule.implementation is None:
            raise ContractError(
                "a custom rule needs engine: greatExpectations and an implementation",
                where=column or table.name,
            )
        kwargs = dict(rule.implementation.kwargs)
        if column is not None and not any(key.startswith("column") for key in kwargs):
            kwargs["column"] = column
        yield Rule(type=rule.implementation.type, kwargs=kwargs, severity=rule.severity)


def _rules_of(table: SchemaObject) -> Iterator[tuple[str | None, Quality]]:
    yield from ((None, rule) for rule in table.quality)
    for item in table.properties:
        yield from ((item.name, rule) for rule in item.quality)
