"""The key of an entity as text, the same from a URL as from a file."""

import re
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from lockgate.contract import Column, Schema
from lockgate.contract.schema import FALSE, NUMBER, TRUE
from lockgate.predict.fields import field
from lockgate.predict.request import what
from lockgate.service.problems import Problem


class Naming:
    """Reads keys as the contract says that they are written.

    Parameters
    ----------
    key : Column
        The key column.
    schema : Schema
        Of which it is.
    """

    def __init__(self, key: Column, schema: Schema) -> None:
        self._key = key
        self._schema = schema
        kind = field(key)[0]
        self._check = TypeAdapter[Any](kind).validator.validate_python

    def of_url(self, text: str) -> str:
        """Return the name of a key that a URL gives.

        Raises
        ------
        Problem
            422 when the contract allows no such key.
        """
        try:
            value = self._check(_typed(text.strip(), self._key))
        except ValidationError as problem:
            raise self._refusal(what(problem.errors()[0], self._schema)) from None
        if value is None:
            raise self._refusal("must not be missing")
        return self._name(value)

    def of_values(self, values: np.ndarray) -> list[str]:
        """Return the names of keys in canonical form, of shape (rows,)."""
        plain = values.astype(np.int64) if self._key.temporal else values
        return [self._name(value) for value in plain.tolist()]

    def _name(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if self._key.temporal:
            unit: Any = "D" if self._key.type == "date" else "s"
            return str(np.datetime64(value, "s").astype(f"datetime64[{unit}]"))
        return str(int(value)) if float(value).is_integer() else repr(value)

    def _refusal(self, problem: str) -> Problem:
        name = self._key.name
        return Problem(422, f"{name} {problem}", [{"field": name, "problem": problem}])


def _typed(text: str, key: Column) -> Any:
    if key.type == "boolean" and text.lower() in TRUE + FALSE:
        return text.lower() in TRUE
    return float(text) if key.numeric and re.fullmatch(NUMBER, text) else text
