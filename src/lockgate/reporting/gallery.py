"""Which pictures a report shows, with their captions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.learning.curve import Step
from lockgate.reporting import charts, classification, regression
from lockgate.reporting.charts import shortened
from lockgate.reporting.findings import Findings
from lockgate.reporting.picture import Chart, Picture, picture
from lockgate.reporting.points import spread
from lockgate.reporting.reach import coverage
from lockgate.reporting.reasons import Example
from lockgate.reporting.words import measure_of, number, percent

SHOWN = 15
MOST_CLASSES = 12


@dataclass(frozen=True)
class Figure:
    """A picture with its title and a sentence on how to read it."""

    title: str
    caption: str
    picture: Picture


def answers(findings: Findings) -> Iterator[Figure]:
    """Draw what the model said beside what was true."""
    if findings.schema.task == "regression":
        yield from _numbers(findings)
    else:
        yield from _classes(findings)


def slices(findings: Findings) -> Iterator[Figure]:
    """Draw the worst slices, where any were measured."""
    if not findings.slices:
        return
    worst = [
        charts.Estimate(f"{item.name} · {column}", item.loss, item.low, item.high)
        for column, item in findings.slices[:SHOWN]
    ]
    label = loss_label(findings)
    chart = charts.slices(worst, findings.metrics["test"][findings.main], label)
    alt = f"{label} of the worst slices: " + ", ".join(each.name for each in worst)
    yield Figure("Worst slices", "Bars are 95 % intervals.", _tall(chart, alt, len(worst)))


def importance(findings: Findings) -> Iterator[Figure]:
    """Draw the features that matter most."""
    largest = [
        charts.Estimate(item.name, item.mean, item.mean - item.spread, item.mean + item.spread)
        for item in findings.importance[:SHOWN]
    ]
    label = f"increase of {loss_label(findings)}"
    chart = charts.importance(largest, label)
    alt = "Features by importance: " + ", ".join(each.name for each in largest)
    caption = "How much worse predictions get when one feature is shuffled among the rows."
    yield Figure("Importance", caption, _tall(chart, alt, len(largest)))


def reasons(findings: Findings) -> Iterator[Figure]:
    """Draw what features add to answers on the whole and in one, where the model is explained."""
    found = findings.reasons
    if found is None:
        return
    added = answer_label(findings)
    largest = [
        charts.Estimate(each.name, each.mean, each.low, each.high) for each in found.weights[:SHOWN]
    ]
    chart = charts.importance(largest, f"adds to the {added}")
    alt = "Features by what they add: " + ", ".join(each.name for each in largest)
    caption = (
        f"Size of the contributions in {found.rows} rows: mean, and the range without the largest "
        "and the smallest tenth."
    )
    yield Figure("Contributions", caption, _tall(chart, alt, len(largest)))
    steps = _steps(found.example)
    chart = charts.waterfall(found.example.base, steps, added)
    alt = f"From {number(found.example.base)} to {number(found.example.value)}: " + ", ".join(
        f"{name} {number(value)}" for name, value in steps
    )
    caption = "The row whose answer is in the middle: from what any row is expected at to its own."
    yield Figure("One answer", caption, _tall(chart, alt, len(steps)))


def _steps(example: Example) -> list[tuple[str, float]]:
    shown, others = example.steps[: SHOWN - 1], example.steps[SHOWN - 1 :]
    return [*shown, (f"{len(others)} more", sum(value for _, value in others))] if others else shown


def answer_label(findings: Findings) -> str:
    """Name what is explained, with its unit."""
    target, found = findings.schema.target, findings.reasons
    if found and found.example.label is not None:
        binary = findings.schema.task == "binary"
        return f"probability of {found.example.label if binary else 'the likeliest class'}"
    return target.name + (f" ({target.unit})" if target.unit else "")


def learning_curve(steps: Sequence[Step]) -> Iterator[Figure]:
    """Draw the loss over the iterations, where the estimator recorded it."""
    if not steps:
        return
    parts = sorted({step.part for step in steps})
    lines = {
        part: [(step.iteration, step.loss) for step in steps if step.part == part] for part in parts
    }
    caption = "Loss on the scale that the estimator minimises."
    chart = charts.learning_curve(lines, "loss")
    yield Figure("Learning curve", caption, picture(chart, f"Loss of {' and '.join(parts)} rows"))


def loss_label(findings: Findings) -> str:
    """Name the main loss with its unit."""
    measure = measure_of(findings.main)
    unit = findings.schema.target.unit if measure.kind == "target" else None
    return measure.label.lower() + (f" ({unit})" if unit else "")


def _numbers(findings: Findings) -> Iterator[Figure]:
    target = findings.schema.target
    what = f"{target.name} ({target.unit})" if target.unit else target.name
    value = findings.answer["value"]
    shown = spread(value, findings.y)
    predicted, actual = value[shown], findings.y[shown]
    note = f" {len(shown):,} of {len(value):,} rows." if len(shown) < len(value) else ""
    yield Figure(
        "Predicted against actual",
        f"On the line, both are equal.{note}",
        picture(
            regression.predicted_against_actual(predicted, actual, what),
            f"Scatter of predicted and actual {what}",
        ),
    )
    yield Figure(
        "Residuals",
        f"Line: median. Band: the middle half. The outermost 1 % may lie outside.{note}",
        picture(
            regression.residuals(predicted, actual - predicted, what),
            f"Actual less predicted {what} along the prediction",
        ),
    )
    yield _coverage(findings)


def _coverage(findings: Findings) -> Figure:
    bands, level = findings.reliability, findings.bundle.manifest.level
    names = [f"{number(band['from'])} to\n{number(band['to'])}" for band in bands]
    shares, rows = [band["coverage"] for band in bands], [band["rows"] for band in bands]
    alt = "Share of rows inside the interval by fifth: " + ", ".join(map(percent, shares))
    labels = "fifth of the predictions", "truth inside the interval"
    chart = regression.coverage(names, shares, rows, level, labels)
    return Figure("Interval coverage", coverage(findings), picture(chart, alt))


def _set_coverage(findings: Findings) -> Figure:
    found, level = findings.classwise, findings.bundle.manifest.level
    classes = [findings.schema.classes[int(each["place"])] for each in found]
    names = [shortened(name).replace("$", r"\$") for name in classes]
    shares, rows = [each["coverage"] for each in found], [each["rows"] for each in found]
    alt = "Share of rows whose set has their class: " + ", ".join(map(percent, shares))
    chart = regression.coverage(names, shares, rows, level, ("actual class", "class in the set"))
    return Figure("Set coverage", coverage(findings), picture(chart, alt))


def _classes(findings: Findings) -> Iterator[Figure]:
    classes, probabilities = findings.schema.classes, findings.answer["probabilities"]
    guess = probabilities.argmax(axis=1)
    binary = len(classes) == 2
    what = classes[1] if binary else "the likeliest class"
    bins = findings.reliability
    said, came = [each["said"] for each in bins], [each["came"] for each in bins]
    chart = classification.calibration(said, came, [each["rows"] for each in bins], what)
    yield Figure(
        "Calibration",
        "On the line, what is stated comes true that often. Larger points hold more rows.",
        picture(chart, f"Observed shares against stated probabilities of {what}"),
    )
    if len(classes) <= MOST_CLASSES:
        counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
        np.add.at(counts, (findings.y, guess), 1)
        yield Figure(
            "Confusion",
            "Rows of the test part, and their share of the actual class.",
            picture(classification.confusion(counts, classes), "Actual against predicted class"),
        )
        yield _set_coverage(findings)
    if binary:
        chart = classification.scores(probabilities[:, 1], findings.y, classes)
        alt = f"Histogram of the stated probability of {what} for each actual class"
        yield Figure("Stated probabilities", "By actual class.", picture(chart, alt))


def _tall(chart: Chart, alt: str, rows: int) -> Picture:
    return picture(chart, alt, height=1.1 + 0.27 * max(rows, 4))
