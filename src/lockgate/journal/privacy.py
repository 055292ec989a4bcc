"""Personal columns: a keyed hash in place of the value, or nothing."""

import hmac
from collections.abc import Sequence
from typing import Any

import orjson

from lockgate.contract import Schema
from lockgate.contract.schema import LARGEST_INTEGER

MARK = "hmac-sha256:"
Rows = Sequence[dict[str, Any] | None]
Texts = Sequence[bytes | None]


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

    def inputs(self, rows: Rows) -> Rows:
        """Return rows without their personal values; None stays what it is."""
        return [row and self._hidden(row) for row in rows] if self._personal else rows

    def outputs(self, replies: Texts) -> Texts:
        """Return answers without their warnings where those could repeat a personal value."""
        return [reply and _unwarned(reply) for reply in replies] if self._personal else replies

    def _hidden(self, row: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in row.items() if name not in self._personal}
        if self._salt:
            hidden = self._personal & row.keys()
            kept |= {name: self.hashed(row[name]) for name in hidden if row[name] is not None}
        return kept

    def key(self, column: str, value: str) -> str | None:
        """Return what a value of a column is kept as, None when it is left out."""
        if column not in self._personal:
            return value
        return self.hashed(value) if self._salt else None

    def hashed(self, value: Any) -> str:
        """Return the keyed hash of a value; a number's is that of its text."""
        return MARK + hmac.digest(self._salt, as_text(value).encode(), "sha256").hex()


def _unwarned(reply: bytes) -> bytes:
    said = orjson.loads(reply)
    return orjson.dumps({name: value for name, value in said.items() if name != "warnings"})


def as_text(value: Any) -> str:
    """Return a text without the blanks around it, and any other value as JSON writes it.

    A whole number is written as one: a row's 7.0 is the key 7.
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_INTEGER:
        value = int(value)
    return orjson.dumps(value).decode()
