"""A stage that is disturbed while it runs gives no results."""

import subprocess
import sys
from pathlib import Path

import pytest

from lockgate.errors import EnvironmentProblem, ParamsError
from lockgate.pipeline import guard
from lockgate.pipeline.guard import guarded

STAGE = {
    "cmd": "true",
    "params": ["seed", "train.models.${train.model}", {"more.yaml": ["depth"]}],
    "deps": ["src", "data/table.csv", "models/${train.model}"],
}
PARAMS = "seed: 7\ntrain: {model: ridge, models: {ridge: {alpha: 1}, trees: {depth: 3}}}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Lay out a project with one stage."""
    files = {
        "dvc.yaml": f"stages: {{train: {STAGE}}}\n",
        "params.yaml": PARAMS,
        "more.yaml": "depth: 3\n",
        "src/code.py": "x = 1\n",
        "data/table.csv": "a\n1\n",
        "models/ridge/manifest.json": "{}\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".dvc").mkdir()
    return tmp_path


def _run(root: Path, path: str, text: str | None) -> None:
    with guarded("train", root):
        (root / path).parent.mkdir(exist_ok=True)
        if text is None:
            (root / path).unlink()
        else:
            (root / path).write_text(text)


@pytest.mark.parametrize(
    ("path", "text", "named"),
    [
        ("src/code.py", "x = 2\n", "src/code.py"),
        ("src/code.py", None, "src/code.py"),
        ("src/more/code.py", "y = 1\n", "src/more/code.py"),
        ("data/table.csv", "a\n2\n", "data/table.csv"),
        ("more.yaml", "depth: 4\n", "more.yaml"),
        ("models/ridge/manifest.json", "[]\n", "models/ridge/manifest.json"),
        ("params.yaml", PARAMS.replace("7", "8"), "seed in params.yaml"),
        (
            "params.yaml",
            PARAMS.replace("alpha: 1", "alpha: 2"),
            "train.models.ridge in params.yaml",
        ),
        ("params.yaml", "seed: 7\n", "train.models.ridge in params.yaml"),
    ],
)
def test_a_change_of_what_the_stage_reads_is_refused(
    root: Path, path: str, text: str | None, named: str
) -> None:
    """Code, data and parameters alike: what changed is named, and DVC sees a failure."""
    with pytest.raises(EnvironmentProblem, match="changed while the stage ran") as caught:
        _run(root, path, text)
    assert caught.value.where == named
    assert "dvc repro" in caught.value.hint


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/code.py", "x = 1\n"),
        ("src/__pycache__/code.cpython-312.pyc", "bytecode"),
        ("src/.code.py.swp", "an editor at work"),
        ("params.yaml", "# A remark.\n" + PARAMS),
        ("params.yaml", PARAMS.replace("depth: 3", "depth: 4")),
        ("docs/page.md", "what no stage reads"),
    ],
)
def test_other_changes_are_none_of_its_business(root: Path, path: str, text: str) -> None:
    """Saving a file unchanged, and editing what another stage reads, disturbs nothing."""
    _run(root, path, text)


def test_many_changes_are_counted(root: Path) -> None:
    """A message stays readable after a git checkout in the middle of a run."""

    def run() -> None:
        with guarded("train", root):
            for number in range(8):
                (root / f"src/new-{number}.py").touch()

    with pytest.raises(EnvironmentProblem, match=r"src/new-4\.py and 3 more"):
        run()


def test_a_big_file_is_known_by_its_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data are not read once more for this, and a write to them is noticed all the same."""
    monkeypatch.setattr(guard, "READ_WHOLE", 3)
    with pytest.raises(EnvironmentProblem, match="data/table.csv"):
        _run(root, "data/table.csv", "a\n2\n")


def test_a_failure_is_passed_on(root: Path) -> None:
    """A stage that fails by itself says why, and not that something changed."""

    def run() -> None:
        with guarded("train", root):
            (root / "src/code.py").unlink()
            raise ParamsError("no such model")

    with pytest.raises(ParamsError, match="no such model"):
        run()


def test_a_second_stage_is_refused_while_one_runs(root: Path) -> None:
    """The first is named with its process, and its end frees the checkout, however it ends."""
    code = (
        "import sys; from pathlib import Path; from lockgate.pipeline.guard import guarded\n"
        "with guarded('train', Path(sys.argv[1])): print('at work', flush=True), input()"
    )
    command = [sys.executable, "-c", code, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout
        assert first.stdout.readline() == b"at work\n"
        with pytest.raises(EnvironmentProblem, match=f"train, process {first.pid}") as caught:
            _run(root, "src/code.py", "x = 2\n")
        assert "wait" in caught.value.hint
        first.kill()
    _run(root, "src/code.py", "x = 1\n")


def test_a_project_below_the_root_of_dvc_is_guarded(root: Path, tmp_path: Path) -> None:
    """One repository may hold several pipelines, and has one lock."""
    inner = tmp_path / "inner"
    inner.mkdir()
    for name in ("dvc.yaml", "params.yaml"):
        (inner / name).write_bytes((root / name).read_bytes())
    with (
        pytest.raises(EnvironmentProblem, match="still at work"),
        guarded("train", inner),
        guarded("train", root),
    ):
        pass


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("dvc.yaml", None, "dvc.yaml: the file does not exist"),
        ("dvc.yaml", "stages: {}\n", "there is no stage 'train'"),
        ("params.yaml", "seed: [\n", "params.yaml, line 2: not valid YAML"),
        (".dvc", None, "a DVC project"),
    ],
)
def test_a_stage_runs_only_in_its_project(
    root: Path, path: str, text: str | None, said: str
) -> None:
    """What is not there to be guarded is named."""
    if path == ".dvc":
        (root / path).rmdir()
    elif text is None:
        (root / path).unlink()
    else:
        (root / path).write_text(text)
    with pytest.raises((EnvironmentProblem, ParamsError), match=said), guarded("train", root):
        pass
