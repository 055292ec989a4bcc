"""The model report."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest

from lockgate.learning.curve import Step
from lockgate.reporting.report import report
from tests.reporting.cases import TASKS, make_findings

CURVE = [Step(0, "train", 1.0), Step(1, "train", 0.5), Step(0, "validation", 1.1)]
TRAINING = {"cv": {"mae": {"mean": 61.2, "std": 3.4}, "log_loss": {"mean": 0.25, "std": 0.01}}}


class _Page(HTMLParser):
    """Collects what a browser would load, and the headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []
        self.headings: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "srcset", "href", "data", "action"}:
                self.loads.append(value or "")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"h1", "h2", "h3"} and data.strip():
            self.headings.append(data.strip())


@cache
def _page(task: str) -> str:
    return report(make_findings(task), TRAINING, CURVE)


@pytest.mark.parametrize("task", TASKS)
def test_the_page_loads_nothing(task: str) -> None:
    """The report opens offline: every picture is inside it, and there is no script."""
    text = _page(task)
    page = _Page(text)
    assert len(page.loads) >= 8
    assert all(load.startswith("data:image/png;base64,") for load in page.loads)
    assert "script" not in page.open
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("task", TASKS)
def test_the_same_findings_give_the_same_page(task: str) -> None:
    """Two runs write the same bytes."""
    assert report(make_findings(task), TRAINING, CURVE) == _page(task)


@pytest.mark.parametrize(
    ("task", "figures"),
    [
        ("regression", {"Predicted against actual", "Residuals", "Interval coverage"}),
        ("binary", {"Calibration", "Confusion", "Set coverage", "Stated probabilities"}),
        ("multiclass", {"Calibration", "Confusion"}),
    ],
)
def test_each_task_has_its_figures(task: str, figures: set[str]) -> None:
    """What a task needs is shown, beside importance, slices and the learning curve."""
    headings = set(_Page(_page(task)).headings)
    common = {"Importance", "Worst slices", "Learning curve"}
    sections = {"Metrics", "Answers", "Behavioural checks", "Features", "Lineage"}
    assert headings >= figures | common | sections


@pytest.mark.parametrize("task", TASKS)
def test_every_figure_has_both_themes_and_words(task: str) -> None:
    """A picture is there for light and dark pages, with a description for the blind."""
    text = _page(task)
    assert text.count("<picture>") == text.count("prefers-color-scheme: dark")
    descriptions = re.findall(r'<img src="[^"]+" alt="([^"]*)"', text)
    assert len(descriptions) == text.count("<picture>")
    assert all(len(description) > 10 for description in descriptions)


def test_numbers_have_units_and_intervals() -> None:
    """Cards and tables show the target's unit and the confidence interval."""
    text = _page("regression")
    found = make_findings("regression")
    mae = f"{found.metrics['test']['mae']:.3g} EUR"
    low, high = found.ranges["test"]["mae"].low, found.ranges["test"]["mae"].high
    assert mae in text
    assert f"{low:.3g} to {high:.3g}" in text
    assert "Cross-validation on the train part gave 61.2 EUR ± 3.4" in text


def test_lineage_is_complete() -> None:
    """The page names model, data, estimator, libraries and seed."""
    text = _page("binary")
    manifest = make_findings("binary").bundle.manifest
    for word in (
        make_findings("binary").bundle.hash,
        manifest.data_hash,
        manifest.schema_hash,
        manifest.primary.estimator,
        *manifest.libraries.values(),
    ):
        assert word in text


def test_names_from_the_data_are_text() -> None:
    """A level or a column with angle brackets is shown, not run."""
    findings = make_findings("regression")
    column, item = findings.slices[0]
    evil = replace(findings, slices=[(column, replace(item, name="<script>alert(1)</script>"))])
    text = report(evil, TRAINING, CURVE)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_what_was_not_measured_is_left_out() -> None:
    """Without slices, learning curve, interval, gain or cross-validation the page still stands."""
    findings = make_findings("regression", "neighbours")
    test = {name: findings.metrics["test"][name] for name in ("mae", "interval_coverage")}
    bare = replace(
        findings,
        slices=[],
        ranges=findings.ranges | {"test": {}},
        metrics=findings.metrics | {"test": test, "baseline": {"mae": 0.0}},
        period=None,
    )
    text = report(bare, {}, [])
    headings = _Page(text).headings
    assert "Learning curve" not in headings
    assert "Worst slices" not in headings
    assert "No slices were measured" in text
    assert "Gain over linear baseline" not in text
    assert "Cross-validation" not in text


def test_many_classes_have_no_confusion_picture() -> None:
    """A matrix that nobody could read is left out."""
    findings = make_findings("multiclass")
    names = tuple(f"c{place}" for place in range(13))
    target = findings.schema.target.model_copy(update={"values": names})
    columns = tuple(target if c.role == "target" else c for c in findings.schema.columns)
    schema = findings.schema.model_copy(update={"columns": columns})
    wide = replace(findings, bundle=replace(findings.bundle, schema=schema))
    assert "Confusion" not in _Page(report(wide, TRAINING, CURVE)).headings
