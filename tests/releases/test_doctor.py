"""`lockgate doctor` on production."""

import shutil

import pytest

from lockgate.artifact.released import POINTER, in_production
from lockgate.cli.production import production
from lockgate.releases import landing
from lockgate.releases.landing import alone
from tests.project import Project
from tests.releases.kills import killed


def found(project: Project) -> dict[str, str]:
    """Return what the doctor found, text by state; hints belong to it."""
    return {each.state: f"{each.text} -> {each.hint}" for each in production(project.root)}


def test_nothing_is_released(project: Project) -> None:
    """A repository without a release is in order."""
    assert "nothing is released" in found(project)["ok"]


def test_all_is_well(released: Project) -> None:
    """The version that is in production is named."""
    assert set(found(released)) == {"ok"}
    assert "v1.1.0 is in production, whole and tagged" in found(released)["ok"]


def test_an_interrupted_move_is_named_and_mended(released: Project) -> None:
    """After a kill the doctor says which move it was; --mend finishes it."""
    killed(released, "rollback", "landing.tags.assign", "before")
    assert "a move of production to v1.0.0 was interrupted" in found(released)["wrong"]
    landing.mend(released.root)
    assert set(found(released)) == {"ok"}
    pointer = in_production(released.root)
    assert pointer is not None
    assert pointer.version == "v1.0.0"


def test_a_move_at_work_is_no_fault(released: Project) -> None:
    """A release that runs just now is waited for."""
    with alone(released.root):
        assert "at work" in found(released)["warning"]


@pytest.mark.parametrize("damage", ["gone", "altered", "another"])
def test_content_that_is_not_whole(released: Project, damage: str) -> None:
    """A folder that is missing, altered or another release's is wrong, with the way back."""
    folder = released.root / "models/releases/v1.1.0"
    if damage == "altered":
        (folder / "golden.json").chmod(0o644)
        (folder / "golden.json").write_text("{}")
    else:
        shutil.rmtree(folder)
    if damage == "another":
        shutil.copytree(folder.with_name("v1.0.0"), folder)
    assert "dvc checkout --force models/releases/v1.1.0.dvc" in found(released)["wrong"]
    released.dvc("checkout", "--force", "models/releases/v1.1.0.dvc")
    assert set(found(released)) == {"ok"}


def test_tags_that_are_missing_or_behind(released: Project) -> None:
    """A clone without the tags, or with some of them, is told to fetch them."""
    released.git("tag", "--delete", "model#production#2")
    assert "GTO's newest tag says another version" in found(released)["warning"]
    released.git("tag", "--delete", "model@v1.1.0")
    assert "has no tag" in found(released)["warning"]


@pytest.mark.parametrize(("text", "said"), [("{", "not a pointer"), (None, "not committed")])
def test_a_pointer_that_was_edited(released: Project, text: str | None, said: str) -> None:
    """A pointer that git does not know, or nobody can read, is wrong."""
    path = released.root / POINTER
    path.write_text(text or path.read_text() + " ")
    assert said in found(released)["wrong"]
