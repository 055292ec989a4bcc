"""Full disks, kills, edits, damage: the pipeline says so, and the next run gives the same bytes."""

import json
import os
import pickle
import random
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from lockgate import load_predictor
from lockgate.artifact.parts import PIPELINE
from lockgate.errors import BundleError
from lockgate.service import create_app
from lockgate.service.settings import Settings
from tests.artifact.cases import reseal
from tests.e2e.mishaps import in_namespace, outputs, prepare_mishaps, run_with
from tests.e2e.parcels import deliver
from tests.project import Project, make_project
from tests.samples import contract_document, example_pin, params_document

# By then one output is in its place, and this one is not.
HALFWAY = {
    "validate": "data/accepted.parquet",
    "featurize": "data/features/train.parquet",
    "train": "metrics/train.json",
    "evaluate": "metrics/evaluation/checks.json",
    "gate": "metrics/gate.json",
}
STAGES = tuple(HALFWAY)


@dataclass(frozen=True)
class Built:
    """A project after its first run, and the bytes that stages wrote; tests work on copies."""

    project: Project
    outputs: dict[str, str]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Run the whole pipeline once, and push."""
    root = tmp_path_factory.mktemp("built") / "project"
    params = params_document()
    params["featurize"]["split"]["test_from"] = "2025-03-01"
    project = make_project(root, contract_document(), params)
    prepare_mishaps(project)
    deliver(project, 1, 2, 3)
    project.dvc("repro")
    project.dvc("config", "core.remote", "local")
    project.commit("Run")
    return Built(project, outputs(project))


@pytest.fixture
def copy(built: Built, tmp_path: Path) -> Project:
    """Copy the built project, cache and all."""
    shutil.copytree(built.project.root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def _rerun(project: Project, stage: str) -> str:
    return project.dvc("repro", "--single-item", "--force", stage).stdout


def _changed(project: Project) -> set[str]:
    return set(json.loads(project.dvc("status", "--json").stdout))


@pytest.mark.parametrize("stage", STAGES)
def test_an_interrupted_stage_counts_for_nothing(built: Built, copy: Project, stage: str) -> None:
    """After kill -9 and after Ctrl-C nothing half-written is taken for whole or left behind."""
    command = ("dvc", "repro", "--single-item", "--force", stage)
    killed = run_with(copy, "kill -9 0", HALFWAY[stage], *command)
    assert killed.returncode == -signal.SIGKILL
    assert stage in _changed(copy)
    stopped = run_with(copy, "kill -INT 0", HALFWAY[stage], *command)
    assert stopped.returncode != 0
    assert f"{stage}: interrupted; nothing half-written counts, run it again" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    _rerun(copy, stage)
    assert outputs(copy) == built.outputs
    assert copy.git("status", "--porcelain") == ""


def test_a_kill_while_dvc_records_is_made_good(built: Built, copy: Project) -> None:
    """DVC itself may die while it moves results into its cache."""
    shutil.rmtree(copy.root / ".dvc/cache")
    oid = built.outputs["data/features/test.parquet"]
    command = ("dvc", "repro", "--single-item", "--force", "featurize")
    killed = run_with(copy, "kill -9 0", f"{oid[:2]}/{oid[2:]}", *command, PYTHONPATH="src")
    assert killed.returncode == -signal.SIGKILL
    copy.dvc("repro", "--single-item", "featurize")
    assert outputs(copy) == built.outputs
    assert copy.git("status", "--porcelain") == ""


def test_a_stage_that_outlives_its_dvc_disturbs_nobody(built: Built, copy: Project) -> None:
    """A run that meets an orphan of a killed one says which process it is, and stops."""
    mishap = "kill -9 $DVC; dvc repro --single-item --force train > second.txt 2>&1"
    script = "sh -c 'export DVC=$$; exec dvc repro --single-item --force train'; wait"
    run_with(copy, mishap, HALFWAY["train"], "sh", "-c", script)
    second = (copy.root / "second.txt").read_text(encoding="utf-8")
    assert "a stage is still at work in this checkout: train, process" in second
    assert "Traceback" not in second
    (copy.root / "second.txt").unlink()
    _rerun(copy, "train")
    assert outputs(copy) == built.outputs
    assert copy.git("status", "--porcelain") == ""


def test_two_runs_at_once(built: Built, copy: Project) -> None:
    """The second says that the first is at work and changes nothing; the first is not disturbed."""
    first = run_with(
        copy,
        "dvc repro > second.txt 2>&1; lockgate doctor --no-remote > doctor.txt",
        HALFWAY["train"],
        *("dvc", "repro", "--single-item", "--force", "train"),
    )
    assert first.returncode == 0
    second = (copy.root / "second.txt").read_text(encoding="utf-8")
    assert "is busy, it is being blocked by" in second
    assert "dvc repro --single-item --force train" in second
    assert "warning  DVC is at work: process" in (copy.root / "doctor.txt").read_text()
    assert outputs(copy) == built.outputs


@pytest.mark.parametrize(
    ("stage", "edit", "named"),
    [
        (
            "validate",
            "sed -i 's/maximum: 50/maximum: 60/' data/contract.yaml",
            "data/contract.yaml",
        ),
        ("featurize", "cp data/raw/*-01.csv data/accepted.parquet", "data/accepted.parquet"),
        ("train", "echo >> src/lockgate/learning/fit.py", "src/lockgate/learning/fit.py"),
        ("gate", "sed -i 's/seed: 7/seed: 8/' params.yaml", "seed in params.yaml"),
    ],
)
def test_an_edit_while_a_stage_runs_is_never_recorded(
    copy: Project, stage: str, edit: str, named: str
) -> None:
    """The stage fails and names the edit, and dvc.lock does not claim what did not happen."""
    before = copy.read("dvc.lock")
    command = ("dvc", "repro", "--single-item", "--force", stage)
    done = run_with(copy, edit, HALFWAY[stage], *command)
    assert done.returncode != 0
    assert f"{stage}: {named}: changed while the stage ran" in done.stderr
    assert "Traceback" not in done.stderr
    assert copy.read("dvc.lock") == before
    assert stage in _changed(copy)


FULL_DISK = """
mount -t tmpfs -o size=100m none "$1"
cp -a "$2/." "$1"
cd "$1"
full() {
    MISHAP_AT=$2 MISHAP="cat /dev/zero > filler 2> /dev/null" \\
        dvc repro --single-item --force "$1" > "$3/$1.txt" 2>&1 && exit 1
    rm filler
    dvc status --json > "$3/$1.json"
}
# The last one first, so that each finds what it reads.
full gate metrics/gate.json "$3"
full evaluate metrics/evaluate.json "$3"
full train partial/fresh "$3"
full featurize data/features/test.parquet "$3"
full validate data/quarantine.csv "$3"
dvc repro > "$3/last.txt"
cp -a . "$3/after"
"""


@pytest.fixture(scope="module")
def full_disk(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Let the disk fill up in each stage, then run on with room; return the traces."""
    traces = tmp_path_factory.mktemp("traces")
    disk = traces / "disk"
    places = (str(disk), str(built.project.root), str(traces))
    command = in_namespace(disk, FULL_DISK, *places)
    if command is None:
        pytest.skip("a full disk needs a small one to be mounted: root, or unshare -rm")
    built.project.run(*command)
    return traces


