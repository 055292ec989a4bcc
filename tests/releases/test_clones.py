"""Several clones of one repository: who released first, and a server that only pulls."""

import shutil
from pathlib import Path

import pytest

from lockgate.cli.production import production
from lockgate.releases.releasing import release
from tests.project import CHECKOUT, Project
from tests.releases.conftest import retrain
from tests.releases.test_serving import version
from tests.service.processes import eventually, served


@pytest.fixture
def origin(released: Project, tmp_path: Path) -> Path:
    """Push the project with two releases to a repository and a remote that others share."""
    shutil.move(released.root / ".remote", tmp_path / "remote")
    bare = tmp_path / "origin"
    released.git("clone", "--quiet", "--bare", str(released.root), str(bare))
    return bare


def clone(origin: Path, name: str) -> Project:
    """Clone as a colleague would, and pull."""
    root = origin.parent / name
    project = Project(origin.parent)
    project.git("clone", "--quiet", str(origin), str(root))
    project = Project(root)
    project.git("config", "user.name", name)
    project.git("config", "user.email", f"{name}@localhost")
    project.write(".dvc/config.local", f"['remote \"local\"']\n    url = {origin.parent}/remote\n")
    project.run("lockgate", "pull")
    return project


def runbook(title: str) -> list[str]:
    """Return the commands of a part of the runbook."""
    text = (CHECKOUT / "docs/runbook.md").read_text(encoding="utf-8")
    part = text.split(f"## {title}")[1].split("\n## ")[0]
    return [line.strip() for line in part.splitlines() if line.startswith("    ")]


def test_somebody_else_released_first(origin: Path) -> None:
    """The second one's push is refused; the runbook undoes it, and the next number is free."""
    first, second = clone(origin, "first"), clone(origin, "second")
    for number, project in enumerate((first, second)):
        retrain(project, seed=20 + number)
        assert release(project.root).version == "v1.2.0"
    first.git("push", "--quiet", "origin", "main", "--tags")
    refused = second.run("git", "push", "--quiet", "origin", "main", check=False)
    assert refused.returncode != 0
    for command in runbook("Somebody else released first"):
        second.run("sh", "-euc", command)
    assert [each.text for each in production(second.root) if each.state != "ok"] == []
    assert second.git("rev-parse", "model@v1.2.0") == first.git("rev-parse", "model@v1.2.0")
    retrain(second, seed=30)
    assert release(second.root).version == "v1.3.0"
    second.git("push", "--quiet", "origin", "main", "--tags")


def test_a_server_that_only_pulls(origin: Path) -> None:
    """A service elsewhere waits for the content, and takes a release that git and DVC bring."""
    team, server = clone(origin, "team"), clone(origin, "server")
    with served(None, checkout=server.root, LOCKGATE_JOURNAL="off") as (_, url):
        assert version(url) == "v1.1.0"
        retrain(team, seed=20)
        release(team.root)
        team.git("push", "--quiet", "origin", "main", "--tags")
        server.git("pull", "--quiet")
        assert version(url) == "v1.1.0"
        server.dvc("pull", "--quiet", "models/releases/v1.2.0.dvc")
        eventually(lambda: version(url) == "v1.2.0")
