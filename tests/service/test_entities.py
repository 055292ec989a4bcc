"""What `lockgate precompute` predicted is answered by key."""

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from typer.testing import CliRunner

from lockgate import load_predictor
from lockgate.artifact.released import POINTER, RELEASES, Pointer, to_json
from lockgate.cli.app import app as cli
from lockgate.contract import Column
from lockgate.errors import BundleError, DeliveryError, EnvironmentProblem, ParamsError
from lockgate.service import create_app, remote
from lockgate.service.naming import Naming
from lockgate.service.problems import Problem
from lockgate.service.settings import Settings
from lockgate.tables import ParquetSink, read_csv_batches, write_csv
from tests.artifact import cases
from tests.service.client import call
from tests.service.test_feedback import talk

ROWS = """\
id,area,rooms,kind,place,sold_on
r1,80,3,flat,p1,2025-03-01
r2,999,3,flat,nowhere,2025-03-01
a/b c?%,50,2,loft,p2,2025-03-01
r1,81,3,flat,p1,2025-03-01
"""
ROW = {"area": 81.0, "rooms": 3, "kind": "flat", "place": "p1", "sold_on": "2025-03-01"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Be in a project with a model and a file of rows."""
    (tmp_path / "models").mkdir()
    cases.copy_bundle(tmp_path / "models" / "model")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCKGATE_JOURNAL", "off")
    monkeypatch.setattr(remote, "PATIENCE", 5.0)
    Path("rows.csv").write_text(ROWS)
    return tmp_path


def precompute(*arguments):
    """Run the command; return what it says."""
    return CliRunner().invoke(cli, ["precompute", *arguments], catch_exceptions=False).output


def erase(key):
    """Run the command that erases a key; return what it says."""
    arguments = ["journal", "erase", "--key", key]
    return CliRunner().invoke(cli, arguments, catch_exceptions=False).output


def get(app, key):
    """Ask for an entity."""
    return call(app, "GET", f"/predict/flat/{quote(key, safe='')}")


def answered(reply):
    """Return an answer without what is its own alone."""
    assert reply.status_code == 200
    own = {"prediction_id", "predicted_at"}
    return {name: value for name, value in reply.json().items() if name not in own}


@pytest.mark.usefixtures("project")
def test_a_known_entity_is_answered_as_its_row_would_be(monkeypatch):
    """With interval and warnings; of a key that comes twice the last row counts."""
    said = precompute("rows.csv")
    assert "4 rows precomputed for model" in said
    monkeypatch.setenv("LOCKGATE_JOURNAL", "journal.db")
    app = create_app()
    known, posted, odd = talk(
        app,
        ("GET", "/predict/flat/r1", None),
        ("POST", "/predict", ROW),
        ("GET", "/predict/flat/r2", None),
    )
    assert answered(known) == answered(posted)
    assert known.json()["prediction_id"] != posted.json()["prediction_id"]
    assert len(odd.json()["warnings"]) == 2
    journal = sqlite3.connect("journal.db").execute("select inputs from predictions order by id")
    assert journal.fetchone() == ('[{"id":"r1"}]',)


@pytest.mark.usefixtures("project")
def test_any_key_can_be_asked_for_by_its_escapes():
    """A slash and a blank among them; it is trimmed as in the file."""
    precompute("rows.csv")
    app = create_app()
    assert get(app, "a/b c?%").status_code == 200
    assert get(app, " a/b c?% ").status_code == 200
    assert call(app, "GET", "/predict/flat/a/b%20c%3F%25").status_code == 200


@pytest.mark.usefixtures("project")
def test_an_unknown_key_is_told_what_to_do():
    """Also where nothing was precomputed at all, or for another model."""
    app = create_app()
    nothing = get(app, "r1")
    precompute("rows.csv")
    unknown, empty, known = get(app, "r9"), get(app, ""), get(app, "r1")
    assert (nothing.status_code, unknown.status_code, empty.status_code) == (404, 404, 422)
    assert "nothing of this model was precomputed: POST the row" in nothing.json()["detail"]
    assert "nothing with this id was precomputed" in unknown.json()["detail"]
    assert "lockgate precompute FILE" in unknown.json()["detail"]
    assert empty.json()["errors"] == [{"field": "id", "problem": "must not be missing"}]
    assert known.status_code == 200


def test_a_new_model_answers_from_its_own_entries_alone(project):
    """And the old one still from its own, should it come back."""
    precompute("rows.csv")
    old = answered(get(create_app(), "r1"))
    other = cases.save_bundle(project / "other", cases.linear("regression"))
    app = create_app(Settings(model=other))
    assert get(app, "r1").status_code == 404
    os.environ["LOCKGATE_MODEL"] = str(other)
    try:
        precompute("rows.csv")
    finally:
        del os.environ["LOCKGATE_MODEL"]
    assert answered(get(app, "r1")) != old
    assert answered(get(create_app(), "r1")) == old


def test_what_is_in_production_is_precomputed(project):
    """As it is what answers, and not the candidate in models/model."""
    folder = cases.save_bundle(project / RELEASES / "v1.0.0", cases.linear("regression"))
    hash_ = load_predictor(folder).lineage.model_hash
    Path(POINTER).write_text(to_json(Pointer(version="v1.0.0", model_hash=hash_)))
    assert f"for model {hash_[:8]}" in precompute("rows.csv")
    assert answered(get(create_app(), "r1"))["model_version"] == "v1.0.0"


@pytest.mark.usefixtures("project")
def test_precomputing_again_changes_nothing():
    """The file holds the same entries."""

    def entries():
        found = sqlite3.connect(".lockgate/precomputed.db").execute(
            "select model, key, entry from entries order by model, key"
        )
        return found.fetchall()

    precompute("rows.csv")
    once = entries()
    precompute("rows.csv")
    assert entries() == once
    assert len(once) == 3


@pytest.mark.usefixtures("project")
def test_rows_that_do_not_fit_are_set_aside_with_their_reasons():
    """Every row is in one of the two numbers; a row without a key has none to be found by."""
    Path("bad.csv").write_text("id,area,rooms\ng1,80,3\n,80,3\nb1,-1,3\nb2,80\ng2,70,2\n")
    said = precompute("bad.csv")
    assert "2 rows precomputed" in said
    assert "3 rows rejected, with reasons: .lockgate/bad.rejects.csv" in said
    (batch,) = read_csv_batches(Path(".lockgate/bad.rejects.csv"))
    rows = batch.cells.to_pylist()
    assert [(row["line"], row["reasons"]) for row in rows][:2] == [
        ("3", "id: required"),
        ("4", "area: range"),
    ]
    assert rows[2]["line"] == "5"
    app = create_app()
    assert [get(app, key).status_code for key in ("g1", "g2", "b1")] == [200, 200, 404]
    precompute("bad.csv", "--rejects", "elsewhere.csv")
    assert Path("elsewhere.csv").exists()


@pytest.mark.usefixtures("project")
def test_a_file_without_the_key_is_refused():
    """By the column's name."""
    Path("bad.csv").write_text("area,rooms\n80,3\n")
    with pytest.raises(DeliveryError, match="id"):
        precompute("bad.csv")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_big_file_streams_through(ending):
    """In batches, each kept as it is predicted; CSV and Parquet are the same."""
    rows = cases.make_rows(25_000)
    rows["area"] = np.nan_to_num(rows["area"], nan=70.0)
    if ending == "csv":
        write_csv(Path("big.csv"), rows)
    else:
        with ParquetSink(Path("big.parquet")) as sink:
            sink.write(rows)
    assert "25,000 rows precomputed" in precompute(f"big.{ending}")
    (value,) = load_predictor("models/model").predict_columns(cases.one(rows, 24_999))["value"]
    assert answered(get(create_app(), "r24999"))["predicted_rent"] == value
    (count,) = sqlite3.connect(".lockgate/precomputed.db").execute("select count(*) from entries")
    assert count == (25_000,)


@pytest.mark.usefixtures("project")
def test_what_cannot_be_written_is_said(monkeypatch):
    """And what cannot be read is answered as such."""
    Path("taken.db").write_text("this is no database" * 100)
    monkeypatch.setenv("LOCKGATE_PRECOMPUTED", "taken.db")
    with pytest.raises(EnvironmentProblem, match=r"taken\.db: predictions cannot be kept"):
        precompute("rows.csv")
    reply = get(create_app(), "r1")
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    monkeypatch.setenv("LOCKGATE_MODEL", "nowhere")
    with pytest.raises(BundleError):
        precompute("rows.csv")


def test_redis_can_hold_them(project, redis, monkeypatch):
    """Where it is gone, the service says so."""
    monkeypatch.setenv("LOCKGATE_PRECOMPUTED", "redis")
    monkeypatch.setenv("LOCKGATE_REDIS_URL", redis.url)
    asked = ("GET", "/predict/flat/r1", None)

    def kill(_):
        redis.kill()
        return asked

    def fill(_):
        precompute("rows.csv")
        return asked

    empty, known, unknown, gone = talk(
        create_app(), asked, fill, ("GET", "/predict/flat/r9", None), kill
    )
    assert (empty.status_code, unknown.status_code, gone.status_code) == (404, 404, 503)
    (posted,) = talk(create_app(), ("POST", "/predict", ROW))
    assert answered(known) == answered(posted)
    assert not (project / ".lockgate" / "precomputed.db").exists()
    with pytest.raises(EnvironmentProblem, match="redis: predictions cannot be kept"):
        precompute("rows.csv")
    monkeypatch.setenv("LOCKGATE_REDIS_URL", "http://nowhere")
    with pytest.raises(ParamsError, match="no URL of Redis"):
        precompute("rows.csv")


def change(directory, **updates):
    """Change columns of a bundle's schema; the key is called id."""
    schema = cases.make_schema()
    columns = tuple(each.model_copy(update=updates.get(each.name, {})) for each in schema.columns)
    text = schema.model_copy(update={"columns": columns}).to_json()
    (directory / "schema.json").write_text(text)
    cases.reseal(directory)


def test_a_personal_key_is_kept_as_a_hash(project, monkeypatch):
    """With the journal's salt, and not without one; warnings repeat no value."""
    change(project / "models" / "model", id={"personal": True})
    with pytest.raises(ParamsError, match=r"id is personal(.|\n)*LOCKGATE_JOURNAL_SALT"):
        precompute("rows.csv")
    assert get(create_app(), "r1").status_code == 404
    monkeypatch.setenv("LOCKGATE_JOURNAL_SALT", "hush")
    precompute("rows.csv")
    content = Path(".lockgate/precomputed.db").read_bytes()
    assert b"r1" not in content
    assert b"nowhere" not in content
    monkeypatch.setenv("LOCKGATE_JOURNAL", "journal.db")
    app = create_app()
    (reply,) = talk(app, ("GET", "/predict/flat/r2", None))
    assert reply.json()["warnings"] == [
        "area is outside the training range",
        "place was never seen in training",
    ]
    (inputs,) = sqlite3.connect("journal.db").execute("select inputs from predictions").fetchone()
    assert "hmac-sha256:" in inputs


@pytest.mark.parametrize("store", ["file", "redis"])
def test_an_erased_person_is_not_known_any_more(project, redis, monkeypatch, store):
    """Of no model, whether the key is kept as it is or as a hash."""
    change(project / "models" / "model", id={"personal": True})
    monkeypatch.setenv("LOCKGATE_JOURNAL", "journal.db")
    monkeypatch.setenv("LOCKGATE_JOURNAL_SALT", "hush")
    if store == "redis":
        monkeypatch.setenv("LOCKGATE_PRECOMPUTED", "redis")
        monkeypatch.setenv("LOCKGATE_REDIS_URL", redis.url)
    assert "0 rows erased\n" in erase("r1")
    precompute("rows.csv")
    talk(create_app(), ("GET", "/predict/flat/r1", None))
    assert "1 rows erased, 1 precomputed answers" in erase(" r1")
    assert "0 rows erased\n" in erase("r1")
    gone, kept = talk(
        create_app(), ("GET", "/predict/flat/r1", None), ("GET", "/predict/flat/r2", None)
    )
    assert (gone.status_code, kept.status_code) == (404, 200)


def test_what_cannot_be_erased_is_said(project, monkeypatch):
    """A key that the contract does not allow was never kept."""
    change(project / "models" / "model", id={"pattern": "r[0-9]"})
    monkeypatch.setenv("LOCKGATE_JOURNAL", "journal.db")
    assert "0 rows erased\n" in erase("x")
    Path("taken.db").write_text("this is no database" * 100)
    monkeypatch.setenv("LOCKGATE_PRECOMPUTED", "taken.db")
    with pytest.raises(EnvironmentProblem, match=r"taken\.db: predictions cannot be erased"):
        erase("r1")


def test_without_a_key_there_is_no_such_endpoint(project):
    """And nothing to precompute."""
    change(project / "models" / "model", id={"role": "feature"})
    app = create_app()
    assert "/predict/flat/{key}" not in call(app, "GET", "/openapi.json").json()["paths"]
    assert get(app, "r1").status_code == 404
    with pytest.raises(ParamsError, match="no key"):
        precompute("rows.csv")


@pytest.mark.usefixtures("project")
def test_openapi_describes_it():
    """As an answer like that of POST /predict."""
    document = call(create_app(), "GET", "/openapi.json").json()
    described = document["paths"]["/predict/flat/{key}"]["get"]
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Prediction"}
    assert "Prediction" in document["components"]["schemas"]
    assert [each["name"] for each in described["parameters"]] == ["key"]


KEYS = [
    ("integer", " 7", "7", 7.0),
    ("integer", "7.0", "7", 7.0),
    ("number", "2.50", "2.5", 2.5),
    ("number", "-1e3", "-1000", -1000.0),
    ("boolean", "Yes", "1", 1.0),
    ("date", "2025-03-01", "2025-03-01", np.datetime64("2025-03-01", "s")),
    ("timestamp", "2025-03-01T12:00+02:00", "2025-03-01T10:00:00", "2025-03-01T10:00:00"),
    ("string", " x ", "x", "x"),
]


@pytest.mark.parametrize(("kind", "text", "name", "value"), KEYS)
def test_a_key_from_a_url_is_the_key_from_a_file(kind, text, name, value):
    """However either writes it."""
    column = Column(name="id", type=kind, role="key", nullable=False)
    naming = Naming(column, cases.make_schema())
    dtype = {"string": object, "date": "datetime64[s]", "timestamp": "datetime64[s]"}
    assert naming.of_url(text) == name
    assert naming.of_values(np.array([value], dtype.get(kind, float))) == [name]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ({"type": "integer"}, "7.5"),
        ({"type": "integer"}, "seven"),
        ({"type": "integer"}, "1e999"),
        ({"type": "number", "maximum": 5}, "6"),
        ({"type": "date"}, "2025-02-30"),
        ({"type": "string", "pattern": "r[0-9]+"}, "x1"),
        ({"type": "string", "missing": ("", "?")}, "?"),
        ({"type": "boolean"}, "perhaps"),
    ],
)
def test_a_key_that_the_contract_does_not_allow_is_refused(column, text):
    """In the words of any other field."""
    naming = Naming(Column(name="id", role="key", **column), cases.make_schema())
    with pytest.raises(Problem) as refused:
        naming.of_url(text)
    assert refused.value.status == 422
    assert refused.value.detail.startswith("id must")