@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_is_named(full_disk: Path, stage: str) -> None:
    """Each stage says that there is no space, without a traceback, and is not recorded."""
    said = (full_disk / f"{stage}.txt").read_text(encoding="utf-8")
    assert "No space left on device" in said
    assert "Traceback" not in said
    if stage != "gate":  # whose one file was written, and DVC had no room to record it
        assert "free some space on this disk, and run it again" in said
        assert stage in json.loads((full_disk / f"{stage}.json").read_text(encoding="utf-8"))


def test_room_on_the_disk_is_all_that_it_takes(built: Built, full_disk: Path) -> None:
    """The next run gives the same bytes, and nothing half-written stays behind."""
    after = Project(full_disk / "after")
    assert outputs(after) == built.outputs
    assert after.git("status", "--porcelain") == ""


READ_ONLY = """
mount --bind "$1" "$1"
mount -o remount,ro,bind "$1"
cd "$1"
shift
for command in "$@"; do
    echo "=== $command"
    sh -c "$command" 2>&1 || echo "exit $?"
done
"""


def test_a_read_only_checkout_serves_and_says_that_it_cannot_run(
    copy: Project, tmp_path: Path
) -> None:
    """What only reads works; what writes names the place and the reason, never a traceback."""
    commands = (
        "dvc repro --force",
        "PYTHONPATH=src python -m lockgate.pipeline gate",
        "lockgate doctor --no-remote",
        "lockgate summary",
        f"lockgate predict data/raw/parcels-01.csv --output {tmp_path}/answers.csv",
        "lockgate predict data/raw/parcels-01.csv --output answers.csv",
    )
    command = in_namespace(tmp_path / "probe", READ_ONLY, str(copy.root), *commands)
    if command is None:
        pytest.skip("a read-only checkout needs a mount: root, or unshare -rm")
    said = copy.run(*command).stdout
    dvc, stage, doctor, summary, elsewhere, here = said.split("=== ")[1:]
    assert "Traceback" not in said
    assert "Read-only file system" in dvc
    assert "stage.lock: it cannot be written" in stage
    assert "run it in a checkout that can be written to" in stage
    assert "exit 2" in stage
    assert "Read-only file system" in doctor
    assert "work in a checkout that can be written to" in doctor
    assert "Gate: passed" in summary
    assert "rows predicted" in elsewhere
    assert "answers.rejects.csv: it cannot be written" in here
    assert "exit 2" in here


