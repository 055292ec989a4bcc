"""From two fitted pipelines to a bundle on disk."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from lockgate.artifact.combining import build_ensemble
from lockgate.artifact.ensemble import CompiledEnsemble
from lockgate.artifact.explaining import check_explained, explained_forms, explaining_parts
from lockgate.artifact.explanation.answers import Explainer
from lockgate.artifact.golden import TOLERANCE, golden_rows, relative_difference, write_golden
from lockgate.artifact.manifest import (
    ClassificationEntry,
    FeatureEntry,
    Manifest,
    ModelEntry,
    Period,
    RegressionEntry,
)
from lockgate.artifact.parts import PIPELINE, sha256, write_parts
from lockgate.artifact.pipelines import pickled, pipeline_answers, pipeline_form
from lockgate.artifact.runtime import Form, build
from lockgate.artifact.served import served
from lockgate.artifact.spec import Compiled
from lockgate.contract import Schema
from lockgate.errors import BundleError
from lockgate.features import Feature, compute
from lockgate.learning.calibration import apply_temperature
from lockgate.learning.intervals import HalfWidth
from lockgate.learning.links import Link
from lockgate.params import SplitParams
from lockgate.strict import tuples
from lockgate.tables import Columns

LIBRARIES = ("numpy", "onnxruntime", "scikit-learn")
AnyCompiled = Compiled | CompiledEnsemble


@dataclass(frozen=True)
class Trained:
    """A fitted model and what turns its raw answers into honest ones.

    Attributes
    ----------
    pipeline : sklearn.pipeline.Pipeline, or a voting or stacking ensemble of such
        Fitted, with the steps ``preprocess`` and ``model``; a class is learned as its place in
        the schema's classes.
    estimator : str
        Import path of the estimator's class.
    params : dict
        The arguments it was built with.
    link, half_width
        Of a regression: the target's scale, and the interval's half-width on it.
    beta, thresholds
        Of a classification: the inverse temperature, and from which probability on each class is
        in the prediction set. Without thresholds a set is the likeliest class alone.
    """

    pipeline: Any
    estimator: str
    params: dict[str, Any]
    link: Link | None = None
    half_width: HalfWidth | None = None
    beta: float | None = None
    thresholds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Training:
    """What both models of a bundle were trained on.

    Attributes
    ----------
    schema : Schema
        Embedded; requests are checked against it.
    features : tuple of Feature
        The inputs of both models, as `lockgate.features.resolve` returned them.
    feature_module : str or None
        ``featurize.module``, which is asked for the feature functions again at load.
    rows : Columns
        The training rows: the contract's columns, each of shape (rows,).
    level : float
        Coverage that the intervals or prediction sets were made for.
    data_hash : str
        DVC's hash of the data.
    seed : int
        ``params.seed``.
    split : SplitParams
        ``featurize.split``, which tells for any row whether the model was trained on it.
    """

    schema: Schema
    features: tuple[Feature, ...]
    feature_module: str | None
    rows: Columns
    level: float
    data_hash: str
    seed: int
    split: SplitParams


def save(directory: Path, training: Training, *, primary: Trained, baseline: Trained) -> str:
    """Save a bundle in one step; equal arguments give equal bytes.

    Parameters
    ----------
    directory : Path
        Replaced as a whole.
    training : Training
        What the models were trained on.
    primary, baseline : Trained
        The model, and the linear one that stands in for it.

    Returns
    -------
    str
        The model hash.

    Raises
    ------
    BundleError
        When a model's served form does not give the pipeline's answers on the golden rows, its
        contributions do not add up to them, or it has no answer for a row with missing values.
    """
    models = {"primary": primary, "baseline": baseline}
    compiled = {name: _compile(name, trained) for name, trained in models.items()}
    values = compute(training.features, training.rows)
    rows = golden_rows(training.rows, training.features)
    golden = compute(training.features, rows)
    classes = len(training.schema.classes)
    answers = {
        name: _answers(each, compiled[name], golden, classes) for name, each in models.items()
    }
    entries = {name: _entry(each, compiled[name], classes) for name, each in models.items()}
    parts = {
        "schema.json": training.schema.to_json().encode(),
        "levels.json": _levels(training.features, values),
        "golden.json": write_golden(rows, answers),
        PIPELINE: pickled(primary.pipeline),
    }
    for name, form in compiled.items():
        if form is not None:
            parts |= dict(form.files(name)) | dict(explaining_parts(name, form, values))
            explained = explained_forms(parts.__getitem__, name, form.spec, list(values))
            explain = Explainer(explained, form.spec, entries[name], classes)
            check_explained(explain, golden, answers[name])
    manifest = Manifest(
        task=training.schema.task,
        target=training.schema.target.name,
        classes=training.schema.classes,
        schema_hash=sha256(parts["schema.json"]),
        data_hash=training.data_hash,
        seed=training.seed,
        split=training.split,
        rows=len(next(iter(values.values()))),
        periods=_periods(training),
        feature_module=training.feature_module,
        features=tuple(_feature(each, values[each.name]) for each in training.features),
        level=training.level,
        primary=entries["primary"],
        baseline=entries["baseline"],
        libraries=_libraries(primary),
        parts={name: sha256(content) for name, content in parts.items()},
    )
    return write_parts(directory, manifest, parts)


def _libraries(primary: Trained) -> dict[str, str]:
    from lockgate.artifact.compile.members import libraries_of

    return {name: version(name) for name in (*LIBRARIES, *libraries_of(primary.pipeline))}


def _compile(name: str, trained: Trained) -> AnyCompiled | None:
    from lockgate.artifact.compile import compile_form

    compiled = compile_form(trained.pipeline)
    if compiled is None and name == "baseline":
        raise BundleError(
            f"{trained.estimator} has no compiled form, and a baseline needs one",
            hint="take a linear model as baseline",
        )
    return compiled


def _answers(
    trained: Trained, compiled: AnyCompiled | None, features: Columns, classes: int
) -> Columns:
    """Answer the golden rows by the served form, which must say what scikit-learn says."""
    try:
        expected = pipeline_answers(trained.pipeline, features, classes)
    except ValueError as problem:
        raise BundleError(
            f"{trained.estimator} fails on a row with missing or unseen values: {problem}",
            hint="choose encoding: onehot, which fills them in, or another estimator",
        ) from problem
    entry = _entry(trained, compiled, classes)
    answers = served(_form(trained, compiled), entry, classes).answer(features)
    # It follows from the probabilities, and one that has no slack could tip on another machine.
    answers.pop("prediction_set", None)
    if trained.link is None:
        expected = apply_temperature(expected, trained.beta or 1.0)
    else:
        expected = trained.link.bounded(expected)
    apart = relative_difference(expected, answers["probabilities" if classes else "value"])
    if apart > TOLERANCE:
        raise BundleError(
            f"the served form of {trained.estimator} differs from the pipeline by {apart:.1e}, "
            "relatively",
            hint="report this with the estimator's arguments; meanwhile choose another one",
        )
    return answers


def _form(trained: Trained, compiled: AnyCompiled | None) -> Form:
    if compiled is None:
        return pipeline_form(trained.pipeline)
    if isinstance(compiled, CompiledEnsemble):
        return build_ensemble(compiled.spec, compiled.arrays)
    return build(compiled.spec, compiled.arrays)


def _entry(trained: Trained, compiled: AnyCompiled | None, classes: int) -> ModelEntry:
    from lockgate.artifact.compile.members import member_entries

    return ModelEntry(
        form="pipeline" if compiled is None else compiled.spec.kind,
        estimator=trained.estimator,
        params=tuples(trained.params),
        answer=_answer_entry(trained, classes),
        members=member_entries(trained.pipeline),
    )


def _answer_entry(trained: Trained, classes: int) -> RegressionEntry | ClassificationEntry:
    link = trained.link
    if link is None or trained.half_width is None:
        seen = tuple(int(place) for place in trained.pipeline.classes_)
        alone = (1.0,) * classes
        return ClassificationEntry(
            beta=trained.beta or 1.0, seen=seen, thresholds=trained.thresholds or alone
        )
    return RegressionEntry(
        scale=link.kind,
        low=link.low,
        high=link.high,
        scores=trained.half_width.scores,
        half_widths=trained.half_width.sizes,
    )


def _feature(feature: Feature, values: np.ndarray) -> FeatureEntry:
    entry = FeatureEntry(
        name=feature.name,
        kind=feature.kind,
        columns=feature.columns,
        source_hash=feature.source_hash,
    )
    if feature.kind == "category":
        return entry.model_copy(update={"levels": len(set(values))})
    if feature.kind == "text":
        return entry
    known = values[~np.isnan(values)]
    if not len(known):
        return entry
    return entry.model_copy(update={"low": float(known.min()), "high": float(known.max())})


def _levels(features: Sequence[Feature], values: Columns) -> bytes:
    names = [feature.name for feature in features if feature.kind == "category"]
    levels = {name: sorted(set(values[name])) for name in names}
    return (json.dumps(levels, indent=1, sort_keys=True) + "\n").encode()


def _periods(training: Training) -> dict[str, Period]:
    periods = {}
    for column in training.schema.with_role("time"):
        times = training.rows[column.name]
        known = times[~np.isnat(times)]
        if len(known):
            known = known.astype("datetime64[D]" if column.type == "date" else "datetime64[s]")
            periods[column.name] = Period(first=str(known.min()), last=str(known.max()))
    return periods
