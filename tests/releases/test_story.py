"""The story that `make story` plays, in its short form."""

from pathlib import Path

import pytest

from scripts.story import Otherwise, Scenario, play
from tests.e2e.parcels import parcels
from tests.project import Project, make_project
from tests.samples import contract_document, params_document


@pytest.fixture
def empty(tmp_path: Path) -> Project:
    """Lay out a project of parcels that has seen no delivery."""
    params = params_document()
    params["featurize"]["split"]["test_from"] = "2025-03-01"
    project = make_project(tmp_path / "project", contract_document(), params)
    project.commit("Start")
    for folder, months in (("first", (1, 2, 3)), ("later", (4, 5))):
        (tmp_path / folder).mkdir()
        for month in months:
            parcels(month).to_csv(tmp_path / folder / f"parcels-{month:02d}.csv", index=False)
    return project


def scenario(folder: Path, worse: str) -> Scenario:
    """Return the story of the parcels that lie in a folder."""
    track = "dvc add --quiet data/raw"
    return Scenario(
        first=(
            f"cp -r {folder}/first data/raw",
            track,
            "sed -i 's/params: {}/params: {alpha: 2000.0}/' params.yaml",
        ),
        worse=worse,
        later=(
            f"cp {folder}/later/*.csv data/raw",
            track,
            "sed -i 's/alpha: 2000.0//' params.yaml",
            "sed -i 's/test_from: .*/test_from: \"2025-05-01\"/' params.yaml",
        ),
        swaps=3,
    )


def test_the_story(empty: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Released, rejected, released, rolled back under load, told by date, and made again."""
    play(
        empty.root,
        scenario(tmp_path, "sed -i 's/alpha: 2000.0/alpha: 200000.0/' params.yaml"),
    )
    said = capsys.readouterr().out
    assert "ok  no error, and each answer is right for its version" in said
    assert "ok  v1.0.0 comes out the same, byte for byte" in said
    assert "All as told" in said


def test_a_story_that_turns_out_otherwise(empty: Project, tmp_path: Path) -> None:
    """A model that should be rejected and is not ends the story."""
    with pytest.raises(Otherwise, match="exit code 0 in place of 255"):
        play(empty.root, scenario(tmp_path, "true"))
