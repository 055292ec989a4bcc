"""The data hash is the one that DVC itself writes."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lockgate.errors import DeliveryError
from lockgate.validation.data_hash import check_pin, directory_hash, tracked_files


def dvc(root: Path, *arguments: str) -> None:
    """Run DVC in `root`."""
    command = [sys.executable, "-m", "dvc", *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Lay out nested deliveries, files to be ignored, and a name that is not ASCII."""
    files = {
        ".dvcignore": "*.tmp\n/data/raw/drafts/\n# a comment\n",
        "data/.dvcignore": "raw/notes.txt\n",
        "data/raw/b.csv": "b",
        "data/raw/a.csv": "a",
        "data/raw/2024/01/a.csv": "x",
        "data/raw/2024-extra.csv": "y",
        "data/raw/übung.csv": "z",
        "data/raw/.gitignore": "c.csv",
        "data/raw/c.csv": "git does not matter to DVC",
        "data/raw/old.tmp": "ignored",
        "data/raw/2024/deep.tmp": "ignored",
        "data/raw/drafts/d.csv": "ignored",
        "data/raw/notes.txt": "ignored",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "data/raw"


def test_equals_what_dvc_add_writes(raw: Path, tmp_path: Path) -> None:
    """The hash is that of `dvc add`, so that `git log -S` finds it in data/raw.dvc."""
    dvc(tmp_path, "init", "--no-scm", "--quiet")
    dvc(tmp_path, "add", "--quiet", "data/raw")
    added = yaml.safe_load((tmp_path / "data/raw.dvc").read_text(encoding="utf-8"))
    assert directory_hash(raw, tmp_path) == added["outs"][0]["md5"]


def test_ignored_files_are_no_deliveries(raw: Path, tmp_path: Path) -> None:
    """What a .dvcignore names is not there, and the rest is sorted by path."""
    names = [path.relative_to(raw).as_posix() for path in tracked_files(raw, tmp_path)]
    assert names == sorted(names)
    assert not {"old.tmp", "2024/deep.tmp", "drafts/d.csv", "notes.txt"} & set(names)
    assert {"c.csv", "2024/01/a.csv", "übung.csv"} <= set(names)


def test_the_working_directory_does_not_matter(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative and absolute paths give the same hash."""
    absolute = directory_hash(raw, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert directory_hash(Path("data/raw"), Path()) == absolute


def test_files_that_are_not_the_pinned_ones_are_refused(raw: Path, tmp_path: Path) -> None:
    """A file whose bytes went bad behind DVC's back is not taken for the one that was added."""
    dvc(tmp_path, "init", "--no-scm", "--quiet")
    dvc(tmp_path, "add", "--quiet", "data/raw")
    check_pin(raw, directory_hash(raw, tmp_path))
    (raw / "a.csv").write_text("A")
    with pytest.raises(
        DeliveryError, match="data/raw: the files are not the ones that raw.dvc pins"
    ):
        check_pin(raw, directory_hash(raw, tmp_path))


@pytest.mark.parametrize(
    "pin",
    [
        None,
        "deps: []\n",
        "outs: [{md5: 0.dir, path: raw}]\n",
        "outs: [{hash: md5, files: [], path: raw}]\n",
    ],
)
def test_a_pin_of_another_kind_is_not_compared(raw: Path, tmp_path: Path, pin: str | None) -> None:
    """Without a pin, and with one that DVC made by other rules, there is nothing to compare."""
    if pin is not None:
        (tmp_path / "data/raw.dvc").write_text(pin)
    check_pin(raw, directory_hash(raw, tmp_path))
