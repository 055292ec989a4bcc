"""Trials of the members of an ensemble."""

import hashlib
import io
import json
from typing import Any

import joblib
import numpy as np
import pytest

from lockgate.errors import TrainingError
from lockgate.learning.fit import Fit, fit
from lockgate.learning.learned import fit_count
from lockgate.learning.problem import Problem
from lockgate.learning.trials import Trial, trial_columns
from lockgate.params import EnsembleParams
from tests.learning.crops import BOOSTING, RIDGE, TREES, crops, ensemble, problem, schema

ALPHA = {"low": 0.01, "high": 100.0, "log": True}
LINEAR = RIDGE.model_dump() | {"space": {"alpha": ALPHA, "C": ALPHA}}
LEAVES = {"max_leaf_nodes": {"low": 2, "high": 31, "log": True}}
BOOSTED = BOOSTING.model_dump() | {"space": LEAVES | {"min_samples_leaf": {"low": 1, "high": 40}}}
TREE = {"regressor": "sklearn.tree.DecisionTreeRegressor"}


def trials_of(model: Fit, member: str) -> list[Trial]:
    """Return the trials of one member."""
    return [trial for trial in model.recipe.trials if trial.member == member]


def content(model: Fit) -> list[str]:
    """Return what names the bytes of a fit and of the table of its trials."""
    buffer = io.BytesIO()
    joblib.dump((model.pipeline, model.half_width, model.beta, model.thresholds), buffer)
    table = json.dumps({k: v.tolist() for k, v in trial_columns(model.recipe.trials).items()})
    parts = buffer.getvalue(), model.out_of_fold.tobytes(), table.encode()
    return [hashlib.sha256(part).hexdigest() for part in parts]


def searched(sampler: str = "tpe", trials: int = 10, keep: int = 2) -> EnsembleParams:
    """Make a blend of which two members are searched."""
    search = {"sampler": sampler, "trials": trials, "keep": keep}
    return ensemble("blend", search, linear=LINEAR, boosting=BOOSTED, trees=TREES)


@pytest.mark.parametrize("task", ["regression", "multiclass"])
@pytest.mark.parametrize("combine", ["vote", "stack"])
def test_any_number_of_workers_finds_the_same(
    monkeypatch: pytest.MonkeyPatch, task: str, combine: str
) -> None:
    """Model, out-of-fold predictions and trials are the same bytes with one core and with three."""
    search = {"trials": 9, "keep": 1}
    entry = ensemble(combine, search, linear=LINEAR, boosting=BOOSTED, trees=TREES)
    found = []
    for cores in ("1", "3"):
        monkeypatch.setenv("LOKY_MAX_CPU_COUNT", cores)
        found.append(content(fit(problem(task), entry)))
    assert found[0] == found[1]


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_every_member_with_a_space_gets_its_trials(sampler: str) -> None:
    """The number of trials is that of params, and 1 where there is nothing to vary."""
    model = fit(problem(), searched(sampler))
    counts = {name: len(trials_of(model, name)) for name in ("linear", "boosting", "trees")}
    assert counts == {"linear": 10, "boosting": 10, "trees": 1}
    for trial in trials_of(model, "boosting"):
        assert 2 <= trial.params["max_leaf_nodes"] <= 31
        assert isinstance(trial.params["max_leaf_nodes"], int)
    assert len({trial.params["alpha"] for trial in trials_of(model, "linear")}) > 5


def test_trials_begin_with_what_params_say() -> None:
    """The arguments that an entry gives are the first trial, so a search is no worse than them."""
    begun = LINEAR | {"params": {"alpha": 7.5}, "target_transform": "log"}
    begun["space"] = {"alpha": ALPHA, "target_transform": {"choices": ["none", "log"]}}
    model = fit(problem(), ensemble("best", {"trials": 3}, linear=begun))
    assert trials_of(model, "linear")[0].params == {"alpha": 7.5, "target_transform": "log"}
    del begun["target_transform"]
    for transform in ("none", "log"):
        model = fit(
            problem(target_transform=transform), ensemble("best", {"trials": 1}, linear=begun)
        )
        assert model.recipe.trials[0].params["target_transform"] == transform


def test_a_search_finds_better_values() -> None:
    """Where the argument matters, the best trial beats the first one."""
    begun = RIDGE.model_dump() | {"params": {"alpha": 1e4}, "space": {"alpha": ALPHA}}
    model = fit(problem(), ensemble("best", {"trials": 8}, linear=begun))
    scores = [trial.score for trial in model.recipe.trials if trial.score is not None]
    assert np.mean(model.folds["mae"]) == pytest.approx(min(scores))
    assert model.recipe.params["alpha"] <= 100


def test_trials_without_hope_are_given_up() -> None:
    """A trial that is worse after two folds than the median before it is not tried on the rest."""
    model = fit(problem(cv_folds=4), searched("random", trials=20))
    states = {trial.state for trial in trials_of(model, "boosting")}
    assert states == {"complete", "pruned"}
    for trial in model.recipe.trials:
        assert trial.folds == (2 if trial.state == "pruned" else 4)
        assert trial.spread is not None


