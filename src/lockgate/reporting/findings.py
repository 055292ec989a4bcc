"""Everything that is found out about a model on its test part."""

from dataclasses import dataclass

import numpy as np

from lockgate.artifact import Bundle
from lockgate.contract import Schema
from lockgate.errors import ParamsError, did_you_mean
from lockgate.features import compute
from lockgate.features.batches import select
from lockgate.features.feature import Array
from lockgate.features.target import target_values
from lockgate.learning.bootstrap import Range, bootstrap
from lockgate.learning.checks import CheckResult, run_checks
from lockgate.learning.importance import Importance, permutation_importance
from lockgate.learning.losses import MAIN_METRIC, row_losses
from lockgate.learning.metrics import classification_metrics, regression_metrics, set_metrics
from lockgate.learning.reliability import calibration_by_bin, coverage_by_band, coverage_by_class
from lockgate.learning.resampled import (
    Statistic,
    classification_statistic,
    regression_statistic,
    set_statistic,
)
from lockgate.learning.slices import Slice, cut, judge
from lockgate.params import EvaluateParams
from lockgate.reporting.reasons import Reasons, reasons
from lockgate.tables import Columns

# Each repeat predicts all of them once for each feature; more rows would change no ranking.
IMPORTANCE_ROWS = 20_000


@dataclass(frozen=True)
class Findings:
    """What `investigate` found.

    Attributes
    ----------
    bundle : Bundle
        The model.
    y : array, shape (rows,)
        The target of the test rows: numbers, or places of the class in the schema.
    answer : Columns
        What the model said: ``value``, ``lower``, ``upper``, or ``probabilities`` and
        ``prediction_set``.
    period : tuple of str, or None
        First and last test day, where there is a time column.
    metrics : dict of str to dict
        By model (the model itself as ``test``, linear ``baseline``, ``constant``), by metric.
    ranges : dict of str to dict
        Their 95 % intervals.
    reliability : list of dict
        Interval coverage by fifth of the prediction, or calibration by bin.
    classwise : list of dict
        How often the prediction sets of each class had it; empty for a regression.
    sliced : tuple of str
        The columns that params.yaml asks to slice by.
    slices : list of tuple
        Column and slice, the worst first.
    importance : list of Importance
        Features, the most important first.
    checks : list of CheckResult
        In the order of params.yaml.
    reasons : Reasons or None
        What features add to answers; None of a model that cannot be explained.
    """

    bundle: Bundle
    y: Array
    answer: Columns
    period: tuple[str, str] | None
    metrics: dict[str, dict[str, float]]
    ranges: dict[str, dict[str, Range]]
    reliability: list[dict[str, float]]
    classwise: list[dict[str, float]]
    sliced: tuple[str, ...]
    slices: list[tuple[str, Slice]]
    importance: list[Importance]
    checks: list[CheckResult]
    reasons: Reasons | None

    @property
    def schema(self) -> Schema:
        """What a row is."""
        return self.bundle.schema

    @property
    def main(self) -> str:
        """The metric by which models of the task are compared."""
        return MAIN_METRIC[self.schema.task]


def investigate(
    bundle: Bundle, test: Columns, train_y: Array, params: EvaluateParams, seed: int
) -> Findings:
    """Measure a model on rows that it was not trained on.

    Parameters
    ----------
    bundle : Bundle
        Its primary model and its baseline are asked, in the form in which they are served.
    test : Columns
        The contract's columns and those of the features, each of shape (rows,).
    train_y : array
        The training target, which the constant baseline is taken from: the median with the
        quantiles around it, or the shares of the classes.
    params : EvaluateParams
        ``evaluate``.
    seed : int
        Of bootstrap and permutations.

    Raises
    ------
    LockgateError
        When a slice or a check names a column that is not there, or one that it cannot use.
    """
    schema = bundle.schema
    features = compute(bundle.features, test)
    y = target_values(test, schema)
    answers = {
        "test": bundle.primary.answer(features),
        "baseline": bundle.baseline.answer(features),
        "constant": _constant(train_y, len(y), schema, bundle.manifest.level),
    }
    return Findings(
        bundle=bundle,
        y=y,
        answer=answers["test"],
        period=_period(test, schema),
        metrics={name: _metrics(y, answer) for name, answer in answers.items()},
        ranges=_ranges(y, answers, params.bootstrap_resamples, seed),
        reliability=_reliability(y, answers["test"]),
        classwise=_classwise(y, answers["test"]),
        sliced=tuple(wanted.column for wanted in params.slices),
        slices=_slices(test, row_losses(y, answers["test"]), params, seed),
        importance=_importance(bundle, features, y, params, seed),
        checks=run_checks(params.checks, schema, lambda rows: _number(bundle, rows), test),
        reasons=reasons(bundle, features),
    )


