"""What `make run` does before `dvc repro`."""

import pytest

from lockgate.cli import project as commands
from lockgate.errors import DeliveryError, EnvironmentProblem, LockgateError, ParamsError
from tests.e2e.parcels import deliver
from tests.project import Project
from tests.samples import example_pin


def test_an_archive_without_history_is_told_what_to_do(project: Project) -> None:
    """A downloaded archive gets the commands that make it a repository."""
    (project.root / ".git").rename(project.root / "gone")
    with pytest.raises(EnvironmentProblem, match="git init"):
        commands.check(project.root)


def test_a_mistyped_key_stops_the_run(project: Project) -> None:
    """An unknown key, which DVC would pass over, stops `make run`."""
    project.write("params.yaml", project.read("params.yaml") | {"fetaurize": {}})
    with pytest.raises(ParamsError, match="did you mean 'featurize'"):
        commands.check(project.root)


@pytest.mark.parametrize("key", ["slices", "checks"])
def test_what_another_table_left_behind_is_found_at_once(project: Project, key: str) -> None:
    """A column that the contract does not have is named before anything is trained."""
    params = project.read("params.yaml")
    check = {"kind": "invariant", "column": "lawn"}
    params["evaluate"][key] = [check if key == "checks" else {"column": "lawn"}]
    project.write("params.yaml", params)
    with pytest.raises(ParamsError, match=f"evaluate.{key} names lawn"):
        commands.check(project.root)


def test_the_example_is_simulated_where_no_remote_has_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fresh clone needs no account: the bundled data are simulated and are the pinned bytes."""
    project.write("data/raw.dvc", example_pin())
    commands.fetch(project.root)
    assert "Simulating" in capsys.readouterr().out
    assert len(list((project.root / "data/raw").glob("*.csv"))) == 24
    assert project.read("data/raw.dvc") == example_pin()
    project.dvc("push", "data/raw.dvc")


def test_other_data_are_never_simulated(project: Project) -> None:
    """In a fork with its own data a failed pull is an error, never a simulated house."""
    deliver(project, 1)
    for path in ("data/raw", ".dvc/cache"):
        project.run("rm", "-rf", path)
    with pytest.raises(LockgateError, match="neither the DVC cache nor the remote has data/raw"):
        commands.fetch(project.root)
    assert not (project.root / "data/raw").exists()


def test_data_come_from_the_cache_where_they_are(project: Project) -> None:
    """Deleted deliveries come back from DVC's cache."""
    deliver(project, 1, 2)
    project.run("rm", "-rf", "data/raw")
    commands.fetch(project.root)
    assert len(list((project.root / "data/raw").glob("*.csv"))) == 2


def test_a_pin_that_moved_is_followed(project: Project) -> None:
    """After a git checkout of another pin, the deliveries follow."""
    deliver(project, 1)
    deliver(project, 2)
    project.git("checkout", "--quiet", "HEAD~1", "--", "data/raw.dvc")
    commands.fetch(project.root)
    assert [path.name for path in (project.root / "data/raw").glob("*.csv")] == ["parcels-01.csv"]


def test_files_that_were_not_added_are_not_lost(project: Project) -> None:
    """A new file in data/raw that DVC does not know stays, and both ways out are named."""
    deliver(project, 1)
    extra = project.write("data/raw/extra.csv", "parcel_id\n")
    with pytest.raises(DeliveryError, match="dvc add data/raw"):
        commands.fetch(project.root)
    assert extra.exists()


def test_a_project_without_data_is_told_to_add_some(project: Project) -> None:
    """Without data/raw.dvc the message says how to begin."""
    with pytest.raises(DeliveryError, match="dvc add data/raw"):
        commands.fetch(project.root)
