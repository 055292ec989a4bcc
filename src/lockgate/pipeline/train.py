"""train: the train part to a bundle with the model, its baseline, and what both are worth."""

from pathlib import Path

from lockgate.artifact import Trained, Training, save
from lockgate.console import progress, say, table
from lockgate.features.target import target_values
from lockgate.learning.curve import curve_columns, learning_curve
from lockgate.learning.fit import BASELINE, Fit, fit, spread
from lockgate.learning.learned import fit_count
from lockgate.learning.problem import Problem
from lockgate.learning.trials import trial_columns
from lockgate.params import Params, load_params
from lockgate.pipeline.inputs import FEATURES, read_features, read_schema
from lockgate.tables import read_json, read_parquet, rounded, write_csv, write_json

BUNDLE = Path("models", "model")
METRICS = Path("metrics", "train.json")
SEARCH = Path("metrics", "search.csv")
CURVE = Path("plots", "learning_curve.csv")
DELIVERIES = Path("metrics", "deliveries.json")


def run(root: Path = Path()) -> None:
    """Run the stage in the project at `root`.

    Raises
    ------
    LockgateError
        When the chosen estimator cannot be built, fitted or saved.
    """
    params = load_params(root / "params.yaml")
    problem = _problem(root, params)
    y = target_values(problem.train, problem.schema)
    fits = sum(fit_count(problem, entry, y) for entry in (params.train.chosen, BASELINE))
    with progress("training", fits) as bar:
        primary = fit(problem, params.train.chosen, bar.advance)
        baseline = fit(problem, BASELINE, bar.advance)
    model_hash = save(
        root / BUNDLE,
        Training(
            schema=problem.schema,
            features=problem.features,
            feature_module=params.featurize.module,
            rows=problem.train,
            level=params.train.interval_level,
            data_hash=read_json(root / DELIVERIES)["data"],
            seed=params.seed,
            split=params.featurize.split,
        ),
        primary=_trained(primary),
        baseline=_trained(baseline),
    )
    scores = {"cv": spread(primary), "baseline": spread(baseline)}
    write_json(root / METRICS, rounded(scores))
    write_csv(root / CURVE, curve_columns(learning_curve(primary.pipeline)))
    write_csv(root / SEARCH, trial_columns(primary.recipe.trials))
    _report(problem, params.train.model, scores, model_hash)


def _problem(root: Path, params: Params) -> Problem:
    schema = read_schema(root)
    calibration = root / FEATURES / "calibration.parquet"
    return Problem(
        schema=schema,
        features=read_features(root, params.featurize.module, schema),
        params=params.train,
        seed=params.seed,
        train=read_parquet(root / FEATURES / "train.parquet"),
        calibration=read_parquet(calibration) if calibration.exists() else None,
    )


def _trained(model: Fit) -> Trained:
    return Trained(
        pipeline=model.pipeline,
        estimator=model.recipe.estimator,
        params=model.recipe.params,
        link=model.link,
        half_width=model.half_width,
        beta=model.beta,
        thresholds=model.thresholds,
    )


def _report(
    problem: Problem, name: str, scores: dict[str, dict[str, dict[str, float]]], model_hash: str
) -> None:
    for feature in problem.features:
        if feature not in problem.inputs:
            say(f"'{feature.name}' has too few values in the train part and is not used")
    rows = [
        (metric, *(f"{side[metric]['mean']:,.6g} ± {side[metric]['std']:,.2g}" for side in sides))
        for sides in [list(scores.values())]
        for metric in sides[0]
        if metric in sides[1]
    ]
    table("Cross-validation on the train part", ("metric", f"{name} ", "baseline "), rows)
    say(f"models/model {model_hash[:12]}")
