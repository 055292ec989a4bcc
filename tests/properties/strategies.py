"""Contracts of any shape, values that fit them or nearly do, and deliveries with any dirt."""

import csv
import gzip
import io
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from lockgate.contract import Column, Schema
from lockgate.contract.compile import compile_schema
from lockgate.contract.odcs import Contract
from lockgate.contract.schema import LARGEST_INTEGER
from lockgate.errors import ContractError
from lockgate.strict import parse
from lockgate.validation.constraints import check_constraints

TYPES = ("number", "integer", "string", "boolean", "date", "timestamp")
NAMES = (
    "a",
    "b_2",
    "größe",
    "sq ft",
    "x,y",
    'q"t',
    "per;cent",
    "class",
    "Z",
    "naïve|tab",
    "d_e",
    "x'",
)
PATTERNS = ("[a-z]+", "S[0-9]{1,3}", r"\d+-\d+", "a|ab|abc", "[^,;]*", "(?:x|y)?z", r"\w+( \w+)*")
FORMATS = {
    "date": (None, "%d.%m.%Y", "%Y/%m/%d"),
    "timestamp": (None, "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H-%M-%S"),
}
WORDS = ("?", "n/a", "-999", "NULL", "0.5")
YES, NO = ("true", "T", "Yes", "y", "1", "1.0"), ("FALSE", "f", "no", "N", "0", "0.0")
DIRT = "a1.-?\"',;\t|\n\r é\u00a0"

finite = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(-int(LARGEST_INTEGER), int(LARGEST_INTEGER))
small = st.integers(-3, 3)
days = st.dates(date(1000, 1, 1)) | st.dates(date(2020, 1, 1), date(2020, 2, 1))
moments = st.datetimes(datetime(1000, 1, 1)).map(lambda moment: moment.replace(microsecond=0))


def examples(count: int) -> settings:
    """Return settings for `count` examples, and more of them in a deeper profile."""
    return settings(max_examples=math.ceil(count * settings().max_examples / 100))


@st.composite
def contracts(draw: st.DrawFn, *, most: int = 6) -> dict[str, Any]:
    """Return a contract with columns of any kind and role, as plain data."""
    roles = [role for role in ("key", "group", "time", "ignore") if draw(st.booleans())]
    roles += ["feature"] * draw(st.integers(1, most))
    kinds = {"key": ("string", "integer"), "time": ("date", "timestamp")}
    named = zip(draw(st.permutations(NAMES)), roles, strict=False)
    columns = {name: (draw(st.sampled_from(kinds.get(role, TYPES))), role) for name, role in named}
    return draw(contracts_of(columns, draw(targets("y"))))


@st.composite
def contracts_of(
    draw: st.DrawFn, columns: dict[str, tuple[str, str]], target: dict[str, Any]
) -> dict[str, Any]:
    """Return a contract with these columns, each with its type and role, under any rules."""
    items = [draw(_described(name, *rest)) for name, rest in columns.items()]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "any",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "things", "properties": draw(st.permutations([*items, target]))}],
    }


def schema_of(document: dict[str, Any]) -> Schema:
    """Return the schema of a contract, checked as `validate` checks it."""
    schema = compile_schema(parse(Contract, document, Path("contract.yaml"), ContractError))
    check_constraints(schema)
    return schema


@st.composite
def _described(draw: st.DrawFn, name: str, kind: str, role: str) -> dict[str, Any]:
    item = {
        "name": name,
        "logicalType": kind,
        "required": draw(st.booleans()),
        "unique": draw(st.integers(0, 5)) == 5,
        **draw(_limits(kind)),
    }
    words = draw(st.lists(st.sampled_from(WORDS), unique=True, max_size=2))
    allowed = [v for rule in item.get("quality", ()) for v in rule["arguments"]["validValues"]]
    custom = {"role": role, "missingTokens": ["", *(w for w in words if w not in allowed)]}
    if draw(st.booleans()):
        custom["delivery"] = draw(st.sampled_from(("required", "optional")))
    if role == "feature" and draw(st.booleans()):
        custom["request"] = draw(st.sampled_from(("required", "optional")))
    custom_properties = [{"property": key, "value": value} for key, value in custom.items()]
    return item | {"customProperties": custom_properties}


