"""`lockgate doctor`."""

import os

import pytest

from lockgate.cli.doctor import examine
from tests.project import Project


def _said(project: Project, capsys: pytest.CaptureFixture[str], *, remote: bool = False) -> str:
    examine(project.root, ask_remote=remote)
    return capsys.readouterr().out


def test_a_good_checkout_has_nothing_wrong(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sound environment nothing is called wrong, and what is fine is said to be."""
    said = _said(project, capsys)
    assert "params.yaml is valid" in said
    assert "data/contract.yaml is valid" in said
    assert "packages are as locked" in said
    assert "is verified on download" in said


def test_an_unknown_top_level_key_is_found(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key that plain `dvc repro` would pass over is named with the nearest known one."""
    params = project.read("params.yaml")
    project.write("params.yaml", params | {"trian": {}})
    assert "unknown key trian (did you mean 'train'?)" in _said(project, capsys)
    assert examine(project.root, ask_remote=False) == 1


def test_a_split_date_that_moved_back_is_wrong(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Training rows must never become test rows, so the split date only moves forward."""
    params = project.read("params.yaml")
    params["featurize"]["split"]["test_from"] = "2025-09-01"
    project.write("params.yaml", params)
    project.commit()
    params["featurize"]["split"]["test_from"] = "2025-08-01"
    project.write("params.yaml", params)
    assert "moved back from 2025-09-01 to 2025-08-01" in _said(project, capsys)


def test_a_package_of_another_version_is_named(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Packages that drifted from the lock are named with both versions."""
    lock = project.root / "requirements" / "base.txt"
    lock.write_text("numpy==1.0.0 \\\n    --hash=sha256:0\nnosuchpackage==1.0 \\\n")
    said = _said(project, capsys)
    assert "instead of 1.0.0" in said
    assert "nosuchpackage is not installed" in said


@pytest.mark.parametrize("left", ["", "schema: '2.0'\nstages:\n  validate:\n    cm"])
def test_a_lock_file_that_was_cut_off_is_wrong(
    project: Project, capsys: pytest.CaptureFixture[str], left: str
) -> None:
    """A dvc.lock that DVC cannot read is no mere change, and the way back is named."""
    project.write("dvc.lock", left)
    said = _said(project, capsys)
    assert "wrong    dvc status: " in said
    assert "git checkout dvc.lock" in said


def test_a_remote_without_verification_is_wrong(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A remote from which a truncated object would be taken is called wrong."""
    project.dvc("remote", "modify", "local", "verify", "false")
    assert "dvc remote modify local verify true" in _said(project, capsys)


@pytest.mark.skipif(os.geteuid() != 0, reason="hardlinks are harmless for ordinary users")
def test_hardlinks_under_root_are_wrong(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Root's edits would go through a hardlink into the cache, and the doctor says so."""
    project.dvc("config", "cache.type", "hardlink")
    assert "reflink,copy" in _said(project, capsys)


def test_no_default_remote_is_remarked_on(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a default remote `dvc push` has nowhere to go."""
    project.dvc("config", "--unset", "core.remote")
    assert "no default DVC remote" in _said(project, capsys)


def test_a_folder_without_history_is_wrong(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A downloaded archive is told how to become a repository."""
    (project.root / ".git").rename(project.root / "gone")
    assert "git init" in _said(project, capsys)


def test_bytecode_switched_off_is_remarked_on(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PYTHONDONTWRITEBYTECODE makes commands slow, and the doctor says so."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" in _said(project, capsys)


def test_an_empty_local_remote_is_told_from_a_full_one(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty remote is a warning, not a fault."""
    assert "is empty" in _said(project, capsys, remote=True)
    (project.root / ".remote").mkdir()
    assert "answers; no credentials needed" in _said(project, capsys, remote=True)


def test_an_unreachable_s3_remote_is_wrong(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A remote that does not answer is named with the reason and the credentials in use."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    project.dvc("config", "core.remote", "s3")
    project.dvc("remote", "modify", "s3", "endpointurl", "http://127.0.0.1:9")
    assert "credentials: none given" in _said(project, capsys, remote=True)
    project.dvc("remote", "modify", "--local", "s3", "access_key_id", "someone")
    project.dvc("remote", "modify", "--local", "s3", "secret_access_key", "something")
    said = _said(project, capsys, remote=True)
    assert "does not answer" in said
    assert "credentials: .dvc/config.local" in said
