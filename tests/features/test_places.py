"""The line of a user's code that an error is about."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lockgate.errors import FeatureError
from lockgate.features import resolve
from lockgate.features.places import place_in
from tests.features.parcels import schema


def failing(columns: np.ndarray) -> np.ndarray:
    """Fail in another function of the same file."""
    return inner(columns)


def inner(columns: np.ndarray) -> np.ndarray:
    """Fail inside numpy."""
    return np.concatenate([columns, "text"])


def test_the_line_is_the_last_one_of_the_functions_own_file() -> None:
    """An error deep in a library points at the user's line that led there."""
    with pytest.raises(ValueError, match="dimension") as caught:
        failing(np.ones(2))
    line = inner.__code__.co_firstlineno + 2
    assert place_in(failing, caught.value) == f"{_shown(Path(__file__))}:{line}"


def test_without_a_problem_it_is_where_the_function_begins() -> None:
    """A wrong answer points at the definition."""
    assert place_in(inner) == f"{_shown(Path(__file__))}:{inner.__code__.co_firstlineno}"


def test_a_call_that_never_reached_the_function_points_at_its_definition(
    module: Callable[[str], str],
) -> None:
    """Keyword-only parameters cannot be passed by place."""
    path = module("def f(*, weight):\n    return weight\n")
    with pytest.raises(FeatureError, match=rf"{path}\.py:3\): fails with TypeError"):
        resolve(["f"], path, schema())


def test_a_file_of_the_project_is_named_from_its_root(
    module: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside the working directory the path is as short as a person would write it."""
    monkeypatch.chdir(tmp_path)
    path = module("def f(weight):\n    return weight\n")
    assert place_in(resolve(["f"], path, schema())[0].function) == f"{path}.py:3"


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
