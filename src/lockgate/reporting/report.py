"""The model report: one page that opens offline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lockgate.html import render
from lockgate.learning.curve import Step
from lockgate.reporting import gallery
from lockgate.reporting.findings import Findings
from lockgate.reporting.lineage import features, lineage
from lockgate.reporting.words import (
    between,
    measure_of,
    measured,
    number,
    percent,
    plural,
    times,
    with_unit,
)

NUMBER_CARDS = ("r2", "interval_coverage")
CLASS_CARDS = ("roc_auc", "calibration_error", "set_coverage")
SHOWN_SLICES = 20


@dataclass(frozen=True)
class Card:
    """One number at the top of the page."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class MetricRow:
    """A metric of the model, with its 95 % interval, and of both baselines."""

    label: str
    value: str
    interval: str
    linear: str
    constant: str
    meaning: str


def report(findings: Findings, training: dict[str, Any], curve: Sequence[Step]) -> str:
    """Return the page: equal arguments give equal bytes.

    Parameters
    ----------
    findings : Findings
        What was measured on the test part.
    training : dict
        metrics/train.json: for ``cv`` and ``baseline``, mean and std of each metric.
    curve : sequence of Step
        The loss by iteration; empty where the estimator keeps none.
    """
    schema = findings.schema
    return render(
        "report.html",
        title=f"Model report: {schema.target.name} of {schema.entities}",
        subtitle=_subtitle(findings),
        cards=list(cards(findings)),
        metrics=list(metric_rows(findings)),
        cross_validation=cross_validation(findings, training),
        answers=list(gallery.answers(findings)),
        slice_figures=list(gallery.slices(findings)),
        slice_rows=list(slice_rows(findings)),
        slice_count=len(findings.slices),
        loss=gallery.loss_label(findings),
        importance=[*gallery.importance(findings), *gallery.reasons(findings)],
        checks=findings.checks,
        curve=list(gallery.learning_curve(curve)),
        features=features(findings),
        lineage=list(lineage(findings.bundle)),
    )


def cards(findings: Findings) -> Iterator[Card]:
    """Yield the numbers that come first: loss, gain, fit, reliability, worst slice, checks."""
    unit, main = findings.schema.target.unit, findings.main
    test = findings.metrics["test"]
    regression = findings.schema.task == "regression"
    yield _card(findings, main)
    linear = findings.metrics["baseline"][main]
    if linear > 0:
        note = f"linear model: {measured(main, linear, unit)}"
        yield Card("Gain over linear baseline", percent(1 - test[main] / linear), note)
    for metric in NUMBER_CARDS if regression else CLASS_CARDS:
        if metric in test:
            yield _card(findings, metric)
    if findings.slices:
        column, worst = findings.slices[0]
        yield Card("Worst slice", times(worst.ratio), f"the loss of all: {column} {worst.name}")
    passed = sum(check.passed for check in findings.checks)
    yield Card("Behavioural checks", f"{passed} of {len(findings.checks)}", "passed")


def metric_rows(findings: Findings) -> Iterator[MetricRow]:
    """Yield each metric of the model beside the baselines'."""
    unit, metrics = findings.schema.target.unit, findings.metrics
    for name, value in metrics["test"].items():
        measure = measure_of(name)
        yield MetricRow(
            label=measure.label,
            value=measured(name, value, unit),
            interval=interval(findings, name),
            linear=measured(name, metrics["baseline"].get(name), None),
            constant=measured(name, metrics["constant"].get(name), None),
            meaning=measure.meaning,
        )


def interval(findings: Findings, metric: str) -> str:
    """Write the 95 % interval of the model's metric; empty where there is none."""
    found = findings.ranges["test"].get(metric)
    return between(metric, found.low, found.high) if found else ""


def slice_rows(findings: Findings) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield column, name, rows, loss, interval and ratio of the worst slices."""
    main, unit = findings.main, findings.schema.target.unit
    for column, item in findings.slices[:SHOWN_SLICES]:
        value, spread = measured(main, item.loss, unit), between(main, item.low, item.high)
        yield column, item.name, f"{item.rows:,}", value, spread, times(item.ratio)


def cross_validation(findings: Findings, training: dict[str, Any]) -> str:
    """Write the main loss over the folds of the train part; empty where there is none."""
    found = training.get("cv", {}).get(findings.main)
    if not found:
        return ""
    unit = findings.schema.target.unit if measure_of(findings.main).kind == "target" else None
    return f"{with_unit(found['mean'], unit)} ± {number(found['std'])}"


def _card(findings: Findings, metric: str) -> Card:
    value = measured(metric, findings.metrics["test"][metric], findings.schema.target.unit)
    return Card(measure_of(metric).label, value, interval(findings, metric))


def _subtitle(findings: Findings) -> str:
    schema, manifest = findings.schema, findings.bundle.manifest
    when = f" from {findings.period[0]} to {findings.period[1]}" if findings.period else ""
    rows = plural(len(findings.y), schema.entity, schema.entities)
    return (
        f"{manifest.primary.title}, trained on {manifest.rows:,} {schema.entities}, "
        f"measured on {rows}{when} that it has never seen."
    )