@st.composite
def targets(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Return a column to predict: a number, a boolean, or one of a few texts or numbers."""
    words = ("no", "yes", "may,be", "1", "2", "3.5")
    kind, limits = draw(
        st.tuples(st.just("number"), st.just({}) | _ranges(finite))
        | st.just(("boolean", {}))
        | st.tuples(st.just("string"), st.integers(2, 6).map(lambda n: _allowed(words[:n])))
        | st.tuples(st.just("number"), st.integers(4, 5).map(lambda n: _allowed(words[n - 1 :])))
    )
    custom = [{"property": "role", "value": "target"}]
    return {"name": name, "logicalType": kind, **limits, "customProperties": custom}


def _limits(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return (
        st.just({})
        | {
            "number": _ranges(finite | small.map(float)) | _choices(finite.map(repr)),
            "integer": _ranges((whole | small).map(float)) | _choices((whole | small).map(str)),
            "string": _texts()
            | _choices(st.sampled_from(("a", "B", "a b", "1", "é", 'x"', "a,b"))),
            "boolean": _choices(st.sampled_from(("true", "No"))),
            "date": _days("date"),
            "timestamp": _days("timestamp"),
        }[kind]
    )


@st.composite
def _ranges(draw: st.DrawFn, numbers: st.SearchStrategy[float]) -> dict[str, Any]:
    low, high = sorted(draw(st.lists(numbers, min_size=2, max_size=2, unique=True)))
    ends = {
        draw(st.sampled_from(("minimum", "exclusiveMinimum", ""))): low,
        draw(st.sampled_from(("maximum", "exclusiveMaximum", ""))): high,
    }
    return {"logicalTypeOptions": {key: end for key, end in ends.items() if key}}


def _choices(words: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.lists(words, min_size=1, max_size=4, unique=True).map(_allowed)


def _allowed(words: Any) -> dict[str, Any]:
    rule = {"metric": "invalidValues", "arguments": {"validValues": list(words)}, "mustBe": 0}
    return {"quality": [rule]}


@st.composite
def _texts(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"logicalTypeOptions": {"pattern": draw(st.sampled_from(PATTERNS))}}
    shortest = draw(st.integers(0, 3))
    return {"logicalTypeOptions": {"minLength": shortest, "maxLength": draw(st.integers(4, 9))}}


@st.composite
def _days(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    form = draw(st.sampled_from(FORMATS[kind]))
    first, last = sorted((draw(days), draw(days)))
    if draw(st.integers(0, 3)) == 3:
        allowed = [datetime(each.year, each.month, each.day) for each in (first, last)]
        return {"logicalTypeOptions": {"format": form}} | _allowed(
            sorted({stamp(each, form) for each in allowed})
        )
    bounds = {"minimum": first, "maximum": last}
    kept = {key: str(day) for key, day in bounds.items() if draw(st.booleans())}
    return {"logicalTypeOptions": kept | {"format": form}}


def stamp(moment: datetime, form: str | None) -> str:
    """Write a moment by a strptime format, in ISO 8601 without one; years have four digits."""
    if form is None:
        return moment.isoformat() if moment.time() != datetime.min.time() else str(moment.date())
    return moment.strftime(form.replace("%Y", f"{moment.year:04}"))


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
        found = st.integers(low, high) if low <= high else st.nothing()
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
        _variants(fitting),
        finite | whole | small | st.text(st.characters(codec="utf-8"), max_size=6),
        moments.map(datetime.isoformat) | days.map(str),
    )


def _variants(fitting: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    texts = fitting.filter(lambda value: isinstance(value, str))
    changes = (
        lambda text: f" {text}\n",
        str.upper,
        str.lower,
        lambda text: text[:-1],
        lambda t: t * 2,
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


def cells(column: Column) -> st.SearchStrategy[str]:
    """Return values that fit the column as deliveries write them, or words for a missing one."""
    padding = st.sampled_from(("", "", "", " ", "\u00a0"))
    written = values(column).flatmap(lambda value: _written(value, column))
    padded = st.tuples(padding, written, padding).map("".join)
    return padded | st.sampled_from(column.missing) if column.nullable else padded


def _written(value: Any, column: Column) -> st.SearchStrategy[str]:
    if column.type == "boolean":
        return st.sampled_from(YES if value else NO)
    if column.temporal:
        moment = datetime.fromisoformat(value.removesuffix("Z"))
        return st.just(stamp(moment, column.format))
    if column.numeric:
        return st.sampled_from(
            (repr(value), f"{value:.17e}", f"+{value!r}" if value >= 0 else f"{value!r}")
        )
    return st.just(value.replace("\x00", ""))


@st.composite
def tables(draw: st.DrawFn, schema: Schema, *, dirt: bool = True, most: int = 8) -> bytes:
    """Return a delivery of rows that mostly fit, with any dirt between and in them."""
    # Without a column that may not lack a value, no row is good: that is for another time.
    needed = [c for c in schema.columns if c.delivered or not c.nullable]
    others = [c for c in schema.columns if c not in needed and draw(st.booleans())]
    delivered = draw(st.permutations([*needed, *others] or schema.columns[:1]))
    separator = draw(st.sampled_from(",;\t|"))
    record = st.tuples(*(cells(column) for column in delivered)).map(list)
    if dirt:
        ragged = st.lists(st.text(DIRT, max_size=4), min_size=1, max_size=len(delivered) + 1)
        spoilt = st.tuples(record, st.integers(0, 99), st.text(DIRT, max_size=5)).map(_spoilt)
        record = st.one_of(record, record, spoilt, ragged)
    newline = draw(st.sampled_from(("\n", "\n", "\r\n", "\r")))
    lines = [_line([column.name for column in delivered], separator, newline)]
    for row in draw(st.lists(record, min_size=1, max_size=most)):
        lines.append(_line(row, separator, newline))
        if dirt and draw(st.integers(0, 5)) == 5:
            lines.append(draw(st.just("") | st.text(DIRT, max_size=12)) + newline)
    text = "".join(lines)
    return draw(_encoded(text)) if dirt else text.encode()


def _spoilt(drawn: tuple[list[str], int, str]) -> list[str]:
    row, place, text = drawn
    return [*row[: place % len(row)], text, *row[place % len(row) + 1 :]]


def _line(row: list[str], separator: str, newline: str) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, delimiter=separator, lineterminator=newline).writerow(row)
    return line.getvalue()


def _encoded(text: str) -> st.SearchStrategy[bytes]:
    """Return the text as files hold it: mostly UTF-8, now and then something else or damaged."""
    plain = text.encode()
    return st.sampled_from(
        (
            *[plain] * 8,
            b"\xef\xbb\xbf" + plain,
            gzip.compress(plain, mtime=0),
            gzip.compress(plain, mtime=0)[:-9],
            text.encode("latin-1", "replace"),
            text.encode("utf-16"),
            plain.replace(b"1", b"\x00", 1),
            plain[: len(plain) * 2 // 3],
        )
    )