def test_trials_that_were_tried_on_all_folds_are_complete() -> None:
    """With two folds there is nothing left to give up, and no trial is thrown away."""
    model = fit(problem(cv_folds=2), searched("random", trials=16))
    assert {(trial.state, trial.folds) for trial in model.recipe.trials} == {("complete", 2)}


def test_a_grid_has_an_end() -> None:
    """A grid tries each choice, and low, middle and high of a range, and no more."""
    space = {"alpha": ALPHA, "max_iter": {"low": 5, "high": 9}, "tol": {"choices": [None, 0.1]}}
    space["tol"] = {"choices": [0.1, 0.01]}
    line = RIDGE.model_dump() | {"space": space}
    entry = ensemble("best", {"trials": 100, "sampler": "grid"}, line=line)
    model = fit(problem(), entry)
    tried = {tuple(sorted(trial.params.items())) for trial in model.recipe.trials}
    assert len(model.recipe.trials) == len(tried) == 3 * 3 * 2
    assert {trial.params["max_iter"] for trial in model.recipe.trials} == {5, 7, 9}
    assert {round(trial.params["alpha"], 6) for trial in model.recipe.trials} == {0.01, 1, 100}
    few = ensemble("best", {"trials": 4, "sampler": "grid"}, line=line)
    assert len(fit(problem(), few).recipe.trials) == 4


def test_a_refused_trial_ends_no_search() -> None:
    """A trial that the estimator refuses is recorded with the reason, and the others go on."""
    space = {"criterion": {"choices": ["squared_error", "squared_eror"]}}
    model = fit(problem(), ensemble("best", {"trials": 8}, tree=TREE | {"space": space}))
    failed = [trial for trial in model.recipe.trials if trial.state == "failed"]
    assert 0 < len(failed) < 8
    assert "criterion" in failed[0].reason
    assert (failed[0].score, failed[0].folds) == (None, 0)
    assert model.recipe.params == {"criterion": "squared_error"}


def test_trials_that_cannot_be_built_are_recorded() -> None:
    """A constructor that refuses an argument fails the trial and nothing else."""
    picky = {
        "regressor": "tests.learning.picky.Choosy",
        "space": {"size": {"low": -5, "high": 5}},
        "params": {"size": 2},
    }
    model = fit(problem(), ensemble("best", {"trials": 8}, picky=picky))
    failed = [trial for trial in model.recipe.trials if trial.state == "failed"]
    assert failed
    assert all("size is -" in trial.reason for trial in failed)


@pytest.mark.parametrize("combine", ["blend", "best"])
def test_a_member_whose_every_trial_fails_is_named(combine: str) -> None:
    """A member that never works is an error, because nobody would miss it in the blend."""
    wrong = TREE | {"space": {"criterion": {"choices": ["a", "b"]}}}
    with pytest.raises(TrainingError, match="every trial of the member tree failed") as caught:
        fit(problem(), ensemble(combine, {"trials": 3}, tree=wrong, linear=LINEAR))
    assert "criterion" in str(caught.value)
    wild = {"regressor": "tests.learning.picky.Wild"}
    with pytest.raises(TrainingError, match=r"the member wild failed.*Wild"):
        fit(problem(), ensemble(combine, wild=wild, ridge=RIDGE))


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (TREE | {"space": {"max_dept": {"low": 1, "high": 2}}}, "'max_dept'.*'max_depth'"),
        (TREE | {"params": {"max_dept": 1}}, "takes no argument 'max_dept'"),
        ({"regressor": "sklearn.tree.Tree"}, "no class 'Tree'"),
        (TREE | {"target_transform": "log"}, "needs values of 0 or more"),
    ],
)
def test_a_mistake_is_told_before_the_search(member: dict[str, Any], message: str) -> None:
    """What every trial would stumble over is told at once."""
    train = crops(100)
    train["crop"] = train["crop"] - 100
    entry = ensemble("blend", {"trials": 50}, member=member, linear=LINEAR)
    with pytest.raises(TrainingError, match=message):
        fit_count(problem(train=train), entry, train["crop"])


def test_a_log_of_negative_values_is_no_choice() -> None:
    """Where the target has been negative, a search does not try to learn its logarithm."""
    train = crops(100)
    train["crop"] = train["crop"] - 100
    choices = {"target_transform": {"choices": ["log", "none"]}}
    line = RIDGE.model_dump() | {"space": {"alpha": ALPHA} | choices}
    model = fit(problem(train=train), ensemble("best", {"trials": 6}, line=line))
    assert {trial.params["target_transform"] for trial in model.recipe.trials} == {"none"}
    only = RIDGE.model_dump() | {"space": {"target_transform": {"choices": ["log"]}}}
    assert fit(problem(train=train), ensemble("best", {"trials": 6}, line=only)).link.kind == (
        "identity"
    )


