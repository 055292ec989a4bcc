"""Feature code that really changed since a release: no rollback into other answers."""

import re
import shutil
from pathlib import Path

import pytest

from lockgate.artifact.released import in_production
from lockgate.errors import LockgateError
from lockgate.releases.rollback import rollback
from tests.project import Project

MODULE = "src/lockgate/features/goods.py"
FIRST = '''"""Features of parcels."""


def bulk(weight):
    """Return the weight, squared."""
    return weight**2
'''
CHANGED = FIRST.replace("weight**2", "weight**2 + 1")
RENAMED = f'''{FIRST}

def mass(weight):
    """Return the weight, cubed."""
    return weight**3
'''


def lockgate(project: Project, *arguments: str, check: bool = True) -> str:
    """Run a command with the project's own code, and return what it said."""
    source = str(project.root / "src")
    done = project.run("lockgate", *arguments, check=check, PYTHONPATH=source)
    return done.stdout + done.stderr


def candidate(project: Project, code: str, *features: str) -> None:
    """Train with other feature code, whatever the verdict is, and commit."""
    params = project.read("params.yaml")
    params["featurize"] |= {"module": "lockgate.features.goods", "features": list(features)}
    project.write("params.yaml", params)
    project.write(MODULE, code)
    project.dvc("repro", check=False)
    project.commit("Candidate")


def version(project: Project) -> str:
    """Return what is in production."""
    pointer = in_production(project.root)
    return pointer.version if pointer else ""


def incumbent(project: Project) -> dict[str, object]:
    """Return what the gate says of the incumbent."""
    rules = project.read("metrics/gate.json")["rules"]
    (ruling,) = [rule for rule in rules if rule["rule"] == "incumbent"]
    return dict(ruling)


@pytest.fixture(scope="module")
def squared_once(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Release a model with a feature function of the project's own; tests work on copies."""
    root = tmp_path_factory.mktemp("squared") / "project"
    shutil.copytree(built.root, root, symlinks=True)
    project = Project(root)
    candidate(project, FIRST, "weight", "pieces", "size", "bulk")
    lockgate(project, "release")
    return project


@pytest.fixture
def squared(squared_once: Project, tmp_path: Path) -> Project:
    """Copy the project with the release."""
    shutil.copytree(squared_once.root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def test_no_rollback_into_other_answers(squared: Project) -> None:
    """The changed feature is named, production stays, and the commands of the hint serve it."""
    candidate(squared, CHANGED, "weight", "pieces", "size", "bulk")
    lockgate(squared, "release")
    said = lockgate(squared, "rollback", check=False)
    assert "the code of the feature bulk has changed since training" in said
    assert version(squared) == "v1.1.0"
    assert squared.git("status", "--porcelain") == ""
    commands = re.search(r"(git worktree add .*), and there make serve", said)
    assert commands
    squared.run("sh", "-euc", commands[1])
    there = squared.root.parent / "v1.0.0"
    asked = "from lockgate import load_predictor; load_predictor('models/releases/v1.0.0')"
    Project(there).run("python", "-c", asked, PYTHONPATH=str(there / "src"))


def test_a_feature_that_is_gone(squared: Project) -> None:
    """A release whose feature nobody has any more is no way back either."""
    candidate(squared, '"""Nothing."""\n', "weight", "pieces", "size")
    lockgate(squared, "release")
    said = lockgate(squared, "rollback", check=False)
    assert "the features of the model are not in this code" in said
    assert "model@v1.0.0" in said
    assert version(squared) == "v1.1.0"


def test_an_incumbent_whose_feature_changed_rejects(squared: Project) -> None:
    """Nobody can say what it would have answered, so the candidate is not called better."""
    lockgate(squared, "incumbent")
    candidate(squared, CHANGED, "weight", "pieces", "size", "bulk")
    ruling = incumbent(squared)
    assert not ruling["passed"]
    assert "the code of the feature bulk has changed" in str(ruling["reason"])
    assert "gate.incumbent: none" in str(ruling["reason"])
    assert "rejected this model: incumbent" in lockgate(squared, "release", check=False)


def test_an_incumbent_with_other_features_is_compared(squared: Project) -> None:
    """A new name for what is new, the old one left in the module: both predict the same rows."""
    lockgate(squared, "incumbent")
    candidate(squared, RENAMED, "weight", "size", "mass")
    assert "against the incumbent" in str(incumbent(squared)["reason"])


def test_an_incumbent_with_another_column_is_compared(squared: Project) -> None:
    """A column that the contract has lost is missing to the incumbent."""
    lockgate(squared, "incumbent")
    contract = squared.read("data/contract.yaml")
    (table,) = contract["schema"]
    table["properties"] = [each for each in table["properties"] if each["name"] != "pieces"]
    squared.write("data/contract.yaml", contract)
    raw = squared.root / "data/raw"
    for path in raw.iterdir():
        lines = [line.split(",") for line in path.read_text().splitlines()]
        place = lines[0].index("pieces")
        kept = [",".join(line[:place] + line[place + 1 :]) for line in lines]
        path.unlink()
        path.write_text("\n".join(kept) + "\n")
    squared.dvc("add", "--quiet", "data/raw")
    candidate(squared, FIRST, "weight", "size", "bulk")
    assert "against the incumbent" in str(incumbent(squared)["reason"])


def test_a_release_that_does_not_fit_here_at_all(squared: Project) -> None:
    """Code that never knew the module, as this test's own, refuses it with the tag."""
    candidate(squared, RENAMED, "weight", "size", "mass")
    lockgate(squared, "release")
    with pytest.raises(LockgateError, match=r"model@v1\.0\.0"):
        rollback(squared.root)
