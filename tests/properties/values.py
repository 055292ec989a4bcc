"""Values and rows that fit a contract or nearly do, as JSON has them."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from lockgate.contract import Column, Schema
from lockgate.contract.schema import LARGEST_INTEGER
from tests.properties.contracts import days, finite, moments, small, whole


def values(column: Column) -> st.SearchStrategy[Any]:
    """Return values that fit the column, as JSON has them and in canonical writing; never null."""
    strategies = {
        "number": _number_values,
        "integer": _integer_values,
        "string": _string_values,
        "boolean": _boolean_values,
        "date": _moment_values,
        "timestamp": _moment_values,
    }
    return strategies[column.type](column)


def _bounds(column: Column) -> tuple[float, float]:
    low, high = column.minimum, column.maximum
    if column.exclusive_minimum is not None:
        low = math.nextafter(column.exclusive_minimum, math.inf)
    if column.exclusive_maximum is not None:
        high = math.nextafter(column.exclusive_maximum, -math.inf)
    most = 1.7976931348623157e308
    return -most if low is None else low, most if high is None else high


def _number_values(column: Column) -> st.SearchStrategy[Any]:
    low, high = _bounds(column)
    found = st.floats(low, high) | st.sampled_from((low, high))
    if column.values is not None:
        found = st.sampled_from([float(value) for value in column.values])
    return found.filter(lambda value: value not in column.missing_numbers)


def _integer_values(column: Column) -> st.SearchStrategy[Any]:
    low, high = _bounds(column)
    most = int(LARGEST_INTEGER)
    low, high = max(-most, math.ceil(low)), min(most, math.floor(high))
    if column.values is not None:
        found = st.sampled_from([int(float(value)) for value in column.values])
    else:
        found = st.integers(low, high)
    found = found.filter(lambda value: value not in column.missing_numbers)
    return found | found.map(float)


def _string_values(column: Column) -> st.SearchStrategy[Any]:
    shortest = max(column.min_length or 0, 1)
    if column.values is not None:
        return st.sampled_from(column.values)
    if column.pattern is not None:
        found = st.from_regex(column.pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))
        found = found.map(str.strip).filter(bool)
    else:
        letters = st.characters(codec="utf-8") | st.sampled_from("ab1 ,")
        found = st.text(letters, min_size=shortest, max_size=column.max_length or 12)
        found = found.map(lambda text: text.strip().ljust(shortest, "x"))
    return found.filter(lambda text: text not in column.missing)


def _boolean_values(column: Column) -> st.SearchStrategy[Any]:
    return st.sampled_from([word in ("true", "yes") for word in column.values or ("true", "no")])


def _moment_values(column: Column) -> st.SearchStrategy[Any]:
    if column.values is not None:
        read = datetime.strptime if column.format else lambda text, _: datetime.fromisoformat(text)
        found = st.sampled_from([read(text, column.format) for text in column.values])
    else:
        low = datetime.fromisoformat(column.earliest or "1000-01-01")
        high = datetime.fromisoformat(column.latest or "9999-12-31")
        found = st.datetimes(low, high).map(lambda moment: moment.replace(microsecond=0))
    if column.type == "date":
        return found.map(lambda moment: str(moment.date()))
    return found.map(lambda moment: f"{moment.isoformat()}Z")


POOL: tuple[Any, ...] = (
    *(None, True, False, "", " ", "?", " n/a ", "-999", -999, -999.0, "NULL", 0.5, 0, -0.0, 1, 2.0),
    *(1.5, 2**53, 2.0**53, 2**53 - 1, -(2.0**53) + 1, 1e17, 1e308, -1e308, 5e-324, math.inf),
    *(math.nan, "a", "B", "yes", "1", "1.0", "٣", "\x1ca", "a\n", "\u3000a\u00a0", "\x00", "S12"),
    *("2024-02-29", "2023-02-29", "20240229", "2024-W09-4", "2024-02-29T00:00:00.5", "0001-01-01"),
    *("2024-02-29T23:30:00+23:59", "9999-12-31T23:59:59-01:00", "2024-02-29 10:00", "2024-060"),
    *("2020-01-01T00:00Z", "2020-01-01T00:00:00.999999999Z", "2020-01-01T24:00:00", "1969-12-31"),
    *([], [1], {}, {"a": 1}, "01.02.2020", "2020/01/02"),
)


def near(column: Column) -> st.SearchStrategy[Any]:
    """Return values that fit, nearly fit, or have nothing to do with the column."""
    fitting = values(column)
    return st.one_of(
        fitting,
        st.sampled_from(POOL),
        st.sampled_from(_edges(column)),
        fitting if column.numeric else _variants(fitting),
        finite | whole | small | st.text(st.characters(codec="utf-8"), max_size=6),
        moments.map(datetime.isoformat) | days.map(str),
    )


def _variants(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    changes = (
        lambda text: f" {text}\n",
        str.upper,
        str.lower,
        lambda text: text[:-1],
        lambda text: text * 2,
    )
    return st.one_of([texts.map(change) for change in changes])


def _edges(column: Column) -> list[Any]:
    numbers = [column.minimum, column.maximum, column.exclusive_minimum, column.exclusive_maximum]
    ends = [end for end in numbers if end is not None]
    found: list[Any] = [
        math.nextafter(end, way) for end in ends for way in (-math.inf, end, math.inf)
    ]
    found += [end + step for end in ends for step in (-1, 1)]
    for text in filter(None, (column.earliest, column.latest)):
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        for step in (
            timedelta(0),
            timedelta(seconds=1),
            timedelta(milliseconds=5),
            timedelta(days=1),
        ):
            found += [f"{moment + step:%Y-%m-%dT%H:%M:%S.%fZ}", str((moment + step).date())]
    return found or [None]


def rows(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Return rows that a request may have: all that is needed, and any of the other values."""
    asked = [column for column in schema.columns if column.role not in ("target", "ignore")]
    may_lack = {c.name: st.none() | values(c) for c in asked if not c.needed}
    must = {c.name: values(c) if c.needed else may_lack[c.name] for c in asked if c.requested}
    return st.fixed_dictionaries(
        must, optional={name: each for name, each in may_lack.items() if name not in must}
    )