def test_a_transform_that_no_trial_has_ends_no_search() -> None:
    """A logarithm that is common to all members is no matter where the space leaves it out."""
    train = crops(100)
    train["crop"] = train["crop"] - 100
    space = {"alpha": ALPHA, "target_transform": {"choices": ["none", "log"]}}
    entry = ensemble("best", {"trials": 3}, line=RIDGE.model_dump() | {"space": space})
    model = fit(problem(train=train, target_transform="log"), entry)
    assert {trial.params["target_transform"] for trial in model.recipe.trials} == {"none"}
    space["target_transform"] = {"choices": ["log"]}
    entry = ensemble("best", {"trials": 3}, line=RIDGE.model_dump() | {"space": space})
    with pytest.raises(TrainingError, match="needs values of 0 or more"):
        fit(problem(train=train, target_transform="log"), entry)


def test_one_list_of_arguments_serves_both_tasks() -> None:
    """An argument that only the other task's estimator takes is passed by."""
    numbers = fit(problem(), ensemble("best", {"trials": 3}, linear=LINEAR))
    classes = fit(problem("binary"), ensemble("best", {"trials": 3}, linear=LINEAR))
    assert set(numbers.recipe.trials[0].params) == {"alpha"}
    assert set(classes.recipe.trials[0].params) == {"C"}
    assert classes.recipe.estimator == RIDGE.classifier


def test_encoding_and_class_weight_may_vary() -> None:
    """A choice may be a word, a number or nothing, and the encoding is one of them."""
    space = {
        "encoding": {"choices": ["native", "onehot"]},
        "class_weight": {"choices": [None, "balanced"]},
    }
    entry = ensemble(
        "best", {"trials": 8, "sampler": "grid"}, b=BOOSTING.model_dump() | {"space": space}
    )
    model = fit(problem("binary"), entry)
    tried = {
        (trial.params["encoding"], trial.params["class_weight"]) for trial in model.recipe.trials
    }
    assert tried == {(e, w) for e in ("native", "onehot") for w in (None, "balanced")}
    assert {trial.state for trial in model.recipe.trials} == {"complete"}


def test_entities_stay_whole_in_a_search() -> None:
    """A model that knows fields by heart is not chosen, where rows of a field stay together."""
    train = crops(300)
    train["crop"] = np.random.default_rng(0).gamma(1.0, 100.0, 75)[train["field"].astype(int)]
    train["rain"], train["depth"] = np.zeros(300), train["field"]
    entry = ensemble("blend", tree=TREE, ridge=RIDGE)
    plain = fit(problem(schema=schema(), train=train), entry)
    grouped = fit(problem(schema=schema(group=True), train=train), entry)
    assert np.mean(grouped.folds["mae"]) > 3 * np.mean(plain.folds["mae"])
    assert grouped.recipe.estimator != TREE["regressor"]


def counted(given: Problem, entry: EnsembleParams) -> tuple[int, list[str]]:
    """Fit and return how many steps were told, and which labels."""
    told: list[tuple[int, str | None]] = []
    fit(given, entry, lambda steps=1, label=None: told.append((steps, label)))
    return sum(steps for steps, _ in told), [label for _, label in told if label]


@pytest.mark.parametrize("combine", ["blend", "stack"])
def test_progress_counts_to_the_end_and_tells_the_best(combine: str) -> None:
    """The bar ends where it said it would, pruned and failed trials included."""
    tree = TREE | {"space": {"criterion": {"choices": ["squared_error", "squared_eror"]}} | LEAVES}
    search = {"trials": 12, "sampler": "random"}
    entry = ensemble(combine, search, tree=tree, boosting=BOOSTED, ridge=RIDGE)
    given = problem(cv_folds=4)
    steps, labels = counted(given, entry)
    assert steps == fit_count(given, entry, given.train["crop"]) == (2 * 12 + 1) * 4 + 1
    bests = [float(label.rpartition(" ")[2]) for label in labels if "best mae" in label]
    assert bests == sorted(bests, reverse=True)
    assert bests


def test_trials_as_a_table() -> None:
    """The table has a row for each trial, its values as JSON, and a header where there is none."""
    trials = [
        Trial("a", 0, "complete", 1.23456789, 0.5, 3, {"x": 1, "y": None}, ""),
        Trial("a", 1, "failed", None, None, 0, {"x": 0.123456789}, "no such x"),
    ]
    table = trial_columns(trials)
    assert list(table) == [
        "member",
        "trial",
        "state",
        "score",
        "spread",
        "folds",
        "params",
        "reason",
    ]
    assert table["score"][0] == 1.23457
    assert np.isnan(table["score"][1])
    assert [json.loads(each) for each in table["params"]] == [{"x": 1, "y": None}, {"x": 0.123457}]
    assert {len(each) for each in trial_columns([]).values()} == {0}
