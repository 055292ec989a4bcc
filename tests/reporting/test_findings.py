"""What is found out about a model on its test part."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lockgate.artifact import Bundle
from lockgate.artifact.runtime import Scores
from lockgate.artifact.served import Regressor
from lockgate.errors import ParamsError
from lockgate.features.inputs import Features, columns_of
from lockgate.features.target import target_values
from lockgate.reporting.documents import details, headline
from lockgate.reporting.findings import Findings, investigate
from tests.reporting.cases import (
    CLASSES,
    TASKS,
    evaluate_params,
    load_bundle,
    make_findings,
    make_schema,
    part,
)

MAIN = {"regression": "mae", "binary": "log_loss", "multiclass": "log_loss"}


@pytest.mark.parametrize("task", TASKS)
def test_the_headline_is_short_and_flat(task: str) -> None:
    """About a dozen numbers: all of the model's, the chief ones of the baselines."""
    document = headline(make_findings(task))
    assert set(document) == {"test", "baseline", "constant"}
    assert len(document["test"]) == (8 if task == "regression" else 10)
    assert set(document["constant"]) == {MAIN[task]}
    assert MAIN[task] in document["baseline"]
    assert 10 <= sum(map(len, document.values())) <= 14
    assert all(isinstance(value, float) for part in document.values() for value in part.values())


@pytest.mark.parametrize("task", TASKS)
def test_a_model_beats_a_constant(task: str) -> None:
    """On data with a signal, model and linear baseline are better than always the same answer."""
    document = headline(make_findings(task))
    constant = document["constant"][MAIN[task]]
    assert document["test"][MAIN[task]] < constant / 2
    assert document["baseline"][MAIN[task]] < constant


def test_the_constant_is_the_training_median() -> None:
    """The constant baseline knows the training rows alone."""
    train_y = target_values(part("regression", "train"), make_schema("regression"))
    test_y = part("regression", "test")["cost"]
    found = make_findings("regression").metrics["constant"]
    assert found["mae"] == pytest.approx(np.mean(np.abs(test_y - np.median(train_y))))
    assert found["interval_coverage"] == pytest.approx(0.9, abs=0.07)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_the_constant_is_the_shares_of_the_classes(task: str) -> None:
    """The constant probabilities are those of the training rows."""
    schema = make_schema(task)
    train_y = target_values(part(task, "train"), schema)
    y = target_values(part(task, "test"), schema)
    shares = np.bincount(train_y, minlength=len(CLASSES[task])) / len(train_y)
    expected = -np.mean(np.log(shares[y]))
    assert make_findings(task).metrics["constant"]["log_loss"] == pytest.approx(expected)


@pytest.mark.parametrize("task", TASKS)
def test_every_metric_lies_in_its_interval(task: str) -> None:
    """Confidence intervals surround what was measured, for the model and both baselines."""
    models = details(make_findings(task))["confidence"]["models"]
    assert set(models) == {"test", "baseline", "constant"}
    for name in ("mae", "rmse", "log_loss", "accuracy", "brier"):
        for metrics in models.values():
            if name in metrics:
                found = metrics[name]
                assert found["lower"] <= found["value"] <= found["upper"]


def test_coverage_is_told_by_fifths() -> None:
    """A regression's intervals are measured from the lowest to the highest predictions."""
    findings = make_findings("regression")
    document = details(findings)["coverage"]
    assert document["level"] == 0.9
    assert document["overall"] == headline(findings)["test"]["interval_coverage"]
    assert [fifth["band"] for fifth in document["fifths"]] == [1, 2, 3, 4, 5]
    assert sum(fifth["rows"] for fifth in document["fifths"]) == len(findings.y)


