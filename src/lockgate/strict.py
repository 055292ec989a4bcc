"""Strict, frozen models for the files that people write by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from lockgate.errors import LockgateError, did_you_mean

LONGEST = 60


class Strict(BaseModel):
    """Frozen, refuses unknown keys, takes no value of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path, error: type[LockgateError]) -> Any:
    """Read a YAML file; a duplicate key is an error, because YAML would drop one silently.

    Raises
    ------
    error
        When the file is missing, is not text, or is not YAML.
    """
    try:
        return _UniqueKeyLoader(path.read_text(encoding="utf-8-sig")).get_single_data()
    except FileNotFoundError:
        raise error("the file does not exist", where=str(path)) from None
    except OSError as problem:
        raise error(f"the file cannot be read: {problem.strerror}", where=str(path)) from None
    except yaml.MarkedYAMLError as problem:
        line = f", line {problem.problem_mark.line + 1}" if problem.problem_mark else ""
        raise error(f"not valid YAML: {problem.problem}", where=f"{path}{line}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise error(f"not valid YAML: {problem}", where=str(path)) from None


def parse(model: type[Model], data: Any, path: Path, error: type[LockgateError]) -> Model:
    """Check `data` against `model` and name each mistake with its place and nearest known key.

    Raises
    ------
    error
        Naming every mistake at once.
    """
    if not isinstance(data, dict):
        what = "the file is empty" if data is None else "it holds no keys with values"
        raise error(
            what, where=str(path), hint=f"git checkout {path} brings the last good version back"
        )
    try:
        return model.model_validate(tuples(data))
    except ValidationError as problem:
        known = set(_field_names(model))
        # A list that is too short only because its items are wrong is no mistake of its own.
        mistakes = [item for item in problem.errors() if item["type"] != "too_short"]
        lines = [_sentence(item, data, known) for item in mistakes or problem.errors()]
        raise error("; ".join(lines), where=str(path)) from None


class _UniqueKeyLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: list[Any] = []
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in keys:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key} stands twice", key_node.start_mark
                )
            keys.append(key)
        return super().construct_mapping(node, deep)


def tuples(data: Any) -> Any:
    """Turn lists into tuples, which frozen models hold and strict mode asks for."""
    if isinstance(data, list):
        return tuple(tuples(item) for item in data)
    if isinstance(data, dict):
        return {key: tuples(item) for key, item in data.items()}
    return data


def _sentence(item: Any, data: Any, known: set[str]) -> str:
    place = ".".join(_place(item["loc"], data, missing=item["type"] == "missing"))
    if item["type"] == "extra_forbidden":
        key = str(item["loc"][-1])
        return f"unknown key {place}{did_you_mean(key, known - {key})}"
    if item["type"] == "missing":
        return f"the key {place} is missing"
    if item["type"] == "value_error":
        return f"{place}: {item['msg'].removeprefix('Value error, ')}"
    return f"{place}: {item['msg']}, found {_shortened(repr(item['input']))}"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _place(location: tuple[str | int, ...], data: Any, *, missing: bool) -> Iterator[str]:
    """Name an item of a list by its name, where it has one, rather than by its number."""
    for number, part in enumerate(location, start=1):
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            # It stands for one of several models that pydantic tried, unless it ends the path.
            if not (missing and number == len(location)):
                continue
            data = None
        named = isinstance(part, int) and isinstance(data, dict) and "name" in data
        yield str(data["name"]) if named else str(part)


def _field_names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
        for inner in _models_in(field.annotation):
            yield from _field_names(inner)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
