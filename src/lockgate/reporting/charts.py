"""Charts that every task has: bars, slices and the learning curve. Each returns a drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, MaxNLocator

from lockgate.reporting.picture import Chart, Theme
from lockgate.reporting.words import number

Numbers = Sequence[float]
TICKS = FuncFormatter(lambda value, _: number(float(value)))
LONGEST_NAME = 34
DASHED = (0, (4, 3))


@dataclass(frozen=True)
class Estimate:
    """A named number with its interval."""

    name: str
    value: float
    lower: float
    upper: float


def importance(estimates: Sequence[Estimate], what: str) -> Chart:
    """Draw how much the loss grows when a feature is shuffled.

    Parameters
    ----------
    estimates : sequence of Estimate
        Features, largest first, with the spread over the repeats.
    what : str
        Label of the axis.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        places = np.arange(len(estimates))
        lower = [each.lower for each in estimates]
        axes.barh(places, [each.value for each in estimates], height=0.62, color=theme.accent)
        axes.hlines(places, lower, [each.upper for each in estimates], color=theme.soft)
        _rows(axes, [each.name for each in estimates])
        axes.set_xlim(left=min(0.0, *lower))
        few_ticks(axes.xaxis)
        axes.set_xlabel(what)

    return draw


def waterfall(base: float, steps: Sequence[tuple[str, float]], what: str) -> Chart:
    """Draw how contributions lead from the base to the answer, one below the other.

    Parameters
    ----------
    base : float
        Where the first begins.
    steps : sequence of (str, float)
        Names and contributions.
    what : str
        Label of the axis.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        added = np.array([value for _, value in steps])
        ends = base + np.cumsum(added)
        colors = [theme.accent if value >= 0 else theme.bad for value in added]
        axes.barh(np.arange(len(steps)), added, left=ends - added, height=0.62, color=colors)
        axes.axvline(base, color=theme.soft, linestyle=DASHED, linewidth=1)
        axes.use_sticky_edges = False
        _rows(axes, [name for name, _ in steps])
        few_ticks(axes.xaxis)
        axes.set_xlabel(what)

    return draw


def slices(estimates: Sequence[Estimate], overall: float, what: str) -> Chart:
    """Draw the loss of slices with confidence intervals beside that of the whole test part.

    Parameters
    ----------
    estimates : sequence of Estimate
        Slices, worst first.
    overall : float
        Loss of the whole part.
    what : str
        Label of the axis.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        places = np.arange(len(estimates))
        lower, upper = [each.lower for each in estimates], [each.upper for each in estimates]
        axes.axvline(overall, color=theme.soft, linewidth=1, linestyle=DASHED)
        axes.hlines(places, lower, upper, color=theme.accent, linewidth=2, alpha=0.45)
        axes.plot([each.value for each in estimates], places, "o", color=theme.accent)
        _rows(axes, [each.name for each in estimates])
        axes.annotate(
            "all rows",
            (overall, 1),
            xycoords=("data", "axes fraction"),
            va="bottom",
            ha="center",
            color=theme.soft,
            fontsize=8.5,
        )
        few_ticks(axes.xaxis)
        axes.set_xlabel(what)

    return draw


def learning_curve(lines: Mapping[str, Sequence[tuple[int, float]]], what: str) -> Chart:
    """Draw the loss over the iterations of the fit.

    Parameters
    ----------
    lines : mapping of str to sequence of (iteration, loss)
        By the rows that the loss was measured on: ``train``, and ``validation`` where the
        estimator watches some.
    what : str
        Label of the axis.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        colours = {"train": theme.soft, "validation": theme.accent}
        for name, points in lines.items():
            steps, losses = zip(*points, strict=True)
            axes.plot(steps, losses, color=colours[name], linewidth=1.7, label=f"{name} rows")
        axes.legend(loc="upper right")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("iteration")
        axes.set_ylabel(what)

    return draw


def few_ticks(axis: Axis) -> None:
    """Give a linear axis few enough ticks that seven-digit numbers fit."""
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(TICKS)


def shortened(name: str) -> str:
    """Cut a long name for a label."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _rows(axes: Axes, names: Sequence[str]) -> None:
    # A dollar sign would start a formula.
    labels = [shortened(name).replace("$", r"\$") for name in names]
    axes.set_yticks(np.arange(len(names)), labels)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
