"""Pictures."""

import base64
import io
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.image import imread

from lockgate.reporting import charts, classification, regression
from lockgate.reporting.picture import Chart, Theme, picture, themes

RANDOM = np.random.default_rng(0)
PRICES = RANDOM.lognormal(13, 0.6, 300)
ERRORS = RANDOM.normal(0, 30000, 300)
CHARTS: dict[str, Chart] = {
    "wide range": regression.predicted_against_actual(PRICES, PRICES + ERRORS, "price ($)"),
    "narrow range": regression.predicted_against_actual(ERRORS, ERRORS, "error"),
    "one row": regression.residuals(np.array([1.0]), np.array([0.0]), "price"),
    "residuals": regression.residuals(PRICES, ERRORS, "price (USD)"),
    "coverage": regression.coverage(["1 to\n2", "2 to\n3"], [0.9, 1.0], [10, 1], 0.9, ("x", "y")),
    "importance": charts.importance([charts.Estimate("rooms $x$", -1.0, -2.0, 0.0)], "loss"),
    "slices": charts.slices([charts.Estimate("A" * 99, 5.0, 4.0, 9.0)], 3.0, "loss"),
    "curve": charts.learning_curve({"train": [(0, 1.0), (1, 0.5)]}, "loss"),
    "calibration": classification.calibration([0.1, 0.9], [0.0, 1.0], [3, 9], "yes"),
    "confusion": classification.confusion(np.array([[5, 0], [0, 0]]), ["$a", "b"]),
    "scores": classification.scores(RANDOM.uniform(size=9), np.arange(9) % 2, ["no", "yes"]),
}


def _pixels(uri: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    png = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.asarray(imread(io.BytesIO(png)))


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_a_chart_is_drawn_for_light_and_dark_pages(name: str) -> None:
    """Each chart draws something, on the page's own background in both themes."""
    drawn = picture(CHARTS[name], name)
    light, dark = _pixels(drawn.light), _pixels(drawn.dark)
    assert light.shape == dark.shape
    assert light[0, 0, :3].mean() > 0.95
    assert dark[0, 0, :3].mean() < 0.15
    assert light.std() > 0.01


def test_the_same_chart_has_the_same_bytes() -> None:
    """A picture holds no date and no version."""
    once, again = (picture(CHARTS["coverage"], "x") for _ in range(2))
    assert once == again
    assert b"Software" not in base64.b64decode(once.light.partition(",")[2])


def test_colours_are_those_of_the_stylesheet() -> None:
    """Pictures and page cannot drift apart."""
    import lockgate

    style = (Path(lockgate.__file__).parent / "templates" / "style.css").read_text("utf-8")
    light, dark = themes()
    assert f"--accent: light-dark({light.accent}, {dark.accent})" in style


def test_settings_of_the_user_do_not_leak_in() -> None:
    """A matplotlibrc on the machine, or a style set before, changes no byte."""
    before = picture(CHARTS["coverage"], "x")
    with mpl.rc_context({"font.size": 30, "axes.linewidth": 9, "xtick.direction": "in"}):
        assert picture(CHARTS["coverage"], "x") == before


def test_labels_are_no_formulas() -> None:
    """A dollar sign in a name is shown as it is."""

    def chart(axes: Axes, theme: Theme) -> None:
        CHARTS["importance"](axes, theme)
        label = axes.get_yticklabels()[0].get_text()
        assert label == r"rooms \$x\$"

    picture(chart, "x")


def test_long_names_are_cut() -> None:
    """A name that is too long for a label ends in an ellipsis."""
    assert charts.shortened("A" * 99).endswith("…")
    assert charts.shortened("short") == "short"