def _constant(train_y: Array, rows: int, schema: Schema, level: float) -> Columns:
    if schema.task != "regression":
        shares = np.bincount(train_y, minlength=len(schema.classes)) / len(train_y)
        order = np.argsort(-shares, kind="stable")
        held = np.zeros(len(shares), dtype=bool)
        held[order[: 1 + np.searchsorted(np.cumsum(shares[order]), level - 1e-9)]] = True
        tiles = {"probabilities": shares, "prediction_set": held}
        return {name: np.tile(each, (rows, 1)) for name, each in tiles.items()}
    tail = (1 - level) / 2
    quantiles = np.quantile(train_y, [tail, 0.5, 1 - tail])
    lower, value, upper = np.repeat(quantiles[:, None], rows, axis=1)
    return {"value": value, "lower": lower, "upper": upper}


def _metrics(y: Array, answer: Columns) -> dict[str, float]:
    if "probabilities" in answer:
        held = answer["prediction_set"]
        return classification_metrics(y, answer["probabilities"]) | set_metrics(y, held)
    return regression_metrics(y, answer["value"], answer["lower"], answer["upper"])


def _ranges(
    y: Array, answers: dict[str, Columns], resamples: int, seed: int
) -> dict[str, dict[str, Range]]:
    """Bootstrap all models on the same draws, which cost more than the metrics do."""
    statistics = {model: _statistic(y, answer) for model, answer in answers.items()}

    def together(weights: Array) -> dict[str, Array]:
        return {
            f"{model} {metric}": values
            for model, statistic in statistics.items()
            for metric, values in statistic(weights).items()
        }

    found = bootstrap(together, len(y), resamples=resamples, seed=seed)
    ranges: dict[str, dict[str, Range]] = {model: {} for model in answers}
    for name, each in found.items():
        model, metric = name.split()
        ranges[model][metric] = each
    return ranges


def _statistic(y: Array, answer: Columns) -> Statistic:
    if "probabilities" in answer:
        ranked = classification_statistic(y, answer["probabilities"])
        held = set_statistic(y, answer["prediction_set"])
        return lambda weights: ranked(weights) | held(weights)
    return regression_statistic(y, answer["value"], answer["lower"], answer["upper"])


def _reliability(y: Array, answer: Columns) -> list[dict[str, float]]:
    if "probabilities" in answer:
        return calibration_by_bin(y, answer["probabilities"])
    return coverage_by_band(y, answer["value"], answer["lower"], answer["upper"])


def _classwise(y: Array, answer: Columns) -> list[dict[str, float]]:
    if "prediction_set" in answer:
        return coverage_by_class(y, answer["prediction_set"])
    return []


def _slices(
    test: Columns, losses: Array, params: EvaluateParams, seed: int
) -> list[tuple[str, Slice]]:
    found = []
    for wanted in params.slices:
        if wanted.column not in test:
            raise ParamsError(
                f"no column or feature '{wanted.column}'{did_you_mean(wanted.column, test)}",
                where="params.yaml, evaluate.slices",
            )
        parts = cut(test[wanted.column], wanted.bands, params.min_slice_rows)
        each = judge(parts, losses, resamples=params.bootstrap_resamples, seed=seed)
        found += [(wanted.column, item) for item in each]
    return sorted(found, key=lambda pair: (-pair[1].ratio, pair[0], pair[1].name))


def _importance(
    bundle: Bundle, features: Columns, y: Array, params: EvaluateParams, seed: int
) -> list[Importance]:
    chosen = np.unique(np.linspace(0, len(y) - 1, IMPORTANCE_ROWS).round().astype(np.int64))
    few = select(features, chosen)
    return permutation_importance(
        few,
        list(few),
        lambda changed: float(np.mean(row_losses(y[chosen], bundle.primary.answer(changed)))),
        repeats=params.importance_repeats,
        seed=seed,
    )


def _number(bundle: Bundle, rows: Columns) -> Array:
    """Predict one number a row: the value, or the probability of the last class."""
    answer = bundle.primary.answer(compute(bundle.features, rows))
    return answer["value"] if "value" in answer else answer["probabilities"][:, -1]


def _period(test: Columns, schema: Schema) -> tuple[str, str] | None:
    if schema.time is None:
        return None
    days = test[schema.time.name].astype("datetime64[D]")
    return str(days.min()), str(days.max())
