"""params.yaml."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from lockgate.errors import ParamsError
from lockgate.params import EnsembleParams, SearchParams, load_params
from tests.samples import params_document


def _write(path: Path, document: object) -> Path:
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_a_complete_file_is_read(tmp_path: Path) -> None:
    """Every section of a complete params.yaml is at hand by its name."""
    params = load_params(_write(tmp_path / "params.yaml", params_document()))
    assert params.train.chosen.regressor == "sklearn.linear_model.Ridge"
    assert params.validation.batch_rows == 1000


@pytest.mark.parametrize(
    ("section", "key", "nearest"),
    [
        (None, "vaildate", "validate"),
        ("train", "cv_fold", "cv_folds"),
        ("gate", "enforced", "enforce"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(
    tmp_path: Path, section: str | None, key: str, nearest: str
) -> None:
    """A mistyped key is refused and the key that was meant is named."""
    document = params_document()
    (document[section] if section else document)[key] = 1
    path = _write(tmp_path / "params.yaml", document)
    with pytest.raises(ParamsError, match=f"unknown key .*{key}.*did you mean '{nearest}'"):
        load_params(path)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    """A person who made three mistakes learns of all three in one go."""
    document = params_document()
    del document["seed"]
    document["train"]["cv_folds"] = "five"
    document["validate"]["max_quarantined_share"] = 1.5
    with pytest.raises(ParamsError) as caught:
        load_params(_write(tmp_path / "params.yaml", document))
    assert "the key seed is missing" in str(caught.value)
    assert "train.cv_folds: Input should be a valid integer, found 'five'" in str(caught.value)
    assert "validate.max_quarantined_share" in str(caught.value)


def test_a_model_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    """train.model must be an entry of train.models, and the entries are named."""
    document = params_document()
    document["train"]["model"] = "rigde"
    with pytest.raises(ParamsError, match="'rigde'.*did you mean 'ridge'.*models has only ridge"):
        load_params(_write(tmp_path / "params.yaml", document))


def test_a_date_is_written_in_quotes(tmp_path: Path) -> None:
    """DVC stops at a bare date with a message that helps nobody; ours says to quote it."""
    document = params_document()
    document["featurize"]["split"]["test_from"] = "2025-09-01"
    params = load_params(_write(tmp_path / "params.yaml", document))
    assert params.featurize.split.test_from is not None
    assert params.featurize.split.test_from.month == 9
    document["featurize"]["split"]["test_from"] = date(2025, 9, 1)
    with pytest.raises(ParamsError, match='write "2025-09-01" in quotes'):
        load_params(_write(tmp_path / "params.yaml", document))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("train: {}\nseed: 1\nseed: 2\n", r"params\.yaml, line 3: .*seed stands twice"),
        ("seed: 1\n\ttrain: 2\n", r"params\.yaml, line 2: not valid YAML"),
        ("seed: \0\n", "not valid YAML"),
        ("- 1\n", "no keys with values"),
        ("", "the file is empty"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """A broken file gives a message with its name, not a traceback."""
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError, match=reason) as caught:
        load_params(path)
    assert "params.yaml" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Without params.yaml the message says so."""
    with pytest.raises(ParamsError, match="does not exist"):
        load_params(tmp_path / "params.yaml")


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    """What cannot be read is a message, whatever the system calls it."""
    with pytest.raises(ParamsError, match="cannot be read: Is a directory"):
        load_params(tmp_path)


@pytest.mark.parametrize("kind", ["monotone", "directional"])
def test_a_check_without_direction_is_refused(tmp_path: Path, kind: str) -> None:
    """A check that could not be carried out is refused when params are read."""
    document = params_document()
    document["evaluate"]["checks"] = [{"kind": kind, "column": "size"}]
    with pytest.raises(ParamsError, match="needs direction and step"):
        load_params(_write(tmp_path / "params.yaml", document))


RIDGE = {"regressor": "sklearn.linear_model.Ridge"}


def _with_entry(path: Path, entry: object) -> Path:
    document = params_document()
    document["train"]["models"]["mixed"] = entry
    return _write(path / "params.yaml", document)


