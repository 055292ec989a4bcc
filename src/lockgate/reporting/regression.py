"""Charts of a regression: predicted against actual, residuals, interval coverage."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator, PercentFormatter
from numpy.typing import NDArray

from lockgate.reporting.charts import DASHED, TICKS, Numbers, few_ticks
from lockgate.reporting.picture import Chart, Theme

Array = NDArray[np.float64]
WIDE_RANGE = 20.0
BANDS = 12


def predicted_against_actual(predicted: Array, actual: Array, what: str) -> Chart:
    """Draw one point a row around the line where both are equal.

    Both axes are logarithmic where the positive values span a factor of more than 20.

    Parameters
    ----------
    predicted, actual : array of float, shape (rows,)
        In the target's unit.
    what : str
        The target with its unit.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        low = float(min(predicted.min(), actual.min()))
        high = float(max(predicted.max(), actual.max()))
        axes.plot([low, high], [low, high], color=theme.soft, linewidth=1, zorder=3)
        axes.plot(predicted, actual, "o", color=theme.accent, alpha=0.35, markersize=3.5, mew=0)
        few_ticks(axes.xaxis)
        few_ticks(axes.yaxis)
        if low > 0 and high / low > WIDE_RANGE:
            _logarithmic(axes)
        axes.set_xlabel(f"predicted {what}")
        axes.set_ylabel(f"actual {what}")

    return draw


def residuals(predicted: Array, residual: Array, what: str) -> Chart:
    """Draw actual less predicted, with the median and the middle half in bands of the prediction.

    Parameters
    ----------
    predicted, residual : array of float, shape (rows,)
        In the target's unit.
    what : str
        The target with its unit.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        axes.plot(predicted, residual, "o", color=theme.soft, alpha=0.25, markersize=3, mew=0)
        axes.axhline(0, color=theme.soft, linewidth=1)
        centres, quartiles = _bands(predicted, residual)
        axes.fill_between(
            centres, quartiles[0], quartiles[2], color=theme.accent, alpha=0.25, linewidth=0
        )
        axes.plot(centres, quartiles[1], color=theme.accent, linewidth=2)
        axes.set_ylim(*_bulk(residual))
        few_ticks(axes.xaxis)
        few_ticks(axes.yaxis)
        axes.set_xlabel(f"predicted {what}")
        axes.set_ylabel("actual less predicted")

    return draw


def coverage(
    names: Sequence[str], shares: Numbers, rows: Numbers, level: float, labels: tuple[str, str]
) -> Chart:
    """Draw how often intervals or prediction sets held the truth, group by group.

    Parameters
    ----------
    names : sequence of str
        Of the groups.
    shares, rows : sequence of float
        Share of covered rows, and how many rows; the whisker is the 95 % interval of a share
        (Wilson 1927, "Probable inference").
    level : float
        The promised share.
    labels : tuple of str
        What the groups are, and what the share is of.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        places = np.arange(len(names))
        lower, upper = _wilson(np.asarray(shares, dtype=float), np.asarray(rows, dtype=float))
        axes.axhline(level, color=theme.soft, linewidth=1, linestyle=DASHED)
        axes.vlines(places, lower, upper, color=theme.accent, linewidth=2, alpha=0.45)
        axes.plot(places, shares, "o", color=theme.accent, markersize=6)
        axes.annotate(
            f"promised {level:.0%}",
            (1, level),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            va="bottom",
            color=theme.soft,
            fontsize=8.5,
        )
        axes.set_xticks(places, names)
        axes.set_xlim(-0.5, len(names) - 0.1)
        axes.grid(visible=False, axis="x")
        axes.set_ylim(min(float(lower.min()), level) - 0.03, min(1.005, float(upper.max()) + 0.03))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])

    return draw


def _logarithmic(axes: Axes) -> None:
    for axis, scale in ((axes.xaxis, axes.set_xscale), (axes.yaxis, axes.set_yscale)):
        scale("log")
        axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(TICKS)


def _bands(predicted: Array, residual: Array) -> tuple[Array, Array]:
    order = np.argsort(predicted, kind="stable")
    parts = [part for part in np.array_split(order, BANDS) if len(part)]
    centres = np.array([np.median(predicted[part]) for part in parts])
    return centres, np.array([np.quantile(residual[part], (0.25, 0.5, 0.75)) for part in parts]).T


def _bulk(residual: Array) -> tuple[float, float]:
    # A handful of far points would press all others onto the zero line.
    reach = 1.15 * float(np.quantile(np.abs(residual), 0.99)) or 1.0
    return -reach, reach


def _wilson(shares: Array, rows: Array) -> tuple[Array, Array]:
    z = 1.96
    centre = (shares + z**2 / (2 * rows)) / (1 + z**2 / rows)
    half = z / (1 + z**2 / rows) * np.sqrt(shares * (1 - shares) / rows + (z / (2 * rows)) ** 2)
    return centre - half, centre + half
