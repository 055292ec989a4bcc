"""What was in production when, what differs, and whether it can be made again."""

import hashlib
import shutil

import pytest

from lockgate.cli import releases as shown
from lockgate.errors import BundleError, EnvironmentProblem, LockgateError, Rejected
from lockgate.params import load_params
from lockgate.predict import load_predictor
from lockgate.releases import history
from lockgate.releases.comparing import differences
from lockgate.releases.incumbents import pin
from lockgate.releases.reproducing import reproduce
from lockgate.releases.rollback import rollback
from tests.project import Project
from tests.releases.conftest import retrain

Capture = pytest.CaptureFixture[str]


def test_git_tells_what_was_in_production(released: Project, capsys: Capture) -> None:
    """Each move of production is a commit, and a rollback is one like any other."""
    rollback(released.root)
    assert [move.version for move in history.moves(released.root)] == ["v1.0.0", "v1.1.0", "v1.0.0"]
    shown.show_history(released.root, None)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("v")][-3:] == [
        "v1.0.0",
        "v1.1.0",
        "v1.0.0",
    ]


def test_a_day_before_the_first_release(released: Project, capsys: Capture) -> None:
    """Before the first release nothing was in production."""
    shown.show_history(released.root, "2020-01-01")
    assert "Nothing was in production at the end of 2020-01-01" in capsys.readouterr().out


def test_a_moment_between_two_releases(released: Project, capsys: Capture) -> None:
    """What answered at a moment is told from the dates of the commits."""
    second, first = history.moves(released.root)
    moment = first.at.isoformat()
    shown.show_history(released.root, moment)
    expected = "v1.0.0" if second.at > first.at else "v1.1.0"
    assert capsys.readouterr().out.startswith(f"{expected} was in production")


def test_what_is_no_date(released: Project) -> None:
    """Something that is no date is refused with an example."""
    with pytest.raises(LockgateError, match="not a date"):
        shown.show_history(released.root, "yesterday")


def test_no_release_yet(project: Project, capsys: Capture) -> None:
    """A repository without a release says how to make one."""
    shown.show_history(project.root, None)
    assert "lockgate release" in capsys.readouterr().out


def test_two_releases_side_by_side(released: Project, capsys: Capture) -> None:
    """Params that differ are named, and both models predict the same rows."""
    found = differences(released.root, "v1.0.0", "v1.1.0", seed=1)
    assert [each.name for each in found.params] == ["seed"]
    assert found.columns == []
    assert {"model", "commit"} <= {each.name for each in found.data}
    shown.show_comparison(released.root, "v1.0.0", "v1.1.0")
    assert "rows that neither was trained on" in capsys.readouterr().out


def test_a_release_and_itself(released: Project, capsys: Capture) -> None:
    """A release compared with itself differs in nothing."""
    shown.show_comparison(released.root, "v1.0.0", "v1.0.0")
    assert "this very bundle" in capsys.readouterr().out


def test_comparing_with_what_is_not_there(released: Project) -> None:
    """A version that was never released is named."""
    with pytest.raises(BundleError, match="no such release"):
        differences(released.root, "v1.0.0", "v9.0.0", seed=1)


def test_comparing_needs_rows(released: Project) -> None:
    """Without a test part there is nothing to compare on, and the next step is named."""
    (released.root / "data/features/test.parquet").unlink()
    with pytest.raises(EnvironmentProblem, match="make run"):
        differences(released.root, "v1.0.0", "v1.1.0", seed=1)


def test_the_incumbent_is_pinned(released: Project) -> None:
    """The gate compares with the pinned release, and another rollback does not change that."""
    assert pin(released.root) == "v1.1.0"
    assert load_params(released.root / "params.yaml").gate.incumbent == "v1.1.0"
    released.dvc("repro", check=False)
    rules = released.read("metrics/gate.json")["rules"]
    (ruling,) = [rule for rule in rules if rule["rule"] == "incumbent"]
    assert "this very bundle" in ruling["reason"]
    released.commit("Pin")
    rollback(released.root)
    assert load_params(released.root / "params.yaml").gate.incumbent == "v1.1.0"


def test_a_candidate_meets_the_incumbent(released: Project) -> None:
    """Candidate and incumbent predict the same test rows, and the verdict says on how many."""
    pin(released.root, "v1.0.0")
    retrain(released, seed=9)
    rules = released.read("metrics/gate.json")["rules"]
    (ruling,) = [rule for rule in rules if rule["rule"] == "incumbent"]
    assert "against the incumbent" in ruling["reason"]


def test_no_incumbent_again(released: Project) -> None:
    """`none` takes the pin away."""
    pin(released.root)
    assert pin(released.root, "none") == "none"
    assert load_params(released.root / "params.yaml").gate.incumbent == "none"


def test_an_incumbent_that_is_not_there(released: Project) -> None:
    """Only a release can be pinned."""
    with pytest.raises(BundleError, match="no such release"):
        pin(released.root, "v7.0.0")


def test_nothing_to_pin(project: Project) -> None:
    """Before the first release there is no incumbent."""
    with pytest.raises(EnvironmentProblem, match="nothing is in production yet"):
        pin(project.root)


def test_a_release_can_be_made_again(released: Project, capfd: Capture) -> None:
    """The first release is rebuilt from its tag after the second, byte for byte."""
    reproduce(released.root, "v1.0.0")
    assert "byte for byte" in capfd.readouterr().out


def test_content_that_is_nowhere_is_made_again(released: Project) -> None:
    """Neither in workspace nor cache nor remote: the deliveries and the tag are enough."""
    path = "models/releases/v1.0.0"
    folder = released.root / path
    for part in folder.iterdir():
        oid = hashlib.md5(part.read_bytes()).hexdigest()
        for store in (".dvc/cache", ".remote"):
            (released.root / store / "files/md5" / oid[:2] / oid[2:]).unlink(missing_ok=True)
    shutil.rmtree(folder)
    with pytest.raises(LockgateError):
        rollback(released.root, "v1.0.0")
    reproduce(released.root, "v1.0.0")
    assert released.git("status", "--porcelain") == ""
    assert rollback(released.root, "v1.0.0") == "v1.0.0"
    released.run("lockgate", "doctor", "--mend")
    released.run("lockgate", "push")
    shutil.rmtree(folder)
    released.dvc("checkout", f"{path}.dvc")
    assert load_predictor(folder)


def test_a_release_that_comes_out_otherwise(released: Project) -> None:
    """A tag that does not make the released bytes is found out."""
    released.git("tag", "--force", "model@v1.0.0", "model@v1.1.0^{commit}")
    with pytest.raises(Rejected, match="other bytes"):
        reproduce(released.root, "v1.0.0")
