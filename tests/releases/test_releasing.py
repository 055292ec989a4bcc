"""``lockgate release``: what is in production has a version, a proof, and was never half there."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from lockgate.artifact.released import in_production, read_release
from lockgate.errors import BundleError, EnvironmentProblem, Rejected
from lockgate.predict import load_predictor
from lockgate.releases.landing import alone
from lockgate.releases.releasing import release
from tests.project import Project
from tests.releases.conftest import retrain, untouched
from tests.releases.kills import killed

Capture = pytest.CaptureFixture[str]


def test_a_release_is_content_a_pointer_and_tags(project: Project, capsys: Capture) -> None:
    """DVC tracks the bundle, one file says what is in production, and dvc.lock stays true."""
    made = release(project.root)
    pointer = in_production(project.root)
    assert pointer is not None
    assert (pointer.version, pointer.model_hash) == ("v1.0.0", made.model_hash)
    folder = project.root / "models/releases/v1.0.0"
    model = project.root / "models/model"
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
        p.name: p.read_bytes() for p in model.iterdir()
    }
    assert project.git("status", "--porcelain") == ""
    assert "up to date" in project.dvc("status").stdout
    assert "in sync" in project.dvc("status", "--cloud").stdout
    assert project.git("tag").split() == ["model#production#1", "model@v1.0.0"]
    assert "v1.0.0 is in production" in capsys.readouterr().out


def test_a_release_records_what_it_came_from(project: Project) -> None:
    """Its record names commit, data, schema, metrics with intervals, the verdict and the lock."""
    commit = project.git("rev-parse", "HEAD").strip()
    release(project.root)
    made = read_release(project.root, "v1.0.0")
    assert made.commit == commit
    assert made.data_hash == project.read("metrics/deliveries.json")["data"]
    assert made.metrics == project.read("metrics/evaluate.json")
    assert made.confidence == project.read("metrics/evaluation/confidence.json")
    assert made.gate["verdict"] == "passed"
    assert made.previous is None
    assert "## v1.0.0" in (project.root / "RELEASES.md").read_text()


def test_gto_and_dvc_know_the_release(project: Project, tmp_path: Path) -> None:
    """`gto show` and `dvc artifacts get` work as their users expect."""
    release(project.root)
    assert "v1.0.0" in project.run("gto", "show", "model").stdout
    got = tmp_path / "got"
    project.run(
        "dvc", "artifacts", "get", str(project.root), "model", "--stage", "production",
        "--out", str(got),
    )  # fmt: skip
    served = load_predictor(got).lineage.model_hash
    assert served == read_release(project.root, "v1.0.0").model_hash


def test_the_next_release_says_what_changed(released: Project) -> None:
    """Another model with the same interface is a minor release, with both metrics side by side."""
    made = read_release(released.root, "v1.1.0")
    assert (made.step, made.previous, made.reasons) == ("minor", "v1.0.0", ("the model",))
    story = (released.root / "RELEASES.md").read_text()
    assert story.index("## v1.1.0") < story.index("## v1.0.0")
    assert "| test part | v1.1.0 | v1.0.0 |" in story


def test_the_same_model_is_released_once(project: Project) -> None:
    """Releasing the same bytes again is refused, naming the version that they have."""
    release(project.root)
    with pytest.raises(Rejected, match=r"this model is v1\.0\.0 already"):
        release(project.root)


def test_a_rejected_model_is_not_released(project: Project) -> None:
    """Whatever `gate.enforce` says, only the verdict counts."""
    params = project.read("params.yaml")
    params["gate"] |= {"enforce": False, "thresholds": {"mae": {"max": 0.001}}}
    project.write("params.yaml", params)
    project.dvc("repro")
    project.commit("Report only")
    with pytest.raises(Rejected, match=r"rejected this model: thresholds\.mae\.max"):
        release(project.root)
    assert untouched(project)


def test_what_is_not_committed_is_not_released(project: Project) -> None:
    """A release says which commit made it, so there must be one."""
    project.write("notes.txt", "later")
    with pytest.raises(EnvironmentProblem, match=r"not committed: notes\.txt"):
        release(project.root)


def test_a_release_has_an_author(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git knows no name and email, that is said before anything is done."""
    project.git("config", "--unset", "user.name")
    project.git("config", "--unset", "user.email")
    project.git("config", "user.useConfigOnly", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for variable in ("NAME", "EMAIL"):
        for role in ("AUTHOR", "COMMITTER"):
            monkeypatch.delenv(f"GIT_{role}_{variable}", raising=False)
    with pytest.raises(EnvironmentProblem, match="git knows no name"):
        release(project.root)
    assert untouched(project)


def test_what_was_not_run_is_not_released(project: Project) -> None:
    """A changed parameter without its run is no release, and the stage is named."""
    params = project.read("params.yaml")
    params["seed"] = 3
    project.write("params.yaml", params)
    project.commit("Another seed")
    with pytest.raises(Rejected, match=r"not what dvc\.lock says: train"):
        release(project.root)
    assert untouched(project)


def test_a_forged_bundle_is_not_released(project: Project) -> None:
    """One changed byte in models/model is noticed before anything else happens."""
    golden = project.root / "models/model/golden.json"
    golden.chmod(0o644)
    golden.write_bytes(golden.read_bytes()[:-1] + b" ")
    with pytest.raises((Rejected, BundleError)):
        release(project.root)
    assert untouched(project)


def test_two_releases_at_once(project: Project) -> None:
    """Of two processes the second says that the first is at work, which is not disturbed."""
    first = subprocess.Popen(
        ("lockgate", "release"), cwd=project.root, stdout=subprocess.PIPE, text=True
    )
    while not (project.root / ".dvc/tmp/production.lock").exists():
        time.sleep(0.001)
    time.sleep(0.05)
    first.send_signal(signal.SIGSTOP)
    second = project.run("lockgate", "release", check=False)
    first.send_signal(signal.SIGCONT)
    said, _ = first.communicate(timeout=300)
    assert second.returncode == 2
    assert "another release or rollback is at work" in second.stderr
    assert "v1.0.0 is in production" in said
    assert_whole(project)


def test_one_release_at_a_time(project: Project) -> None:
    """A second release in the same checkout says that the first is at work."""
    with alone(project.root), pytest.raises(EnvironmentProblem, match="another release"):
        release(project.root)


STEPS = (
    "releasing._store",
    "releasing.deliver",
    "releasing._place",
    "releasing.move",
    "landing.commits.land",
    "landing.tags.register",
    "landing.tags.assign",
)


def assert_whole(project: Project) -> None:
    """Whether v1.0.0 is released, all of it and nothing else."""
    pointer = in_production(project.root)
    assert pointer is not None
    assert pointer.version == "v1.0.0"
    served = load_predictor(project.root / "models/releases/v1.0.0").lineage.model_hash
    assert served == pointer.model_hash
    assert project.git("status", "--porcelain") == ""
    assert project.git("tag").split() == ["model#production#1", "model@v1.0.0"]
    assert project.git("log", "--format=%s", "-2").splitlines() == ["Release v1.0.0", "Run"]
    assert not list((project.root / ".dvc/tmp").glob("*.plan.json"))


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_leaves_the_old_state_or_the_new(project: Project, step: str, moment: str) -> None:
    """After kill -9 at any step there is the old pointer or the new, and the next run completes."""
    killed(project, "release", step, moment)
    pointer = in_production(project.root)
    if pointer is not None:
        assert load_predictor(project.root / "models/releases/v1.0.0").lineage.model_hash
    with suppress(Rejected):  # where the kill came too late to matter
        release(project.root)
    assert_whole(project)


def test_half_a_landing_is_completed(project: Project) -> None:
    """Files that a kill left in the workspace, staged or not, do not stand in the way."""
    killed(project, "release", "landing.commits.land", "before")
    project.write("models/production.json", "{")
    project.write("models/releases/v1.0.0.json", "{}")
    project.git("add", "models/releases/v1.0.0.json")
    with pytest.raises(Rejected, match="already"):
        release(project.root)
    assert_whole(project)


def test_a_landing_that_came_too_late_is_undone(project: Project, capsys: Capture) -> None:
    """If somebody committed after the kill, the release is undone, said, and made anew."""
    killed(project, "release", "landing.commits.land", "before")
    project.write("NOTES.md", "something else")
    project.commit("Notes")
    with alone(project.root):
        pass
    assert "has been undone" in capsys.readouterr().out
    assert untouched(project)
    release(project.root)
    assert in_production(project.root) is not None


def test_a_landing_that_git_has_forgotten_is_undone(project: Project, capsys: Capture) -> None:
    """Weeks after a kill git may have dropped the commit, which is on no branch."""
    killed(project, "release", "landing.commits.land", "before")
    project.git("gc", "--quiet", "--prune=now")
    made = release(project.root)
    assert "has been undone" in capsys.readouterr().out
    assert made.version == "v1.0.0"
    assert_whole(project)


def test_a_lost_cache_is_no_obstacle(released: Project) -> None:
    """The release before is fetched from the remote to see what changed."""
    shutil.rmtree(released.root / ".dvc/cache")
    shutil.rmtree(released.root / "models/releases/v1.1.0")
    released.dvc("pull", "models/model", "data/raw.dvc", "data/features")
    retrain(released, seed=8)
    assert release(released.root).version == "v1.2.0"


def test_a_release_that_is_on_no_branch(project: Project) -> None:
    """Nobody would find it, and so a detached HEAD is refused."""
    project.git("checkout", "--quiet", "--detach")
    with pytest.raises(EnvironmentProblem, match="no branch is checked out"):
        release(project.root)
    assert untouched(project)


def test_a_release_of_another_branch(project: Project) -> None:
    """A branch that leads here can be released as well as main."""
    project.git("switch", "--quiet", "--create", "trial")
    release(project.root)
    assert_whole(project)
    project.git("switch", "--quiet", "main")
    assert in_production(project.root) is None


def test_a_number_that_another_branch_has_taken(released: Project) -> None:
    """Two models never share a number: the other branch's release is named."""
    project = released
    project.git("switch", "--quiet", "--create", "trial", "model@v1.0.0")
    project.dvc("checkout", "--quiet")
    retrain(project, seed=5)
    with pytest.raises(Rejected, match=r"the next number is v1\.1\.0, and that is commit"):
        release(project.root)
    pointer = in_production(project.root)
    assert pointer is not None
    assert pointer.version == "v1.0.0"


def test_an_earlier_release_that_is_not_in_the_workspace(released: Project) -> None:
    """Its folder may be missing, as in a clone that pulled only what it works on."""
    retrain(released, seed=8)
    shutil.rmtree(released.root / "models/releases/v1.0.0")
    assert release(released.root).version == "v1.2.0"


def test_an_earlier_release_that_is_altered(released: Project) -> None:
    """What is there must be what was released."""
    retrain(released, seed=8)
    part = released.root / "models/releases/v1.0.0/golden.json"
    part.chmod(0o644)
    part.write_text("{}")
    with pytest.raises(Rejected, match=r"v1\.0\.0\.dvc"):
        release(released.root)
