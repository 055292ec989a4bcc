"""A table kept partly back is adopted, run and judged beside plain models."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_diabetes, load_wine

from tests.benchmarks.scripts import printed, run


@pytest.mark.parametrize(
    ("load", "options", "rows", "figures"),
    [
        (load_diabetes, (), 89, "| model | MAE | RMSE | R² | coverage | worst fifth | fit, s |"),
        (
            load_wine,
            ("--stratify", "--test-size", 0.3),
            54,
            "| model | AUC | log loss | accuracy |",
        ),
    ],
)
def test_lockgate_and_plain_models_answer_the_same_rows(
    tmp_path: Path, load: Callable[..., Any], options: tuple[object, ...], rows: int, figures: str
) -> None:
    """Each has its line of figures, each command what it took, and the bundle its verdict."""
    load(as_frame=True).frame.to_csv(tmp_path / "table.csv", index=False)
    section = printed("any_table.py", tmp_path / "table.csv", "target", *options)
    assert f"Of {rows} rows kept back." in section
    assert figures in section
    for name in ("lockgate", "HistGradientBoosting", "LightGBM", "`dvc repro`"):
        assert f"| {name} | " in section
    assert "The gate: " in section


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Before anything is run, and with those that are there."""
    table = tmp_path / "table.csv"
    table.write_text("a;b\n1;2\n", encoding="utf-8")
    done = run("any_table.py", table, "c")
    assert done.returncode == 1
    assert "no column 'c', only a, b" in done.stderr