def test_an_entry_may_be_an_ensemble(tmp_path: Path) -> None:
    """Members, what may vary of them and how they are combined are plain params."""
    member = RIDGE | {
        "space": {
            "alpha": {"low": 0.1, "high": 10, "log": True},
            "max_iter": {"low": 1, "high": 9},
            "solver": {"choices": ["auto", None, [1, 2]]},
        }
    }
    entry = {"combine": "blend", "search": {"trials": 5, "keep": 2}, "members": {"a": member}}
    found = load_params(_with_entry(tmp_path, entry)).train.models["mixed"]
    assert isinstance(found, EnsembleParams)
    assert found.search == SearchParams(sampler="tpe", trials=5, keep=2)
    space = found.members["a"].space
    assert (space["alpha"].integer, space["max_iter"].integer) == (False, True)
    assert space["solver"].choices == ("auto", None, (1, 2))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"members": {"a": RIDGE}}, r"the key train\.models\.mixed\.combine is missing"),
        ({"combine": "blend", "members": {}}, "at least 1 item"),
        ({"combine": "blned", "members": {"a": RIDGE}}, r"mixed\.combine: .* found 'blned'"),
        (RIDGE | {"prams": {}}, r"unknown key train\.models\.mixed\.prams .*'params'"),
        (RIDGE | {"space": {}}, r"unknown key train\.models\.mixed\.space$"),
        (3, r"train\.models\.mixed: .* found 3"),
        ({"combine": "best", "members": {"a": RIDGE}, "search": {"trials": 3}}, "no member has"),
    ],
)
def test_an_entry_that_is_neither_is_explained(tmp_path: Path, entry: object, reason: str) -> None:
    """A mistake in an estimator or an ensemble is named by the path that stands in the file."""
    with pytest.raises(ParamsError, match=reason):
        load_params(_with_entry(tmp_path, entry))


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        ({"alpha": {"low": 1}}, "members.a.space.alpha: give low and high, or choices"),
        ({"alpha": {}}, "give low and high, or choices"),
        ({"alpha": {"low": 1, "high": 2, "choices": [1]}}, "give low and high, or choices"),
        ({"alpha": {"low": 2, "high": 1}}, "low 2 is not below high 1"),
        ({"alpha": {"low": 0, "high": 1, "log": True}}, "begins above 0"),
        ({"alpha": {"choices": []}}, "at least 1 item"),
        (
            {"encoding": {"choices": ["nativ"]}},
            "space.encoding takes choices of native, onehot, spline, target",
        ),
        ({"encoding": {"choices": [{"onehot": 1}]}}, "space.encoding takes choices of native"),
        ({"target_transform": {"choices": [["none"]]}}, "takes choices of none, log"),
        ({"target_transform": {"low": 1, "high": 2}}, "takes choices of none, log"),
        ({"alpha": {"low": 1, "high": 2, "step": 1}}, "unknown key .*alpha.step"),
    ],
)
def test_a_space_that_means_nothing_is_refused(
    tmp_path: Path, space: dict[str, object], reason: str
) -> None:
    """What a search could not draw from is refused when params are read."""
    members = {"a": RIDGE | {"space": space}}
    entry = {"combine": "best", "search": {"trials": 3}, "members": members}
    with pytest.raises(ParamsError, match=reason):
        load_params(_with_entry(tmp_path, entry))


@pytest.mark.parametrize("name", ["weights", "final_estimator", "my__linear", "linear_", "_"])
def test_a_name_that_no_ensemble_takes_is_refused(tmp_path: Path, name: str) -> None:
    """A member that scikit-learn would refuse after the whole search is refused before it."""
    entry = {"combine": "vote", "members": {"a": RIDGE, name: RIDGE}}
    with pytest.raises(ParamsError, match=f"train.models.mixed: no member can be called {name}, "):
        load_params(_with_entry(tmp_path, entry))


def test_a_space_without_a_search_is_refused(tmp_path: Path) -> None:
    """A space that nothing would look at is a mistake."""
    members = {"a": RIDGE | {"space": {"alpha": {"low": 1, "high": 2}}}}
    with pytest.raises(ParamsError, match="the member a has a space, and there is no search"):
        load_params(_with_entry(tmp_path, {"combine": "vote", "members": members}))
