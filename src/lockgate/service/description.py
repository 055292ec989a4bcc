"""What is served: the model, where it comes from, how good it was, and how to read its answers."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from lockgate.artifact.manifest import (
    ClassificationEntry,
    FeatureEntry,
    Manifest,
    MemberEntry,
    ModelEntry,
    Period,
    RegressionEntry,
)
from lockgate.service.models import Loaded

CARD = Path("plots", "model_card.md")
METRICS = Path("metrics", "evaluation", "confidence.json")


class ModelLineage(BaseModel):
    """What the model was made from."""

    model_hash: str = Field(description="sha256 of the bundle's manifest.")
    data_hash: str = Field(description="DVC's hash of the data.")
    schema_hash: str = Field(description="sha256 of the schema in the bundle.")
    seed: int
    training_rows: int
    training_periods: dict[str, Period] = Field(description="Of each time column.")
    libraries: dict[str, str] = Field(description="Versions that it was trained with.")


class Estimator(BaseModel):
    """The model, or the baseline that stands in for it."""

    estimator: str
    params: dict[str, Any]
    form: Literal["trees", "network", "ensemble", "pipeline"] = Field(
        description="How it is run; pipeline: through scikit-learn."
    )
    members: list[MemberEntry] = Field(
        description="Of an ensemble: the models that it combines, with their weights."
    )


class Reach(BaseModel):
    """How far the interval around a prediction reaches to either side."""

    prediction: float = Field(description="In the target's unit.")
    half_width: float = Field(description="On the scale of the intervals.")


class Intervals(BaseModel):
    """How the interval around a predicted number is made: conformal, by height of prediction."""

    level: float = Field(description="Share of new rows whose true value lies within.")
    scale: Literal["identity", "log"] = Field(description="log: of the target plus one.")
    half_widths: list[Reach] = Field(
        description="Between two of these predictions, the half-width is interpolated."
    )
    lowest: float | None = Field(description="No answer is below.")
    highest: float | None = Field(description="No answer is above.")


class Sets(BaseModel):
    """How the prediction set beside a predicted class is made: conformal, class by class."""

    level: float = Field(description="Share of a class's new rows whose set has it.")
    thresholds: dict[str, float] = Field(
        description="The probability from which a class is in the set; the likeliest always is."
    )


class Measured(BaseModel):
    """A metric on the test part, with its confidence interval."""

    value: float
    lower: float
    upper: float


class ModelInfo(BaseModel):
    """What is served, and where it comes from."""

    version: str
    entity: str
    target: str
    task: Literal["regression", "binary", "multiclass"]
    classes: list[str] = Field(description="Empty where a number is predicted.")
    lineage: ModelLineage
    model: Estimator
    baseline: Estimator
    intervals: Intervals | None = Field(description="null where a class is predicted.")
    sets: Sets | None = Field(description="null where a number is predicted.")
    features: list[FeatureEntry]
    metrics: dict[str, Measured] | None = Field(
        description="On the test part; null where no evaluation of this very model is at hand."
    )
    card: str | None = Field(description="The model card, as Markdown; null as for metrics.")


def describe_model(loaded: Loaded) -> ModelInfo:
    """Describe a model.

    Its evaluation, which is made after the bundle, is taken from its release, or from the checkout
    that the bundle lies in, if that evaluated the same model.
    """
    manifest = loaded.predictor.bundle.manifest
    metrics, card = _evaluation(loaded.directory, loaded.predictor.lineage.model_hash)
    return ModelInfo(
        version=loaded.version,
        entity=loaded.predictor.bundle.schema.entity,
        target=manifest.target,
        task=manifest.task,
        classes=list(manifest.classes),
        lineage=ModelLineage(
            model_hash=loaded.predictor.lineage.model_hash,
            data_hash=loaded.predictor.lineage.data_hash,
            schema_hash=manifest.schema_hash,
            seed=manifest.seed,
            training_rows=manifest.rows,
            training_periods=manifest.periods,
            libraries=manifest.libraries,
        ),
        model=_estimator(manifest.primary),
        baseline=_estimator(manifest.baseline),
        intervals=_intervals(manifest.primary, manifest.level),
        sets=_sets(manifest),
        features=list(manifest.features),
        metrics=metrics,
        card=card,
    )


def _estimator(entry: ModelEntry) -> Estimator:
    return Estimator(
        estimator=entry.estimator,
        params=entry.params,
        form=entry.form,
        members=list(entry.members),
    )


def _sets(manifest: Manifest) -> Sets | None:
    answer = manifest.primary.answer
    if not isinstance(answer, ClassificationEntry):
        return None
    thresholds = zip(manifest.classes, answer.thresholds, strict=True)
    return Sets(level=manifest.level, thresholds=dict(thresholds))


def _intervals(entry: ModelEntry, level: float) -> Intervals | None:
    answer = entry.answer
    if not isinstance(answer, RegressionEntry):
        return None
    return Intervals(
        level=level,
        scale=answer.scale,
        half_widths=[
            Reach(prediction=prediction, half_width=size)
            for prediction, size in zip(
                answer.link.inverse(answer.scores).tolist(), answer.half_widths, strict=True
            )
        ],
        lowest=answer.low,
        highest=answer.high,
    )


def _evaluation(directory: Path, model_hash: str) -> tuple[dict[str, Measured] | None, str | None]:
    """Return metrics and card of a model; those of another model, or that are damaged, are none."""
    beside = directory.resolve()
    root = beside.parents[1] if len(beside.parents) > 1 else beside
    release = beside.with_name(f"{beside.name}.json")
    for metrics, card in ((release, release.with_suffix(".md")), (root / METRICS, root / CARD)):
        try:
            text = card.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if f"`{model_hash}`" in text:
            return _metrics(metrics), text
    return None, None


def _metrics(path: Path) -> dict[str, Measured] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        test = found.get("confidence", found)["models"]["test"]
        return {name: Measured.model_validate(each) for name, each in test.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
