"""Numbers and metrics as people read them."""

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """How a metric is written.

    Attributes
    ----------
    label : str
        Its name in words.
    kind : {"target", "share", "plain"}
        In the target's unit, a share shown as per cent, or a number without unit.
    meaning : str
        What it says, for somebody who is not a statistician.
    """

    label: str
    kind: Literal["target", "share", "plain"]
    meaning: str


MEASURES = {
    "mae": Measure("Mean absolute error", "target", "A prediction is off by this much on average."),
    "median_absolute_error": Measure(
        "Median absolute error", "target", "Half of the predictions are off by less."
    ),
    "rmse": Measure(
        "Root mean squared error", "target", "As the mean error; a few large errors weigh more."
    ),
    "rmsle": Measure(
        "Root mean squared log error", "plain", "Relative error; 0.1 is roughly 10 %."
    ),
    "mape": Measure("Mean percentage error", "share", "Error as a share of the true value."),
    "r2": Measure("R²", "plain", "Share of the variation that is explained; 1 is perfect."),
    "interval_coverage": Measure(
        "Interval coverage", "share", "How often the truth lies inside the predicted interval."
    ),
    "interval_width": Measure(
        "Interval width", "target", "How wide the predicted interval is on average."
    ),
    "set_coverage": Measure(
        "Set coverage", "share", "How often the true class is in the prediction set."
    ),
    "set_size": Measure("Set size", "plain", "How many classes the prediction set has on average."),
    "log_loss": Measure(
        "Log loss", "plain", "Punishes confident wrong probabilities; lower is better."
    ),
    "brier": Measure(
        "Brier score", "plain", "Squared error of the probabilities; lower is better."
    ),
    "roc_auc": Measure(
        "Area under ROC curve", "plain", "Chance that a case outranks a non-case; 0.5 is guessing."
    ),
    "average_precision": Measure(
        "Average precision", "plain", "How clean the top of the ranking is; 1 is perfect."
    ),
    "accuracy": Measure("Accuracy", "share", "How often the likeliest class is the true one."),
    "balanced_accuracy": Measure(
        "Balanced accuracy", "share", "Accuracy averaged over the classes, rare ones included."
    ),
    "f1": Measure("F1 score", "plain", "Balance of precision and recall; 1 is perfect."),
    "calibration_error": Measure(
        "Calibration error", "share", "How far stated probabilities lie from observed shares."
    ),
}

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def measure_of(metric: str) -> Measure:
    """Return how `metric` is written; one that is not known is shown under its own name."""
    return MEASURES.get(metric, Measure(metric.replace("_", " "), "plain", ""))


def number(value: float | None) -> str:
    """Write a number with thousands separators, to three digits below a thousand."""
    if value is None or math.isnan(value):
        return NOTHING
    text = f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
    return MINUS + text[1:] if text.startswith("-") else text


def percent(share: float | None) -> str:
    """Write a share as per cent, to one decimal."""
    return NOTHING if share is None else f"{share * 100:.1f} %".replace("-", MINUS)


def times(ratio: float) -> str:
    """Write a factor."""
    return f"{ratio:.2f} \N{MULTIPLICATION SIGN}"


def with_unit(value: float | None, unit: str | None) -> str:
    """Write a number with its unit behind it."""
    return f"{number(value)} {unit}" if unit and value is not None else number(value)


def measured(metric: str, value: float | None, unit: str | None) -> str:
    """Write the value of a metric: with the target's unit, as per cent, or plain."""
    kind = measure_of(metric).kind
    if kind == "share":
        return percent(value)
    return with_unit(value, unit if kind == "target" else None)


def between(metric: str, lower: float | None, upper: float | None) -> str:
    """Write a confidence interval of a metric, without unit."""
    if lower is None or upper is None:
        return ""
    return f"{measured(metric, lower, None)} to {measured(metric, upper, None)}"


def plural(count: int, one: str, many: str) -> str:
    """Write a count with its noun."""
    return f"{count:,} {one if count == 1 else many}"
