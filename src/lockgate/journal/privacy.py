"""Personal columns: a keyed hash in place of the value, or nothing."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from lockgate.contract import Schema
from lockgate.contract.schema import LARGEST_INTEGER
from lockgate.journal.rows import Cells, Rows

T = TypeVar("T")

MARK = "hmac-sha256:"


class Privacy:
    """Takes personal values out of rows before they are kept.

    Parameters
    ----------
    schema : Schema
        Says which columns are personal.
    salt : bytes
        Secret key of the hash, HMAC-SHA256 (RFC 2104); without one personal values are left out.
    """

    def __init__(self, schema: Schema, salt: bytes = b"") -> None:
        self._personal = frozenset(each.name for each in schema.columns if each.personal)
        self._salt = salt

    def also(self, schema: Schema) -> None:
        """Take out what another schema calls personal, too."""
        self._personal |= frozenset(each.name for each in schema.columns if each.personal)

    def inputs(self, rows: Rows | Cells) -> Rows | Cells:
        """Return rows without their personal values; None stays what it is."""
        if not self._personal:
            return rows
        if isinstance(rows, Mapping):
            return self._hidden(rows, self._all_hashed)
        return [row and self._hidden(row, self.hashed) for row in rows]

    def outputs(self, answers: bytes) -> bytes:
        """Return answers, as JSON, without the warnings, which could repeat a personal value."""
        if not self._personal:
            return answers
        said = orjson.loads(answers)
        if isinstance(said, dict):
            return orjson.dumps(_unwarned(said))
        return orjson.dumps([each and _unwarned(each) for each in said])

    def _hidden(self, row: Mapping[str, T], keep: Callable[[T], Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, value in row.items():
            if name not in self._personal:
                kept[name] = value
            elif self._salt and value is not None:
                kept[name] = keep(value)
        return kept

    def _all_hashed(self, cells: Sequence[Any]) -> list[str | None]:
        return [None if each is None else self.hashed(each) for each in cells]

    def key(self, column: str, value: str) -> str | None:
        """Return what a value of a column is kept as, None when it is left out."""
        if column not in self._personal:
            return value
        return self.hashed(value) if self._salt else None

    def hashed(self, value: Any) -> str:
        """Return the keyed hash of a value; a number's is that of its text."""
        return MARK + hmac.digest(self._salt, as_text(value).encode(), "sha256").hex()


def _unwarned(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "warnings"}


def as_text(value: Any) -> str:
    """Return a text without the blanks around it, and any other value as JSON writes it.

    A whole number is written as one: a row's 7.0 is the key 7.
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_INTEGER:
        value = int(value)
    return orjson.dumps(value).decode()
