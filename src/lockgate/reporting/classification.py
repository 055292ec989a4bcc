"""Charts of a classification: calibration, confusion, scores by class."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from lockgate.reporting.charts import DASHED, Numbers, shortened
from lockgate.reporting.picture import Chart, Theme

Array = NDArray[np.float64]


def calibration(stated: Numbers, observed: Numbers, rows: Numbers, what: str) -> Chart:
    """Draw observed shares against stated probabilities; the larger the point, the more rows.

    Parameters
    ----------
    stated, observed : sequence of float
        Mean probability and share of cases, by band of the probability.
    rows : sequence of float
        Rows in each band.
    what : str
        Whose probability.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        sizes = 30 + 220 * np.asarray(rows, dtype=float) / max(rows)
        axes.plot([0, 1], [0, 1], color=theme.soft, linewidth=1, linestyle=DASHED)
        axes.plot(stated, observed, color=theme.accent, linewidth=1.5, alpha=0.6)
        axes.scatter(stated, observed, s=sizes, color=theme.accent, alpha=0.8, linewidths=0)
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel(f"stated probability of {what}")
        axes.set_ylabel("observed share")

    return draw


def confusion(counts: NDArray[np.int64], classes: Sequence[str]) -> Chart:
    """Draw how often each true class was taken for each other, as share of its rows.

    Parameters
    ----------
    counts : array of int, shape (classes, classes)
        Rows are true, columns are predicted classes.
    classes : sequence of str
        Their names.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        colours = LinearSegmentedColormap.from_list("shares", [theme.panel, theme.accent])
        axes.imshow(shares, cmap=colours, vmin=0, vmax=1, aspect="auto")
        size = 10 if len(classes) <= 6 else 7.5
        for (row, column), count in np.ndenumerate(counts):
            colour = theme.paper if shares[row, column] > 0.5 else theme.ink
            label = f"{count:,}\n{shares[row, column]:.0%}"
            axes.text(column, row, label, ha="center", va="center", color=colour, fontsize=size)
        names = [shortened(name).replace("$", r"\$") for name in classes]
        axes.set_xticks(np.arange(len(classes)), names)
        axes.set_yticks(np.arange(len(classes)), names)
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("predicted")
        axes.set_ylabel("actual")

    return draw


def scores(probabilities: Array, y: NDArray[np.int64], classes: Sequence[str]) -> Chart:
    """Draw how the probability of the second class is spread, for the rows of each class.

    Parameters
    ----------
    probabilities : array of float, shape (rows,)
        Of the second class.
    y : array of int, shape (rows,)
        0 or 1: the true class.
    classes : sequence of str
        The two classes.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        edges = [step / 25 for step in range(26)]
        for place, colour in enumerate((theme.soft, theme.accent)):
            label = f"actual {classes[place]}"
            axes.hist(probabilities[y == place], bins=edges, color=colour, alpha=0.6, label=label)
        axes.legend(loc="upper center")
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel(f"stated probability of {classes[1]}")
        axes.set_ylabel("rows")

    return draw
