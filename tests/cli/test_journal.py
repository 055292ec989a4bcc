"""`lockgate journal`: what the service kept, on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lockgate import load_predictor
from lockgate.artifact.released import POINTER, RELEASES, Pointer, to_json
from lockgate.cli.app import app
from lockgate.errors import JournalError, ParamsError
from lockgate.journal import Privacy, Record, open_store
from tests.artifact import cases


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Be in a project whose journal holds one old request of two rows."""
    (tmp_path / "models").mkdir()
    cases.copy_bundle(tmp_path / "models" / "model")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCKGATE_JOURNAL", raising=False)
    store = open_store(".lockgate/journal.db", Privacy(cases.make_schema()))
    store.prepare()
    inputs = [{"id": "r1", "area": 1.0}, {"id": "r2", "area": 2.0}]
    record = Record("0" * 32, 0, "asked", "1", "primary", 0.1, 2, inputs, b"[{}, {}]")
    store.write([record])
    store.give([(record.id, 1, 5.0)])
    store.close()


def run(*arguments):
    """Run a command that must succeed, or raise what it raises."""
    return CliRunner().invoke(app, ["journal", *arguments], catch_exceptions=False).output


@pytest.mark.usefixtures("kept")
def test_a_person_is_erased_and_the_rest_exported_and_pruned():
    """One after the other."""
    assert "1 rows erased" in run("erase", "--key", "r1")
    assert "1 requests" in run("export", "out.ndjson")
    record = json.loads(Path("out.ndjson").read_text())
    assert record["inputs"] == [None, {"id": "r2", "area": 2.0}]
    assert record["feedback"] == {"1": 5.0}
    assert "1 requests deleted" in run("prune", "--days", "30")
    assert "0 requests" in run("export", "out.ndjson")


@pytest.mark.usefixtures("kept")
def test_a_machine_that_has_a_release_alone_will_do(tmp_path):
    """What a key is, is known from what is served."""
    folder = tmp_path / RELEASES / "v1.0.0"
    folder.parent.mkdir()
    (tmp_path / "models" / "model").rename(folder)
    hash_ = load_predictor(folder).lineage.model_hash
    Path(POINTER).write_text(to_json(Pointer(version="v1.0.0", model_hash=hash_)))
    assert "1 rows erased" in run("erase", "--key", "r1")


@pytest.mark.usefixtures("kept")
def test_what_cannot_be_used_is_said(monkeypatch, tmp_path):
    """No journal, no bundle, no database."""
    monkeypatch.setenv("LOCKGATE_JOURNAL", str(tmp_path))
    with pytest.raises(JournalError, match="OperationalError"):
        run("prune", "--days", "1")
    monkeypatch.setenv("LOCKGATE_JOURNAL", "off")
    with pytest.raises(ParamsError, match="is off"):
        run("prune", "--days", "1")
    monkeypatch.setenv("LOCKGATE_MODEL", "nowhere")
    with pytest.raises(ParamsError, match="no model bundle"):
        run("prune", "--days", "1")
