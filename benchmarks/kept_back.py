"""Rows that a model never saw: keeping them back, and judging what is predicted of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rivals import categorical, rivals
from sklearn import metrics
from sklearn.model_selection import train_test_split

from lockgate.features import compute
from lockgate.features.target import target_values
from lockgate.learning.pipelines import frame, predicted
from lockgate.predict import Predictor, load_predictor
from lockgate.tables import Columns, read_parquet
from lockgate.validation.deliveries import Delivery, read_delivery
from lockgate.validation.parse import is_missing, parse

Array = npt.NDArray[Any]

SEPARATORS = ",;\t|"
PARTS = ("train", "calibration", "test")
BATCH_ROWS = 100_000
FIFTHS = 5


@dataclass(frozen=True)
class Files:
    """What lockgate is given, what it is asked, what it answers, and what is true."""

    known: Path
    asked: Path
    answers: Path
    truth: Path

    @classmethod
    def within(cls, folder: Path) -> "Files":
        """Return them in a folder."""
        return cls(*(folder / f"{name}.csv" for name in ("known", "asked", "answers", "truth")))


@dataclass(frozen=True)
class Judged:
    """A model's figures on the rows kept back; seconds to fit it, where it was fitted here."""

    name: str
    figures: dict[str, float]
    seconds: float | None = None


@dataclass(frozen=True, eq=False)
class Kept:
    """The rows kept back that lockgate answered and whose target is known.

    Attributes
    ----------
    columns : Columns
        The contract's columns and the features, each of shape (rows,).
    answers : DataFrame
        What `lockgate predict` wrote of them.
    """

    columns: Columns
    answers: pd.DataFrame


def divide(source: Path, target: str, share: float, files: Files, *, stratify: bool) -> None:
    """Write the rows that are known, those that are asked about, and these with their target.

    Cells stay as they are written, since reading them is a part of what is tried.
    """
    with source.open(encoding="utf-8-sig") as file:
        separator = max(SEPARATORS, key=file.readline().count)
    rows = pd.read_csv(source, sep=separator, dtype=str, keep_default_na=False)
    if target not in rows:
        raise SystemExit(f"{source} has no column '{target}', only {', '.join(rows)}")
    classes = rows[target] if stratify else None
    known, kept = train_test_split(rows, test_size=share, random_state=0, stratify=classes)
    known.to_csv(files.known, index=False)
    kept.drop(columns=target).to_csv(files.asked, index=False)
    kept.to_csv(files.truth, index=False)


def judge(bundle: Path, features: Path, files: Files) -> tuple[list[Judged], int]:
    """Return how good lockgate's answers are, and plain models fitted on the same rows.

    Plain models get the features as the contract types them, and every row that lockgate kept,
    those of its own test part included.

    Parameters
    ----------
    bundle, features : Path
        Of a project whose pipeline has run.
    files : Files
        After `lockgate predict`.

    Returns
    -------
    list of Judged
        lockgate first.
    int
        How many rows they are judged by.
    """
    predictor = load_predictor(bundle)
    schema = predictor.bundle.schema
    kept = read_kept(predictor, files)
    known = read_known(features)
    y, truth = target_values(known, schema), target_values(kept.columns, schema)
    answers = numbers(predictor, kept.answers)
    ours = figures(truth, answers) | coverage(truth, kept.answers, schema.classes)
    inputs = frame(known, predictor.bundle.features)
    unseen = categorical(frame(kept.columns, predictor.bundle.features), inputs)
    inputs = categorical(inputs, inputs)
    found = [Judged("lockgate", ours)]
    for name, model in rivals(schema.task).items():
        started = time.monotonic()
        model.fit(inputs, y)
        seconds = time.monotonic() - started
        theirs = figures(truth, predicted(model, unseen, len(schema.classes)))
        found.append(Judged(name, theirs, seconds))
    return found, len(truth)


def read_known(features: Path) -> Columns:
    """Return the rows of all parts, as featurize left them."""
    files = [features / f"{name}.parquet" for name in PARTS]
    parts = [read_parquet(file) for file in files if file.exists()]
    return joined(parts)


def read_kept(predictor: Predictor, files: Files) -> Kept:
    """Read the rows kept back by the contract; those refused, or without a target, are left out."""
    schema = predictor.bundle.schema
    batches = [*read_delivery(Delivery(files.truth, files.truth.name), schema, BATCH_ROWS)]
    columns = joined([parse(batch.cells, schema).columns for batch in batches])
    lines = np.concatenate([batch.lines for batch in batches])
    rejects = files.answers.with_name(f"{files.answers.stem}.rejects.csv")
    refused = pd.read_csv(rejects)["line"] if rejects.exists() else []
    answered = ~np.isin(lines, refused)
    columns = {name: values[answered] for name, values in columns.items()}
    judged = ~is_missing(columns[schema.target.name])
    columns = {name: values[judged] for name, values in columns.items()}
    features = compute(predictor.bundle.features, columns)
    answers = pd.read_csv(files.answers, dtype={"prediction_set": str}).fillna(
        {"prediction_set": ""}
    )
    return Kept(columns | features, answers[judged])


def joined(parts: list[Columns]) -> Columns:
    """Return the rows of all batches."""
    return {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}


def numbers(predictor: Predictor, answers: pd.DataFrame) -> Array:
    """Return the predicted numbers, shape (rows,), or probabilities, shape (rows, classes)."""
    manifest = predictor.bundle.manifest
    if manifest.task == "regression":
        return answers[f"predicted_{manifest.target}"].to_numpy()
    return answers[[f"probability_{name}" for name in manifest.classes]].to_numpy()


def figures(truth: Array, answers: Array) -> dict[str, float]:
    """Measure numbers, or probabilities of the classes."""
    if answers.ndim == 1:
        return {
            "MAE": metrics.mean_absolute_error(truth, answers),
            "RMSE": metrics.root_mean_squared_error(truth, answers),
            "R²": metrics.r2_score(truth, answers),
        }
    labels = np.arange(answers.shape[1])
    second = answers[:, 1] if len(labels) == 2 else answers
    return {
        "AUC": metrics.roc_auc_score(truth, second, multi_class="ovr", labels=labels),
        "log loss": metrics.log_loss(truth, answers, labels=labels),
        "accuracy": metrics.accuracy_score(truth, answers.argmax(axis=1)),
    }


def coverage(truth: Array, answers: pd.DataFrame, classes: Sequence[str]) -> dict[str, float]:
    """Return the share of intervals, or prediction sets, that hold the truth.

    Overall, and in the worst fifth of the rows by predicted height, or the worst class.
    """
    if classes:
        sets = answers["prediction_set"].str.split("; ")
        holds = np.array([classes[y] in held for y, held in zip(truth, sets, strict=True)])
        parts = [holds[truth == y] for y in np.unique(truth)]
        return {"coverage": holds.mean(), "worst class": min(each.mean() for each in parts)}
    holds = ((answers["lower"] <= truth) & (truth <= answers["upper"])).to_numpy()
    height = answers.filter(regex="^predicted_").iloc[:, 0].to_numpy()
    parts = np.array_split(holds[np.argsort(height, kind="stable")], FIFTHS)
    return {"coverage": holds.mean(), "worst fifth": min(each.mean() for each in parts)}
