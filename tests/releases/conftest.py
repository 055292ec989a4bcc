"""A built project with a remote of its own, and one that has two releases."""

import shutil
from pathlib import Path

import pytest

from lockgate.artifact.released import in_production
from lockgate.releases.releasing import release
from tests.e2e.parcels import deliver
from tests.project import Project, make_project
from tests.samples import contract_document, params_document


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Run the whole pipeline once; tests work on copies."""
    params = params_document()
    params["featurize"]["split"]["test_from"] = "2025-03-01"
    params["gate"]["thresholds"] = {"mae": {"max": 2.0}}
    project = make_project(
        tmp_path_factory.mktemp("built") / "project", contract_document(), params
    )
    deliver(project, 1, 2, 3)
    project.dvc("repro")
    project.commit("Run")
    return project


@pytest.fixture(scope="session")
def twice(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Release the model, then another one that was trained with other params."""
    project = _copy(built, tmp_path_factory.mktemp("twice") / "project")
    release(project.root)
    retrain(project)
    release(project.root)
    return project


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """Copy the built project, cache and all."""
    return _copy(built, tmp_path / "project")


@pytest.fixture
def released(twice: Project, tmp_path: Path) -> Project:
    """Copy the project with two releases."""
    return _copy(twice, tmp_path / "project")


def _copy(project: Project, root: Path) -> Project:
    shutil.copytree(project.root, root, symlinks=True)
    return Project(root)


def retrain(project: Project, seed: int = 77) -> None:
    """Make another model and commit it."""
    params = project.read("params.yaml")
    params["seed"] = seed
    project.write("params.yaml", params)
    project.dvc("repro")
    project.commit(f"Seed {seed}")


def untouched(project: Project) -> bool:
    """Whether nothing in the checkout tells of a release."""
    tags = project.git("tag")
    left = [path.name for path in (project.root / "models/releases").iterdir()]
    return (
        in_production(project.root) is None
        and not tags
        and left == ["none"]
        and not project.git("status", "--porcelain")
    )
