"""Which intervals hold where it matters: ways to make them, on the same model and the same rows.

``python benchmarks/intervals.py`` measures them on a table that it makes up, and
``python benchmarks/intervals.py FILE TARGET [TIME]`` on a CSV file, where TIME, a column that sorts
as text, adds a split by time. The target is learned as it is and, where it is positive, as its
logarithm, by scikit-learn's gradient boosting. A share of 20 % is kept back.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from measure import say, table
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold, train_test_split

from lockgate.learning.intervals import HalfWidth, conformal_quantile, fit_half_width
from lockgate.learning.links import Link
from lockgate.learning.reliability import coverage_by_band

Array = np.ndarray[Any, np.dtype[np.float64]]
Ends = tuple[Array, Array]
LEVEL = 0.9
ROWS = 20_000
OURS = "by height (lockgate)"
COST = {
    "one half-width": "none",
    OURS: "none",
    "by height, in steps": "none",
    "by height, ahead (lockgate)": "none",
    "normalised": "one more",
    "quantile regression": "two more",
}


class Rows(NamedTuple):
    """Rows of a table: what is read, of shape (rows, columns), the target, and the time."""

    x: Array
    y: Array
    when: Any

    def taken(self, places: Any) -> "Rows":
        """Return some of the rows."""
        return Rows(self.x[places], self.y[places], self.when[places])


def main(arguments: list[str]) -> None:
    """Measure, and print a table for each split and scale."""
    rows = _read(*arguments) if arguments else _made_up()
    places = np.arange(len(rows.y))
    splits = {"random split": train_test_split(places, test_size=0.2, random_state=0)}
    if len(np.unique(rows.when)) > 1:
        cut = np.sort(rows.when)[int(0.8 * len(places))]
        splits["split by time"] = [places[rows.when < cut], places[rows.when >= cut]]
    links = [Link("identity", None, None)]
    if rows.y.min() > 0:
        links.append(Link("log", 0.0, None))
    for name, (train, test) in splits.items():
        for link in links:
            say(f"intervals: {name}, {link.kind}")
            print(f"\n### {name}, target {link.kind}, {len(train):,} and {len(test):,} rows")
            _measure(link, rows.taken(train), rows.taken(test))


def _measure(link: Link, train: Rows, test: Rows) -> None:
    train = train._replace(y=link.forward(train.y))
    scores = _model().fit(train.x, train.y).predict(test.x)
    value = link.inverse(scores)
    rows = []
    for way, (lower, upper) in _ways(train, test.x, scores):
        judged = _judged(test.y, value, link.inverse(lower), link.inverse(upper))
        rows.append((way, *judged, COST[way]))
    fifths = [f"fifth {place} " for place in range(1, 6)]
    table(("intervals", "all ", *fifths, "mean width ", "interval score ", "models a row"), rows)


def _ways(train: Rows, asked: Array, scores: Array) -> Iterator[tuple[str, Ends]]:
    x, y, when = train
    out_of_fold = _out_of_fold(x, y, _model)
    errors = y - out_of_fold
    by_height = fit_half_width(out_of_fold, errors, LEVEL)
    yield "one half-width", _around(scores, conformal_quantile(errors, LEVEL))
    yield "by height, in steps", _around(scores, _steps(by_height, out_of_fold, errors, scores))
    yield OURS, _around(scores, by_height.at(scores))
    if len(np.unique(when)) > 1:
        early, late = np.split(np.argsort(when, kind="stable"), [len(y) - len(y) // 5])
        later = _model().fit(x[early], y[early]).predict(x[late])
        wider = by_height.widened(later, y[late] - later, LEVEL)
        yield "by height, ahead (lockgate)", _around(scores, wider.at(scores))
    least = 1e-3 * np.mean(np.abs(errors))
    spread = np.maximum(_out_of_fold(x, np.abs(errors), _model), least)
    wide = np.maximum(_model().fit(x, np.abs(errors)).predict(asked), least)
    yield "normalised", _around(scores, wide * conformal_quantile(errors / spread, LEVEL))
    yield "quantile regression", _quantile_regression(x, y, asked)


def _steps(half_width: HalfWidth, seen: Array, errors: Array, scores: Array) -> Array:
    """Return the half-widths of Mondrian bands without interpolation, as many bands as ours."""
    bands = len(half_width.sizes)
    edges = np.quantile(seen, np.linspace(0, 1, bands + 1)[1:-1])
    band = np.searchsorted(edges, seen)
    sizes = np.array([conformal_quantile(errors[band == place], LEVEL) for place in range(bands)])
    return sizes[np.searchsorted(edges, scores)]


def _quantile_regression(x: Array, y: Array, asked: Array) -> Ends:
    """Romano, Patterson and Candes 2019, "Conformalized Quantile Regression", cross-conformal."""

    def tail(share: float) -> Callable[[], HistGradientBoostingRegressor]:
        return lambda: _model(loss="quantile", quantile=share)

    tails = tail((1 - LEVEL) / 2), tail((1 + LEVEL) / 2)
    low, high = (_out_of_fold(x, y, each) for each in tails)
    missed = np.maximum(low - y, y - high)
    # The signed misses, moved above zero for a function that takes sizes.
    shift = missed.min()
    more = conformal_quantile(missed - shift, LEVEL) + shift
    lower, upper = (each().fit(x, y).predict(asked) for each in tails)
    return lower - more, upper + more


def _judged(y: Array, value: Array, lower: Array, upper: Array) -> tuple[str, ...]:
    """Return coverage, of all and of each fifth, mean width, and mean interval score.

    The score is that of Gneiting and Raftery 2007, "Strictly Proper Scoring Rules, Prediction,
    and Estimation", section 6.2: the width, and 20 times the miss at level 0.9; lower is better.
    """
    bands = coverage_by_band(y, value, lower, upper)
    missed = np.maximum(np.maximum(lower - y, y - upper), 0)
    score = np.mean(upper - lower + 2 / (1 - LEVEL) * missed)
    shares = [np.mean((lower <= y) & (y <= upper)), *(band["coverage"] for band in bands)]
    return (
        *(f"{share:.1%}" for share in shares),
        f"{np.mean(upper - lower):,.4g}",
        f"{score:,.4g}",
    )


def _around(scores: Array, size: Any) -> Ends:
    return scores - size, scores + size


def _out_of_fold(x: Array, y: Array, model: Callable[[], HistGradientBoostingRegressor]) -> Array:
    answers = np.empty(len(y))
    for fitted_on, held in KFold(5, shuffle=True, random_state=0).split(x):
        answers[held] = model().fit(x[fitted_on], y[fitted_on]).predict(x[held])
    return answers


def _model(**changed: Any) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        max_iter=300, max_leaf_nodes=15, early_stopping=True, random_state=0, **changed
    )


def _read(path: str, target: str, time: str = "") -> Rows:
    frame = pd.read_csv(path).dropna(subset=[target])
    y = frame.pop(target).to_numpy(float)
    when = frame[time].astype(str).to_numpy(object) if time else np.zeros(len(y))
    for name in frame.select_dtypes("object"):
        frame[name] = frame[name].astype("category").cat.codes
    return Rows(frame.to_numpy(float), y, when)


def _made_up(rows: int = ROWS) -> Rows:
    """Make up prices: skewed, with errors that grow with them, and faster in one region."""
    random = np.random.default_rng(0)
    size, quality = random.gamma(4, 30, rows), random.normal(size=rows)
    region = random.integers(0, 4, rows)
    noise = np.where(region == 0, 0.3, 0.12) * random.normal(size=rows)
    price = 1000 * size * np.exp(0.3 * quality + 0.2 * region + noise)
    return Rows(np.column_stack([size, quality, region]), price, np.zeros(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
