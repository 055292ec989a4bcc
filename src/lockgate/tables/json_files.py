"""JSON with the same bytes for the same content, whoever writes it."""

import json
import math
from pathlib import Path
from typing import Any

from lockgate.errors import TableError
from lockgate.tables.paths import reading, replacing


def write_json(path: str | Path, obj: Any) -> None:
    """Write `obj` with sorted keys, in one step, making missing folders.

    Raises
    ------
    ValueError
        When a number is NaN or infinite, which JSON cannot hold; see `rounded`.
    """
    write_text(path, json.dumps(obj, indent=2, sort_keys=True, allow_nan=False) + "\n")


def write_text(path: str | Path, text: str) -> None:
    """Write `text` in UTF-8 in one step, making missing folders."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    TableError
        When the file is missing or is not JSON; names the line.
    """
    with reading(path):
        content = Path(path).read_bytes()
    try:
        return json.loads(content)
    except json.JSONDecodeError as problem:
        raise TableError(
            f"not valid JSON: {problem.msg}",
            where=f"{path}, line {problem.lineno}",
            hint="restore the file, or run the stage that writes it again",
        ) from None
    except UnicodeDecodeError:
        raise TableError("not JSON: the file is not text", where=str(path)) from None


def rounded(obj: Any, digits: int = 6) -> Any:
    """Return `obj` in plain Python types with each float cut to `digits` significant digits.

    Dicts, lists, tuples and numpy arrays are walked; a number that is NaN or infinite becomes
    None, because JSON has no other word for it.
    """
    if isinstance(obj, dict):
        return {key: rounded(value, digits) for key, value in obj.items()}
    if isinstance(obj, list | tuple):
        return [rounded(value, digits) for value in obj]
    if hasattr(obj, "tolist"):
        return rounded(obj.tolist(), digits)
    if isinstance(obj, float):
        return float(f"{obj:.{digits}g}") if math.isfinite(obj) else None
    return obj
