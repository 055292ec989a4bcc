"""Modules of feature functions, as a user writes them."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

Write = Callable[[str], str]
_numbers = count()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the text of a module and return the import path that params.yaml would name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text: str) -> str:
        name = f"own_features_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(f"import numpy as np\n\n{text}", encoding="utf-8")
        return name

    return write