def test_damage_in_the_cache_is_found_and_made_good(built: Built, copy: Project) -> None:
    """A bit that flips in the cache passes DVC; a stage refuses it, and the doctor mends it."""
    path = "data/features/train.parquet"
    oid = built.outputs[path]
    _flip(copy.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:], 300)
    shutil.rmtree(copy.root / "data/features")
    copy.dvc("checkout")
    by_hand = ("python", "-m", "lockgate.pipeline", "train")
    refused = copy.run(*by_hand, check=False, PYTHONPATH="src")
    assert f"{path}: not a whole Parquet file" in refused.stderr
    found = copy.run("lockgate", "doctor", "--no-remote", check=False)
    assert found.returncode == 1
    assert f"damaged in the cache: {path}" in found.stdout
    mended = copy.run("lockgate", "doctor", "--mend").stdout
    assert f"dvc repro brings it back: {path}" in mended
    copy.dvc("repro")
    assert outputs(copy) == built.outputs
    assert copy.git("status", "--porcelain") == ""


def _flip(path: Path, place: int, bit: int = 0) -> None:
    mode = path.stat().st_mode
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(mode)


def test_one_flipped_bit_in_a_bundle_is_refused(built: Built, tmp_path: Path) -> None:
    """At 200 random places over all of its parts, manifest and seal among them: every time."""
    bundle = tmp_path / "model"
    shutil.copytree(built.project.root / "models/model", bundle)
    chance = random.Random(0)
    parts = sorted(bundle.iterdir())
    for number in range(200):
        part = parts[number % len(parts)]
        whole = part.read_bytes()
        _flip(part, chance.randrange(len(whole)), chance.randrange(8))
        with pytest.raises(BundleError, match=part.stem):
            load_predictor(bundle)
        part.write_bytes(whole)
    load_predictor(bundle)


def test_a_truncated_bundle_is_refused(built: Built, tmp_path: Path) -> None:
    """Whichever part it is, and however much is left of it."""
    bundle = tmp_path / "model"
    shutil.copytree(built.project.root / "models/model", bundle)
    chance = random.Random(0)
    for part in sorted(bundle.iterdir()):
        whole = part.read_bytes()
        for length in (0, chance.randrange(len(whole)), len(whole) - 1):
            part.write_bytes(whole[:length])
            with pytest.raises(BundleError, match=part.stem):
                load_predictor(bundle)
        part.write_bytes(whole)
    load_predictor(bundle)


class Malice:
    """Leaves a folder behind when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Have the reader make the folder."""
        return os.mkdir, (str(self.trace),)


def test_a_malicious_pickle_is_never_opened(copy: Project, tmp_path: Path) -> None:
    """Not to predict, evaluate, gate, pull or serve, and not if every hash was forged with it."""
    trace = tmp_path / "executed"
    bundle = copy.root / "models/model"
    (bundle / PIPELINE).write_bytes(pickle.dumps(Malice(trace)))
    with pytest.raises(BundleError, match=PIPELINE):
        load_predictor(bundle)
    for module, *arguments in (
        ("lockgate.pipeline", "evaluate"),
        ("lockgate.pipeline", "gate"),
        ("lockgate.service",),
    ):
        done = copy.run("python", "-m", module, *arguments, check=False, PYTHONPATH="src")
        assert done.returncode == 2
        assert PIPELINE in done.stderr
    reseal(bundle)
    load_predictor(bundle).predict({"sent_on": "2025-03-01", "weight": 3.0, "size": "small"})
    create_app(Settings(model=bundle, journal="off"))
    assert not trace.exists()
    pickle.loads((bundle / PIPELINE).read_bytes())
    assert trace.exists()


def test_a_pull_that_was_killed_goes_on(built: Built, copy: Project) -> None:
    """A kill -9 in the middle of a pull leaves nothing that the next one takes for whole."""
    copy.run("lockgate", "push", "--quick")
    for path in (".dvc/cache", "data/raw", "data/features", "models/model"):
        shutil.rmtree(copy.root / path)
    killed = run_with(copy, "kill -9 0", "/parcels-02.csv", "lockgate", "pull", PYTHONPATH="src")
    assert killed.returncode == -signal.SIGKILL
    copy.run("lockgate", "pull")
    assert outputs(copy) == built.outputs
    assert copy.git("status", "--porcelain") == ""


def test_a_push_that_was_killed_leaves_no_clone(copy: Project) -> None:
    """The clone that proves a push may be big; the next push clears it away."""
    command = ("lockgate", "push")
    killed = run_with(copy, "kill -9 0", "clone/data/raw", *command, PYTHONPATH="src")
    assert killed.returncode == -signal.SIGKILL
    assert list((copy.root / ".dvc/tmp").glob(".clone.*"))
    copy.run(*command)
    assert not list((copy.root / ".dvc/tmp").glob(".clone.*"))


def test_a_first_run_that_was_killed_begins_again(tmp_path: Path) -> None:
    """The bundled example is there as a whole or not at all, so that the next run simulates it."""
    project = make_project(tmp_path / "project", contract_document(), params_document())
    prepare_mishaps(project)
    project.write("data/raw.dvc", example_pin())
    command = ("lockgate", "prepare")
    killed = run_with(project, "kill -9 0", "sales-2025-03.csv", *command, PYTHONPATH="src")
    assert killed.returncode == -signal.SIGKILL
    assert not (project.root / "data/raw").exists()
    project.run(*command)
    assert len(list((project.root / "data/raw").iterdir())) == 24
    assert project.read("data/raw.dvc") == example_pin()
    assert not list((project.root / "data").glob(".*.partial"))
