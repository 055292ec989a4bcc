"""What stands behind the names of the presets."""

from typing import Any

import pytest

from lockgate.cli.presets import show_presets
from tests.project import Project
from tests.samples import params_document

RIDGE = {"regressor": "sklearn.linear_model.Ridge", "params": {"alpha": 2.0}}
MEMBER = RIDGE | {
    "target_transform": "log",
    "space": {
        "alpha": {"low": 0.1, "high": 10, "log": True},
        "max_iter": {"low": 5, "high": 9},
        "encoding": {"choices": ["native", "onehot"]},
        "tol": {"choices": [None, 0.1]},
    },
}


@pytest.fixture
def presets() -> dict[str, Any]:
    """Return params with presets of all kinds."""
    document = params_document()
    members = {"line": MEMBER, "plain": RIDGE}
    document["train"]["model"] = "fast"
    document["train"]["models"] |= {
        "fast": RIDGE,
        "good": {
            "combine": "blend",
            "search": {"trials": 7, "keep": 2, "rows": 5000},
            "members": members,
        },
        "best": {"combine": "stack", "search": {"trials": 70, "keep": 3}, "members": members},
    }
    return document


def test_the_presets_are_told(
    project: Project, presets: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """`lockgate presets` prints members, arguments, space and search as params.yaml has them."""
    project.write("params.yaml", presets)
    show_presets(project.root / "params.yaml")
    said = capsys.readouterr().out
    assert "fast (chosen): one estimator" in said
    assert "good: blend of 2 members, 7 trials of each with a space (tpe), 2 kept" in said
    assert "best: stack of 2 members, 70 trials" in said
    assert "as in good" in said
    assert "2 kept, on at most 5,000 rows" in said
    for words in (
        "alpha 2.0",
        "0.1 .. 10 (logarithmic)",
        "5 .. 9",
        "native | onehot",
        "null | 0.1",
    ):
        assert words in said
    assert said.count("space.alpha") == 1


def test_a_name_that_is_taken_out_is_passed_by(
    project: Project, presets: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Presets are entries like any other: who deletes one misses nothing else."""
    del presets["train"]["models"]["good"]
    presets["train"]["models"]["best"] = {"combine": "vote", "members": {"plain": RIDGE}}
    project.write("params.yaml", presets)
    show_presets(project.root / "params.yaml")
    said = capsys.readouterr().out
    assert "good:" not in said
    assert "best: vote of 1 members" in said


def test_the_command_needs_nothing_but_params(project: Project) -> None:
    """`lockgate presets` works before there is any data."""
    assert "set train.model" in project.run("lockgate", "presets").stdout
