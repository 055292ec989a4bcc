"""Where in a user's code something went wrong, as file and line."""

import importlib
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Any


def place_in(function: Callable[..., Any], problem: BaseException | None = None) -> str:
    """Return ``file:line`` of the last line of the function's own file that ran.

    Without a problem, or where it did not get that far, that is where the function begins.
    """
    code = function.__code__
    frames = extract_tb(problem.__traceback__) if problem is not None else []
    lines = [frame.lineno for frame in frames if frame.filename == code.co_filename]
    return _shown(code.co_filename, lines[-1] if lines else code.co_firstlineno)


def place_of_import(problem: BaseException) -> str:
    """Return ``file:line`` of the line that broke an import; "" where no file was found."""
    if isinstance(problem, SyntaxError) and problem.filename:
        return _shown(problem.filename, problem.lineno)
    for frame in extract_tb(problem.__traceback__)[1:]:
        if not frame.filename.startswith("<frozen") and frame.filename != importlib.__file__:
            return _shown(frame.filename, frame.lineno)
    return ""


def _shown(file: str, line: int | None) -> str:
    path, here = Path(file), Path.cwd()
    return f"{path.relative_to(here) if path.is_relative_to(here) else path}:{line or 1}"
