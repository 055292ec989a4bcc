"""Pictures: matplotlib charts as data URIs, in the colours of the stylesheet, light and dark."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DPI = 144
_COLOUR = re.compile(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)")


@dataclass(frozen=True)
class Theme:
    """Colours, as the stylesheet names them."""

    ink: str
    soft: str
    paper: str
    panel: str
    line: str
    accent: str
    good: str
    bad: str


@dataclass(frozen=True)
class Picture:
    """One chart for a light and for a dark page.

    Attributes
    ----------
    light, dark : str
        PNG as data URI.
    alt : str
        What the chart shows, in words.
    """

    light: str
    dark: str
    alt: str


Chart = Callable[[Axes, Theme], None]


def themes() -> tuple[Theme, Theme]:
    """Read the light and the dark colours from the stylesheet, so that they cannot drift apart."""
    sheet = files("lockgate").joinpath("templates", "style.css").read_text(encoding="utf-8")
    colours = _COLOUR.findall(sheet)
    light = Theme(**{name: value for name, value, _ in colours})
    return light, Theme(**{name: value for name, _, value in colours})


def picture(chart: Chart, alt: str, *, width: float = 6.4, height: float = 4.2) -> Picture:
    """Draw a chart twice; the same chart gives the same bytes.

    Parameters
    ----------
    chart : callable
        Draws on axes that are styled already.
    alt : str
        What the chart shows, for those who cannot see it.
    width, height : float
        Inches; a page shows about half of the pixels.
    """
    light, dark = (_uri(_png(chart, theme, width, height)) for theme in themes())
    return Picture(light, dark, alt)


def _png(chart: Chart, theme: Theme, width: float, height: float) -> bytes:
    # On top of the defaults, so that nobody's matplotlibrc changes a byte.
    with style.context(["default", _settings(theme)]):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        chart(axes, theme)
        buffer = io.BytesIO()
        # The version of matplotlib would otherwise be part of the bytes.
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _settings(theme: Theme) -> Any:
    return {
        "figure.dpi": DPI,
        "savefig.dpi": DPI,
        "figure.facecolor": theme.paper,
        "savefig.facecolor": theme.paper,
        "font.family": "DejaVu Sans",
        "font.size": 9.5,
        "text.color": theme.ink,
        "axes.facecolor": theme.paper,
        "figure.constrained_layout.h_pad": 0.1,
        "figure.constrained_layout.w_pad": 0.12,
        "axes.edgecolor": theme.line,
        "axes.labelcolor": theme.soft,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.xmargin": 0.02,
        "grid.color": theme.line,
        "grid.linewidth": 0.6,
        "xtick.color": theme.line,
        "ytick.color": theme.line,
        "xtick.labelcolor": theme.soft,
        "ytick.labelcolor": theme.soft,
        "xtick.minor.visible": False,
        "ytick.minor.visible": False,
        "legend.frameon": False,
        "legend.labelcolor": theme.soft,
        "lines.solid_capstyle": "round",
    }


def _uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
