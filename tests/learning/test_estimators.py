"""From an entry of train.models to a pipeline."""

from pathlib import Path
from typing import Any

import pytest

from lockgate.errors import TrainingError
from lockgate.learning.estimators import build
from lockgate.learning.links import Link
from lockgate.learning.pipelines import fitted, frame
from lockgate.params import LevelParams, ModelParams
from tests.learning.crops import BOOSTING, RIDGE, crops, features, schema

FEATURES = features(schema())
IDENTITY = Link("identity", None, None)


def pipeline(entry: ModelParams, link: Link | None = IDENTITY, **levels: int) -> Any:
    """Build a pipeline."""
    limits = LevelParams.model_validate({"max_levels": 10, "min_rows": 2} | levels)
    return build(entry, FEATURES, link=link, levels=limits, seed=11)


def entry(path: str, encoding: Any = "onehot", **params: Any) -> ModelParams:
    """Name an estimator for both tasks."""
    return ModelParams(regressor=path, classifier=path, encoding=encoding, params=params)


def test_a_regression_learns_on_the_links_scale() -> None:
    """The regressor sees the target on the link's scale and answers in the target's unit."""
    train = crops(100)
    model = fitted(pipeline(RIDGE, Link("log", 0.0, 60.0)), frame(train, FEATURES), train["crop"])
    assert model["model"].regressor_.intercept_ < 10
    predicted = model.predict(frame(train, FEATURES))
    assert predicted.max() == 60
    assert predicted.min() > 10


def test_a_classification_takes_the_classifier() -> None:
    """Without a link the entry's classifier is built as it is."""
    assert type(pipeline(RIDGE, None)["model"]).__name__ == "LogisticRegression"


def test_the_seed_is_given_to_estimators_that_take_one() -> None:
    """One seed in params makes every random estimator repeatable."""
    assert pipeline(BOOSTING)["model"].regressor.random_state == 11
    own = pipeline(entry("sklearn.ensemble.RandomForestRegressor", random_state=5))
    assert own["model"].regressor.random_state == 5
    pipeline(entry("sklearn.linear_model.LinearRegression"))


def test_native_boosting_is_told_which_inputs_are_categories() -> None:
    """Their places follow the order in which the encoding puts numbers before categories."""
    assert pipeline(BOOSTING)["model"].regressor.categorical_features == [2]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (entry("sklearn.linear_model.Rigde"), "did you mean 'Ridge'"),
        (entry("sklearn.linear_modle.Ridge"), "No module named 'sklearn.linear_modle'"),
        (entry("Ridge"), "give the full import path"),
        (entry(".."), "give the full import path"),
        (entry("no_such_package.Trees"), "'no_such_package' is installed\n.*pip install no_such_p"),
        (entry("scikitlearn.Ridge"), "did you mean 'sklearn'"),
        (entry("sklearn.linear_model"), "is no estimator: it is no class with fit and predict"),
        (entry("sklearn.preprocessing.StandardScaler"), "is no estimator"),
        (entry("builtins.int"), "is no estimator"),
        (entry("sklearn.linear_model.Ridge", alhpa=1), "no argument 'alhpa'.*'alpha'"),
        (entry("sklearn.linear_model.Ridge", verbose=1), "no argument 'verbose'"),
        (entry("tests.learning.picky.Picky", size=-1), "refuses its arguments: size is -1"),
        (ModelParams(classifier="x.Y"), "asks for a regressor, and the entry names none"),
    ],
)
def test_a_wrong_entry_is_named(given: ModelParams, message: str) -> None:
    """The message says which class or argument is wrong and which was meant."""
    with pytest.raises(TrainingError, match=message):
        pipeline(given)


def test_a_missing_classifier_is_named() -> None:
    """An entry for regressions alone cannot be chosen for classes."""
    with pytest.raises(TrainingError, match="asks for a classifier, and the entry names none"):
        pipeline(ModelParams(regressor="sklearn.linear_model.Ridge"), None)


def test_an_estimator_with_free_arguments_is_trusted() -> None:
    """A class that takes any keyword is asked itself."""
    model = pipeline(entry("tests.learning.picky.Open", anything=3))
    assert model["model"].regressor.given == {"anything": 3}


def test_a_library_that_the_system_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LightGBM without the system's OpenMP runtime says which package brings it."""
    broken = 'raise OSError("libgomp.so.1: cannot open shared object file")\n'
    (tmp_path / "heavyboost.py").write_text(broken, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TrainingError, match=r"libgomp\.so\.1.*\n.*apt-get install libgomp1"):
        pipeline(entry("heavyboost.Regressor"))
