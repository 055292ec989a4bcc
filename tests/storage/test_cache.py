"""What went bad in DVC's cache, found and mended."""

import json
import shutil
from pathlib import Path

import pytest

from lockgate.cli.doctor import examine
from lockgate.errors import Rejected
from lockgate.storage import cache
from tests.e2e.parcels import deliver
from tests.project import Project

Capture = pytest.CaptureFixture[str]
WRITE = "mkdir -p made && echo 1 > made/one.txt && echo 2 > two.txt"


@pytest.fixture
def made(project: Project) -> Project:
    """Run one small stage that writes a file and a folder, beside two deliveries."""
    stage = {"cmd": WRITE, "deps": ["data/raw"], "outs": ["made", "two.txt"]}
    project.write("dvc.yaml", {"stages": {"make": stage}})
    deliver(project, 1, 2)
    project.dvc("repro")
    project.commit()
    return project


def _object(project: Project, path: str) -> Path:
    """Return where the cache has a tracked file or folder."""
    outs = [
        *project.read("data/raw.dvc")["outs"],
        *project.read("dvc.lock")["stages"]["make"]["outs"],
    ]
    outs[0]["path"] = "data/raw"
    for out in outs:
        oid = out["md5"]
        if path.startswith(f"{out['path']}/"):
            name = path.removeprefix(f"{out['path']}/")
            entries = json.loads(_kept(project, oid).read_bytes())
            return _kept(project, next(e["md5"] for e in entries if e["relpath"] == name))
        if path == out["path"]:
            return _kept(project, oid)
    raise AssertionError(path)


def _kept(project: Project, oid: str) -> Path:
    return project.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]


def _spoil(project: Project, path: str) -> Path:
    """Flip a bit as a failing disk would, where DVC does not look again."""
    kept = _object(project, path)
    content = bytearray(kept.read_bytes())
    content[0] ^= 1
    kept.chmod(0o644)
    kept.write_bytes(content)
    kept.chmod(0o444)
    return kept


def _doctor(project: Project, capsys: Capture) -> str:
    capsys.readouterr()
    examine(project.root, ask_remote=False)
    return capsys.readouterr().out


def test_a_whole_cache_is_said_to_be_whole(made: Project, capsys: Capture) -> None:
    """The doctor reads every object, and mending changes nothing."""
    assert "the cache has all 6 objects, byte for byte" in _doctor(made, capsys)
    cache.mend(made.root)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("path", ["two.txt", "made/one.txt", "data/raw/parcels-01.csv"])
def test_a_good_workspace_mends_the_cache(made: Project, path: str, capsys: Capture) -> None:
    """A damaged object is named, and replaced by the file that is still good."""
    kept = _spoil(made, path)
    before = (made.root / path).read_bytes()
    assert f"damaged in the cache: {path}" in _doctor(made, capsys)
    cache.mend(made.root)
    assert f"replaced in the cache: {path}" in capsys.readouterr().out
    assert kept.read_bytes() == (made.root / path).read_bytes() == before
    assert kept.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("path", ["two.txt", "made", "data/raw/parcels-01.csv", "data/raw"])
def test_a_good_remote_mends_cache_and_workspace(made: Project, path: str) -> None:
    """What DVC has already put into the workspace is replaced as well."""
    made.dvc("push")
    kept = _spoil(made, path)
    if kept.suffix != ".dir":
        shutil.copy(kept, made.root / path)
    cache.mend(made.root)
    assert made.dvc("status").stdout.strip() == "Data and pipelines are up to date."
    assert "2" in (made.root / "two.txt").read_text()
    cache.mend(made.root)


@pytest.mark.parametrize("path", ["two.txt", "made/one.txt", "made"])
def test_what_a_stage_writes_is_made_again(made: Project, path: str, capsys: Capture) -> None:
    """Without a good copy the bad one goes, so that the next run writes it anew."""
    kept = _spoil(made, path)
    if kept.suffix != ".dir":
        shutil.copy(kept, made.root / path)
        made.dvc("checkout", "--force")
    cache.mend(made.root)
    assert f"dvc repro brings it back: {path}" in capsys.readouterr().out
    made.dvc("repro")
    assert (made.root / "made/one.txt").read_text() == "1\n"
    assert (made.root / "two.txt").read_text() == "2\n"
    assert "the cache has all 6 objects" in _doctor(made, capsys)
    assert made.git("status", "--porcelain") == ""


def test_the_list_of_a_folder_of_deliveries_is_made_again(made: Project, capsys: Capture) -> None:
    """The deliveries themselves are there, and DVC lists them again."""
    _spoil(made, "data/raw")
    cache.mend(made.root)
    made.dvc("repro")
    assert "the cache has all 6 objects" in _doctor(made, capsys)


def test_a_delivery_without_a_good_copy_is_left_alone(made: Project) -> None:
    """Nobody can write it again: nothing is removed, and the next step is named."""
    kept = _spoil(made, "data/raw/parcels-01.csv")
    shutil.copy(kept, made.root / "data/raw/parcels-01.csv")
    left = kept.read_bytes()
    with pytest.raises(Rejected, match="data/raw/parcels-01.csv") as caught:
        cache.mend(made.root)
    assert "lockgate push" in caught.value.hint
    assert kept.read_bytes() == left == (made.root / "data/raw/parcels-01.csv").read_bytes()


def test_what_is_not_in_the_cache_is_remarked_on(made: Project, capsys: Capture) -> None:
    """A fresh clone has nothing wrong, and the way to its data is named."""
    shutil.rmtree(made.root / ".dvc/cache")
    said = _doctor(made, capsys)
    assert "warning  not in the cache: " in said
    assert "make pull" in said


def test_a_lost_cache_is_filled_from_the_workspace(made: Project, capsys: Capture) -> None:
    """The next run puts what the workspace has into the cache again, and no byte changes."""
    shutil.rmtree(made.root / ".dvc/cache")
    made.dvc("repro")
    assert "the cache has all 6 objects, byte for byte" in _doctor(made, capsys)
    assert made.git("status", "--porcelain") == ""


def test_a_remote_that_does_not_answer_stops_no_mending(made: Project, capsys: Capture) -> None:
    """The workspace is a source of good copies as well."""
    made.dvc("remote", "add", "--default", "away", "s3://bucket/parcels")
    made.dvc("remote", "modify", "away", "endpointurl", "http://127.0.0.1:9")
    kept = _spoil(made, "two.txt")
    cache.mend(made.root)
    assert "no good copies from there: remote 'away'" in capsys.readouterr().out
    assert kept.read_bytes() == b"2\n"


def test_nothing_recorded_is_nothing_to_mend(project: Project) -> None:
    """Before the first run there is no cache."""
    cache.mend(project.root)
