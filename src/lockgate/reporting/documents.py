"""The JSON files of evaluate: a short headline, and the details beside it."""

from dataclasses import asdict
from typing import Any

from lockgate.reporting.findings import Findings
from lockgate.reporting.reasons import Reasons
from lockgate.tables import rounded

# `dvc metrics diff` stays readable when the headline is short: the rest is in confidence.json.
BASELINE_HEADLINE = ("mae", "rmse", "r2", "log_loss", "roc_auc", "accuracy")


def headline(findings: Findings) -> dict[str, Any]:
    """Return metrics/evaluate.json: all metrics of the model, the chief ones of the baselines."""
    metrics = findings.metrics
    linear = {name: metrics["baseline"].get(name) for name in BASELINE_HEADLINE}
    document: dict[str, Any] = rounded(
        {
            "test": metrics["test"],
            "baseline": {name: value for name, value in linear.items() if value is not None},
            "constant": {findings.main: metrics["constant"][findings.main]},
        }
    )
    return document


def details(findings: Findings) -> dict[str, dict[str, Any]]:
    """Return the files of metrics/evaluation/ by name, without the ending.

    ``confidence``: every metric of model and baselines with its 95 % interval. ``coverage``:
    overall and by fifth of the prediction, or overall and by class with calibration by bin.
    ``slices``, worst first; ``importance``, largest first; ``checks``; ``contributions``,
    largest first, of a model that is explained.
    """
    main = findings.main
    documents: dict[str, dict[str, Any]] = rounded(
        {
            "confidence": {"rows": len(findings.y), "models": _confidence(findings)},
            "coverage": _coverage(findings),
            "slices": {
                "metric": main,
                "overall": findings.metrics["test"][main],
                "columns": findings.sliced,
                "slices": [
                    {
                        "column": column,
                        "slice": item.name,
                        "rows": item.rows,
                        "value": item.loss,
                        "lower": item.low,
                        "upper": item.high,
                        "ratio": item.ratio,
                    }
                    for column, item in findings.slices
                ],
            },
            "importance": {
                "metric": main,
                "features": [
                    {"feature": item.name, "increase": item.mean, "spread": item.spread}
                    for item in findings.importance
                ],
            },
            "checks": {"checks": [asdict(check) for check in findings.checks]},
            **({"contributions": _contributions(reasons)} if (reasons := findings.reasons) else {}),
        }
    )
    return documents


def _contributions(reasons: Reasons) -> dict[str, Any]:
    return {
        "rows": reasons.rows,
        "features": [
            {"feature": each.name, "mean": each.mean, "low": each.low, "high": each.high}
            for each in reasons.weights
        ],
    }


def _confidence(findings: Findings) -> dict[str, Any]:
    return {
        model: {name: _range(findings, model, name, value) for name, value in metrics.items()}
        for model, metrics in findings.metrics.items()
    }


def _range(findings: Findings, model: str, name: str, value: float) -> dict[str, float | None]:
    found = findings.ranges[model].get(name)
    return {
        "value": value,
        "lower": found.low if found else None,
        "upper": found.high if found else None,
    }


def _coverage(findings: Findings) -> dict[str, Any]:
    level, test = findings.bundle.manifest.level, findings.metrics["test"]
    if findings.schema.task == "regression":
        overall = test["interval_coverage"]
        return {"level": level, "overall": overall, "fifths": findings.reliability}
    classes = [
        {"class": findings.schema.classes[int(each["place"])]}
        | {name: each[name] for name in ("rows", "coverage", "size")}
        for each in findings.classwise
    ]
    return {
        "bins": findings.reliability,
        "level": level,
        "overall": test["set_coverage"],
        "classes": classes,
    }