def test_calibration_is_told_by_bins() -> None:
    """A classification's probabilities are compared with what came of them."""
    findings = make_findings("binary")
    bins = details(findings)["coverage"]["bins"]
    assert sum(each["rows"] for each in bins) == len(findings.y)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_set_coverage_is_told_by_class(task: str) -> None:
    """How many rows of each class had it in their set; together they make the whole."""
    findings = make_findings(task)
    document, test = details(findings)["coverage"], findings.metrics["test"]
    assert document["level"] == 0.9
    assert [each["class"] for each in document["classes"]] == list(findings.schema.classes)
    rows = [each["rows"] for each in document["classes"]]
    for name, metric in (("coverage", "set_coverage"), ("size", "set_size")):
        mean = np.average([each[name] for each in document["classes"]], weights=rows)
        assert mean == pytest.approx(test[metric], rel=1e-5)
    assert document["overall"] == pytest.approx(test["set_coverage"], rel=1e-5)


@pytest.mark.parametrize("task", TASKS)
def test_slices_are_listed_worst_first(task: str) -> None:
    """All columns' slices stand in one list, with loss, interval and ratio to the whole."""
    document = details(make_findings(task))["slices"]
    ratios = [item["ratio"] for item in document["slices"]]
    assert document["metric"] == MAIN[task]
    assert document["columns"] == ["zone", "weight"]
    assert ratios == sorted(ratios, reverse=True)
    assert {item["column"] for item in document["slices"]} == {"zone", "weight"}
    for item in document["slices"]:
        assert item["value"] == pytest.approx(item["ratio"] * document["overall"], rel=1e-4)


@pytest.mark.parametrize("task", TASKS)
def test_what_rules_the_target_is_important(task: str) -> None:
    """The weight rules the cost, the zone does not."""
    ranked = [item["feature"] for item in details(make_findings(task))["importance"]["features"]]
    assert set(ranked[:2]) == {"weight", "size"}


@pytest.mark.parametrize("task", TASKS)
def test_checks_are_reported_in_full(task: str) -> None:
    """Each check says what was asked, what was found, and whether that is enough."""
    checks = details(make_findings(task))["checks"]["checks"]
    assert len(checks) == 3
    for check in checks:
        assert set(check) == {"check", "passed", "value", "bound", "rows", "reason"}
    assert checks[1]["passed"]


def test_everything_is_plain_json() -> None:
    """No number is NaN or has more than six digits."""
    for document in details(make_findings("multiclass")).values():
        text = json.dumps(document, allow_nan=False)
        assert json.loads(text) == document


def test_the_period_is_that_of_the_test_part() -> None:
    """Where rows are dated, the report says from when the test rows are."""
    first, last = make_findings("regression").period or ("", "")
    assert "2026-03-01" <= first < last <= "2026-03-31"
    assert make_findings("binary", dated=False).period is None


def test_an_unknown_slice_names_the_nearest_column() -> None:
    """A mistyped column in params.yaml is refused."""
    with pytest.raises(ParamsError, match="did you mean 'zone'"):
        _investigate(slices=[{"column": "zoen"}])


def test_an_unknown_check_column_is_refused() -> None:
    """A check of a column that is not in the contract is a mistake."""
    with pytest.raises(ParamsError, match="evaluate.checks: .*did you mean 'sender'"):
        _investigate(checks=[{"kind": "invariant", "column": "sendr"}])


def test_nothing_declared_is_nothing_sliced() -> None:
    """Without slices and checks in params.yaml there are none, but for the order of rows."""
    findings = _investigate(slices=[], checks=[])
    assert findings.slices == []
    assert len(findings.checks) == 1


def test_a_broken_model_fails_its_checks() -> None:
    """A model that pays for weight instead of charging for it is found out."""
    bundle = load_bundle("regression")
    assert isinstance(bundle.primary, Regressor)
    sound = bundle.primary.form

    def broken(features: Features) -> Scores:
        columns = columns_of(features)
        return sound(columns | {"weight": 40 - columns["weight"]})

    upside_down = replace(bundle, primary=replace(bundle.primary, form=broken))
    monotone, invariant, order = _investigate(upside_down).checks
    assert not monotone.passed
    assert invariant.passed
    assert order.passed


def _investigate(bundle: Bundle | None = None, **changes: object) -> Findings:
    train_y = target_values(part("regression", "train"), make_schema("regression"))
    test, params = part("regression", "test"), evaluate_params(**changes)
    return investigate(bundle or load_bundle("regression"), test, train_y, params, 7)
