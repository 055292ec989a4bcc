"""True values that are given back: held to what the contract says of the target."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from lockgate.contract import Schema
from lockgate.contract.schema import TRUE
from lockgate.predict.fields import field
from lockgate.predict.request import what


class Truths:
    """Reads true values as a row's values are read, and publishes what is allowed.

    A class is given as the text that predictions call it, or as the value that deliveries have.

    Parameters
    ----------
    schema : Schema
        Says what the target is.

    Attributes
    ----------
    shape : dict
        JSON Schema of a true value.
    example : float or str
        One.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        target = schema.target.model_copy(update={"requested": True, "nullable": False})
        adapter = TypeAdapter[Any](field(target)[0])
        self._check = adapter.validator.validate_python
        self._classes = {_meaning(label, target.type): label for label in schema.classes}
        if schema.classes:
            typed = [each for each in self._classes if not isinstance(each, str)]
            self.shape: dict[str, Any] = {"enum": [*schema.classes, *typed]}
            self.example: float | str = schema.classes[0]
        else:
            self.shape = adapter.json_schema()
            self.example = next((each for each in _guesses(schema) if not self.wrong(each)), 0.0)

    def read(self, value: Any) -> float | str:
        """Return a true value as it is kept: a number, or the text of a class.

        Raises
        ------
        ValidationError
            When the contract does not allow it.
        """
        if isinstance(value, str) and value in self._schema.classes:
            return value
        found: float | str = self._check(value)
        return self._classes[found] if self._classes else found

    def wrong(self, value: Any) -> str:
        """Say what is wrong with a true value, in words that follow its name; "" if nothing is."""
        try:
            self.read(value)
        except ValidationError as problem:
            if self._classes:
                return f"must be one of {', '.join(self._schema.classes)}"
            return what(problem.errors(include_url=False)[0], self._schema)
        return ""


def _meaning(label: str, kind: str) -> float | str:
    if kind == "boolean":
        return label in TRUE
    return label if kind == "string" else float(label)


def _guesses(schema: Schema) -> list[float]:
    """Return numbers of which one at least is likely to be allowed."""
    target = schema.target
    bounds = (target.minimum, target.maximum, target.exclusive_minimum, target.exclusive_maximum)
    stated = [bound for bound in bounds if bound is not None]
    near = [bound + step for bound in stated for step in (0.0, 1.0, -1.0)]
    return [*near, 1.0, sum(stated) / max(len(stated), 1)]
