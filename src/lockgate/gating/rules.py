"""The gate's rules: pure functions over metrics and params; what is missing never passes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lockgate.contract.schema import Task
from lockgate.errors import did_you_mean
from lockgate.gating.ruling import Ruling, at_least, at_most, finite, missing, show, skipped
from lockgate.learning.losses import MAIN_METRIC
from lockgate.params import Bound

Metrics = Mapping[str, Any]
PARITY = 1e-12


def thresholds(test: Metrics, bounds: Mapping[str, Bound]) -> Iterator[Ruling]:
    """Hold headline metrics of the test part against ``gate.thresholds``.

    Parameters
    ----------
    test : mapping
        The ``test`` section of metrics/evaluate.json.
    bounds : mapping of str to Bound
        By metric. A metric that the section does not have fails, and the reason names those
        that it has.
    """
    for metric, bound in sorted(bounds.items()):
        rule = f"thresholds.{metric}"
        if metric in test:
            yield from _within(rule, metric, test[metric], bound)
        else:
            known = ", ".join(sorted(test)) or "none"
            yield missing(
                rule, metric, None, f"{did_you_mean(metric, test)}; the test metrics are {known}"
            )


def improvement(test: Metrics, baseline: Metrics, task: Task, minimum: float | None) -> Ruling:
    """Ask that the model's main loss is lower than the linear baseline's by a relative margin.

    Parameters
    ----------
    test, baseline : mapping
        Sections of metrics/evaluate.json.
    task : str
        The loss is mae for a regression, log_loss otherwise.
    minimum : float or None
        0.05 asks for a loss 5 % lower; None skips the rule.
    """
    rule = "min_improvement_over_baseline"
    if minimum is None:
        return skipped(rule, f"gate.{rule} is null")
    metric = MAIN_METRIC[task]
    model, linear = finite(test.get(metric)), finite(baseline.get(metric))
    if model is None or linear is None:
        absent = "the model's" if model is None else "the baseline's"
        return missing(rule, f"{absent} {metric}", minimum)
    if linear <= 0:
        reason = f"the baseline's {metric} is {show(linear)}, which cannot be improved on"
        return Ruling(rule, None, minimum, False, reason)
    return at_least(rule, f"improvement over baseline ({metric})", 1 - model / linear, minimum)


def coverage(test: Metrics, task: Task, band: Bound | None) -> Iterator[Ruling]:
    """Ask that the share of test rows inside their interval or prediction set lies in a band.

    Parameters
    ----------
    test : mapping
        The ``test`` section of metrics/evaluate.json.
    task : str
        Prediction sets are held to the lower end alone: a set has one class at least, so that
        those of a good model hold more than they promise.
    band : Bound or None
        None skips the rule.
    """
    rule = "interval_coverage"
    if band is None:
        yield skipped(rule, f"gate.{rule} is null")
    elif task == "regression":
        yield from _within(rule, "interval coverage", test.get("interval_coverage"), band)
    elif band.min is None:
        yield skipped(rule, f"gate.{rule} has no min, and a prediction set may hold more")
    else:
        yield at_least(f"{rule}.min", "set coverage", test.get("set_coverage"), band.min)


def worst_slice(document: Metrics, maximum: float | None) -> Ruling:
    """Ask that no slice's loss exceeds the whole part's by more than a factor.

    Parameters
    ----------
    document : mapping
        metrics/evaluation/slices.json: ``columns`` that were asked for, and ``slices`` that were
        large enough, each with column, slice and ratio.
    maximum : float or None
        The largest ratio; None skips the rule.
    """
    rule = "worst_slice_ratio"
    if maximum is None:
        return skipped(rule, f"gate.{rule} is null")
    if document.get("columns") == []:
        return skipped(rule, "evaluate.slices lists none")
    slices = document.get("slices")
    if not slices:
        why = " because no slice was measured: lower evaluate.min_slice_rows or list other columns"
        return missing(rule, "the ratio", maximum, why)
    ratios = [(finite(item.get("ratio")), item) for item in slices]
    worst, item = max(ratios, key=lambda pair: float("inf") if pair[0] is None else pair[0])
    name = f"{item.get('column')} = {item.get('slice')}"
    return at_most(rule, f"loss ratio of the worst slice ({name})", worst, maximum)


def checks(results: Sequence[Metrics], required: bool) -> Iterator[Ruling]:
    """Ask that every behavioural check has passed.

    Parameters
    ----------
    results : sequence of mapping
        ``checks`` of metrics/evaluation/checks.json, each with check, passed and reason. There is
        always one, that the order of rows does not matter: none at all means that they are lost.
    required : bool
        False skips the rule and says how many failed.
    """
    rule = "require_checks"
    failed = [item for item in results if item.get("passed") is not True]
    if not required:
        yield skipped(rule, f"gate.{rule} is false; {len(failed)} of {len(results)} checks failed")
    elif not results:
        yield missing(rule, "every behavioural check", None)
    else:
        for item in results:
            yield _check(rule, item)


def quarantine(validation: Metrics, maximum: float) -> Ruling:
    """Ask that at most a share of the delivered rows was quarantined.

    Parameters
    ----------
    validation : mapping
        metrics/validate.json.
    maximum : float
        Between 0 and 1.
    """
    share = validation.get("quarantined_share")
    return at_most("max_quarantined_share", "quarantined share", share, maximum)


def parity(difference: float, rows: int) -> Ruling:
    """Ask that the served form answers as the fitted pipeline does.

    Parameters
    ----------
    difference : float
        The largest difference over all rows, relative to the size of the answers.
    rows : int
        How many rows were compared.
    """
    what = f"relative difference between served form and pipeline over {rows:,} rows"
    return at_most("parity", what, difference, PARITY)


def size(length: int, maximum: float) -> Ruling:
    """Ask that the bundle's files take at most `maximum` megabytes (1 MB is 1,000,000 bytes)."""
    return at_most("max_bundle_megabytes", "bundle size in MB", length / 1e6, maximum)


def _within(rule: str, what: str, value: Any, bound: Bound) -> Iterator[Ruling]:
    if bound.min is not None:
        yield at_least(f"{rule}.min", what, value, bound.min)
    if bound.max is not None:
        yield at_most(f"{rule}.max", what, value, bound.max)


def _check(rule: str, item: Metrics) -> Ruling:
    passed = item.get("passed") is True
    reason = (
        f"{item.get('check', 'a check without a name')}: {item.get('reason', 'no reason given')}"
    )
    return Ruling(rule, finite(item.get("value")), finite(item.get("bound")), passed, reason)
