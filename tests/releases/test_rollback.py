"""``lockgate rollback``: back in one step, and only the pointer moves."""

import shutil

import pytest

from lockgate.artifact.released import in_production
from lockgate.errors import BundleError, EnvironmentProblem
from lockgate.predict import load_predictor
from lockgate.releases.rollback import rollback
from tests.project import Project
from tests.releases.kills import killed

ROW = {"sender": "s1", "sent_on": "2025-03-05", "weight": 12.5, "size": "large", "pieces": 2}


def version(project: Project) -> str:
    """Return what is in production."""
    pointer = in_production(project.root)
    return pointer.version if pointer else ""


def test_back_to_what_was_before(released: Project) -> None:
    """Without a version, production goes back to the one before, and answers as it did."""
    before = load_predictor(released.root / "models/releases/v1.0.0").predict(ROW)
    lock = (released.root / "dvc.lock").read_bytes()
    assert rollback(released.root) == "v1.0.0"
    assert version(released) == "v1.0.0"
    assert load_predictor(released.root / "models/releases/v1.0.0").predict(ROW) == before
    assert (released.root / "dvc.lock").read_bytes() == lock
    assert released.git("status", "--porcelain") == ""
    assert "Roll back to v1.0.0" in released.git("log", "-1", "--format=%s")
    assert "v1.1.0 → v1.0.0" in (released.root / "RELEASES.md").read_text(encoding="utf-8")


def test_gto_follows(released: Project) -> None:
    """GTO's newest assignment is the version that is in production."""
    rollback(released.root)
    shown = released.run("gto", "show", "model").stdout
    assert "v1.0.0" in shown


def test_forth_again(released: Project) -> None:
    """Any released version can be put in production by its name."""
    rollback(released.root)
    assert rollback(released.root, "v1.1.0") == "v1.1.0"
    assert version(released) == "v1.1.0"


def test_edits_are_left_alone(released: Project) -> None:
    """A rollback in a hurry does not ask for a clean checkout, and touches no edit."""
    released.write("params.yaml", "# half an idea\n")
    rollback(released.root)
    assert (released.root / "params.yaml").read_text() == "# half an idea\n"
    assert released.git("status", "--porcelain").split() == ["M", "params.yaml"]


def test_an_edited_pointer_is_not_overwritten(released: Project) -> None:
    """A pointer that was edited by hand is the user's to settle first."""
    released.write(
        "models/production.json", (released.root / "models/production.json").read_text() + " "
    )
    with pytest.raises(EnvironmentProblem, match=r"edited and not committed: models/production"):
        rollback(released.root)


def test_content_comes_from_the_remote(released: Project) -> None:
    """An old version that is neither in the workspace nor in the cache is pulled."""
    shutil.rmtree(released.root / "models/releases/v1.0.0")
    shutil.rmtree(released.root / ".dvc/cache")
    assert rollback(released.root) == "v1.0.0"


def test_a_damaged_release_stays_where_it_is(released: Project) -> None:
    """A bundle that is not whole is refused, and production does not move."""
    part = released.root / "models/releases/v1.0.0/golden.json"
    part.chmod(0o644)
    part.write_text("{}")
    with pytest.raises(BundleError):
        rollback(released.root)
    assert version(released) == "v1.1.0"


def test_an_unknown_version_is_named(released: Project) -> None:
    """A version that was never released gets the nearest one that was."""
    with pytest.raises(BundleError, match=r"did you mean 'v1\.0\.0'"):
        rollback(released.root, "v1.0.1")


def test_nothing_to_go_back_to(project: Project) -> None:
    """Without a release there is nothing to roll back."""
    with pytest.raises(EnvironmentProblem, match="nothing is in production"):
        rollback(project.root)


def test_already_there(released: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The version that is in production already needs no commit, and gets its content back."""
    head = released.git("rev-parse", "HEAD")
    shutil.rmtree(released.root / "models/releases/v1.1.0")
    rollback(released.root, "v1.1.0")
    assert released.git("rev-parse", "HEAD") == head
    assert load_predictor(released.root / "models/releases/v1.1.0")
    assert "already" in capsys.readouterr().out


def test_in_a_hurry_on_no_branch(released: Project) -> None:
    """A checkout that was deployed by its commit can go back as well."""
    released.git("checkout", "--quiet", "--detach")
    assert rollback(released.root) == "v1.0.0"
    assert version(released) == "v1.0.0"
    assert released.git("status", "--porcelain") == ""


STEPS = ("rollback.move", "landing.commits.land", "landing.tags.register", "landing.tags.assign")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_leaves_the_old_version_or_the_new(
    released: Project, step: str, moment: str
) -> None:
    """After kill -9 at any step one of both is in production, whole, and the next run completes."""
    killed(released, "rollback", step, moment)
    assert version(released) in ("v1.0.0", "v1.1.0")
    assert load_predictor(released.root / "models/releases" / version(released))
    assert rollback(released.root, "v1.0.0") == "v1.0.0"
    assert version(released) == "v1.0.0"
    assert released.git("status", "--porcelain") == ""
    subjects = released.git("log", "--format=%s", "-2").splitlines()
    assert subjects == ["Roll back to v1.0.0", "Release v1.1.0"]
    assert "v1.0.0" in released.run("gto", "show", "model#production").stdout
    assert len(released.git("tag", "--list", "model#production#*").split()) == 3
    assert not list((released.root / ".dvc/tmp").glob("*.plan.json"))
