"""What a contract cannot mean: rules that contradict each other, roles that do not fit."""

from collections import Counter

from lockgate.contract.patterns import text_pattern
from lockgate.contract.schema import Column
from lockgate.errors import ContractError


def check_columns(columns: tuple[Column, ...]) -> None:
    """Refuse columns that are described twice, and roles that do not make a problem to learn.

    Raises
    ------
    ContractError
        Naming the columns.
    """
    _check_names(columns)
    _check_roles(columns)


def check_column(column: Column) -> None:
    """Refuse rules of one column that no value can meet, or that say nothing of its type.

    Raises
    ------
    ContractError
        Naming the column.
    """
    _check_range(column)
    _check_writing(column)
    _check_values(column)
    _check_texts(column)
    _check_free_text(column)
    if column.requested and column.role != "feature":
        raise ContractError(
            f"a request never needs a {column.role} column",
            where=column.name,
            hint="remove request: required",
        )


def _check_range(column: Column) -> None:
    lows = [bound for bound in (column.minimum, column.exclusive_minimum) if bound is not None]
    highs = [bound for bound in (column.maximum, column.exclusive_maximum) if bound is not None]
    if (lows or highs) and column.type not in ("number", "integer"):
        raise ContractError(f"a {column.type} has no numeric range", where=column.name)
    if lows and highs:
        low, high = max(lows), min(highs)
        if low > high:
            raise ContractError(
                f"no value is at least {low:g} and at most {high:g}", where=column.name
            )
        if low == high and low in (column.exclusive_minimum, column.exclusive_maximum):
            raise ContractError(f"the range ends where it begins, at {low:g}", where=column.name)
    if column.earliest and column.latest and column.earliest > column.latest:
        raise ContractError(f"{column.earliest} is after {column.latest}", where=column.name)


def _check_writing(column: Column) -> None:
    if column.decimal == column.grouping:
        raise ContractError(
            f"'{column.decimal}' cannot be both decimalSeparator and groupingSeparator",
            where=column.name,
        )
    written = (column.decimal, column.grouping, column.affixes, column.negative)
    if written != (".", "", (), "minus") and column.type not in ("number", "integer"):
        raise ContractError(
            f"a {column.type} takes no decimalSeparator, groupingSeparator, affixes or "
            "negativeNumbers",
            where=column.name,
        )
    for affix in column.affixes:
        # An abbreviation may end in a point: Rs. or mi.
        letters = affix[:-1] if len(affix) > 1 and affix.endswith(".") else affix
        if affix != affix.strip() or not affix or any(c in "0123456789+-.,()" for c in letters):
            raise ContractError(
                f"the affix '{affix}' cannot be told from a number",
                where=column.name,
                hint="an affix is a sign or a unit, such as $ or kg, without space around it",
            )


def _check_values(column: Column) -> None:
    if column.values is None:
        return
    if not column.values:
        raise ContractError(
            "no value is allowed: validValues is empty",
            where=column.name,
            hint="list what is allowed, or take the rule out",
        )
    both = sorted(set(column.values) & set(column.missing))
    if both:
        raise ContractError(f"{both} are both allowed and missing", where=column.name)


def _check_texts(column: Column) -> None:
    shortest, longest = column.min_length or 0, column.max_length
    if column.type != "string":
        if (column.pattern, column.min_length, longest) != (None, None, None):
            raise ContractError(
                f"{column.type} values take no pattern and no length", where=column.name
            )
        return
    if longest is not None and shortest > longest:
        raise ContractError(
            f"no text has at least {shortest} and at most {longest} characters", where=column.name
        )
    pattern = text_pattern(column)
    for value in column.values or ():
        lengthy = longest is not None and len(value) > longest
        if len(value) < shortest or lengthy or (column.pattern and not pattern.fullmatch(value)):
            raise ContractError(
                f"the allowed value '{value}' breaks the column's own pattern or length",
                where=column.name,
            )


def _check_free_text(column: Column) -> None:
    if not column.text:
        return
    if column.type != "string" or column.role not in ("feature", "ignore"):
        raise ContractError(
            f"kind: text is for string columns that are features, not for a {column.type} with "
            f"the role {column.role}",
            where=column.name,
        )
    if column.values is not None:
        raise ContractError(
            "free text has no list of allowed values",
            where=column.name,
            hint="take kind: text out, and it is a category",
        )


def _check_names(columns: tuple[Column, ...]) -> None:
    twice = [name for name, count in Counter(c.name for c in columns).items() if count > 1]
    if twice:
        raise ContractError(f"the column {', '.join(twice)} is described twice")


def _check_roles(columns: tuple[Column, ...]) -> None:
    roles = Counter(column.role for column in columns)
    if roles["target"] != 1:
        raise ContractError(
            f"{roles['target']} columns have the role target",
            hint="give exactly one column customProperties: role: target",
        )
    for role in ("key", "group", "time"):
        if roles[role] > 1:
            raise ContractError(f"{roles[role]} columns have the role {role}; one may")
    for column in columns:
        if column.role == "time" and not column.temporal:
            raise ContractError("the time column is not a date or timestamp", where=column.name)
        if column.role == "target":
            _check_target(column)
    if not roles["feature"]:
        raise ContractError("no column has the role feature: nothing to predict from")


def _check_target(column: Column) -> None:
    if column.temporal:
        raise ContractError("a date cannot be the target", where=column.name)
    if column.values is not None and len(column.values) < 2:
        raise ContractError("a target with one class leaves nothing to predict", where=column.name)
    if column.type == "string" and not column.values:
        raise ContractError(
            "a text target needs its classes",
            where=column.name,
            hint="list them: quality: - metric: invalidValues, arguments: {validValues: [..]}, "
            "mustBe: 0",
        )
