"""The data of DVC's plots."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.reporting.points import HEADERS, spread, tables, write_points
from tests.reporting.cases import CLASSES, TASKS, make_findings


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("task", TASKS)
def test_every_task_writes_every_file(tmp_path: Path, task: str) -> None:
    """DVC finds all files whatever the task; those that say nothing have a header alone."""
    write_points(tmp_path, tables(make_findings(task)))
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.csv" for name in HEADERS}
    for name, header in HEADERS.items():
        first = (tmp_path / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert tuple(first.split(",")) == header
    filled = {name for name in HEADERS if _read(tmp_path / f"{name}.csv")}
    numbers = {"predictions", "residuals", "coverage"}
    assert filled == {"importance"} | (
        numbers if task == "regression" else {"calibration", "confusion"}
    )


def test_residuals_belong_to_predictions(tmp_path: Path) -> None:
    """Predicted plus residual is the actual value of the same row."""
    write_points(tmp_path, tables(make_findings("regression")))
    pairs = zip(_read(tmp_path / "predictions.csv"), _read(tmp_path / "residuals.csv"), strict=True)
    for prediction, residual in pairs:
        actual = float(residual["predicted"]) + float(residual["residual"])
        assert actual == pytest.approx(float(prediction["actual"]), abs=0.02)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_confusion_has_a_line_for_each_row(tmp_path: Path, task: str) -> None:
    """DVC's template counts lines of actual and predicted class."""
    findings = make_findings(task)
    write_points(tmp_path, tables(findings))
    rows = _read(tmp_path / "confusion.csv")
    assert len(rows) == len(findings.y)
    assert {row["actual"] for row in rows} <= set(CLASSES[task])


def test_the_same_findings_give_the_same_bytes(tmp_path: Path) -> None:
    """Nothing in the files depends on when or where they were written."""
    for name in ("one", "two"):
        write_points(tmp_path / name, tables(make_findings("binary")))
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@settings(max_examples=40)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=300), st.integers(2, 50))
def test_rows_are_thinned_evenly(values: list[int], points: int) -> None:
    """At most so many rows are chosen, no row twice, the extremes among them."""
    order = np.array(values)
    chosen = spread(order, points=points)
    assert len(chosen) == len(set(chosen.tolist())) == min(points, len(values))
    assert order[chosen].min() == order.min()
    assert order[chosen].max() == order.max()


def test_thinning_keeps_shares() -> None:
    """A class with a fifth of the rows has a fifth of the points."""
    y = np.repeat([0, 1], [8000, 2000])
    assert np.mean(y[spread(y)]) == pytest.approx(0.2, abs=0.002)
