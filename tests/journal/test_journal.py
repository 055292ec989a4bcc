"""The journal keeps what it is given, whatever its database does."""

import json
import os
import resource
import shutil
import sqlite3
import stat
import tempfile
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from lockgate.contract import Column, Schema
from lockgate.errors import JournalError, ParamsError
from lockgate.journal import Conflict, Privacy, Record, Writer, open_store
from lockgate.journal.layout import VERSION, metadata, migrate, upgrade
from lockgate.journal.records import split_id

SCHEMA = Schema(
    entity="flat",
    entities="flats",
    version="1",
    columns=(
        Column(name="tenant", type="string", role="key", personal=True),
        Column(name="area", type="number", role="feature"),
        Column(name="rent", type="number", role="target"),
    ),
)
SECRET = "Ada Lovelace"


def record(number, rows=1, at=1_700_000_000_000):
    """Return a record with an id of its own."""
    name = f"{at:012x}7{number:019x}"
    inputs = [{"tenant": SECRET, "area": float(number)}] * rows
    said = {"predicted_rent": 2.0, "warnings": [f"tenant {SECRET!r} was never seen"]}
    outputs = json.dumps([said] * rows).encode()
    return Record(name, at * 1000, "asked", "1", "primary", 0.001, rows, inputs, outputs)


def side_by_side(one_by_one):
    """Return the same record with its rows side by side."""
    inputs = {name: [row[name] for row in one_by_one.inputs] for name in one_by_one.inputs[0]}
    said = json.loads(one_by_one.outputs)
    outputs = {name: [each[name] for each in said] for name in said[0]}
    return one_by_one._replace(inputs=inputs, outputs=json.dumps(outputs).encode())


@pytest.fixture
def path(tmp_path):
    """Return where the journal goes."""
    return tmp_path / "deep" / "journal.db"


def make_writer(path, most=10_000, salt=b"", days=None):
    """Return a writer that is running."""
    writer = Writer(open_store(str(path), Privacy(SCHEMA, salt)), most, days)
    writer.start()
    return writer


def until(holds, seconds=20):
    """Wait for something that shall come."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def count(path):
    """Return how many records the file holds, read by nothing of ours."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute("select count(*) from predictions").fetchone()[0]
    finally:
        connection.close()


def written(path):
    """Return every byte of the journal's files."""
    return b"".join(each.read_bytes() for each in path.parent.iterdir())


def test_a_normal_stop_loses_nothing(path):
    """All that was put before is there after, in WAL mode."""
    writer = make_writer(path)
    for number in range(3_000):
        writer.put(record(number))
    writer.close(30)
    assert count(path) == writer.written == 3_000
    assert (writer.dropped, writer.waiting, writer.failure) == (0, 0, "")
    assert sqlite3.connect(path).execute("pragma journal_mode").fetchone() == ("wal",)


def test_an_older_file_keeps_its_pages(path):
    """A file is written on as it was begun, and a new one has larger pages."""
    path.parent.mkdir()
    older = sqlite3.connect(path)
    older.executescript("pragma page_size=4096; pragma journal_mode=wal; create table other (x)")
    older.close()
    for file, size in ((path, 4096), (path.with_name("new.db"), 16384)):
        writer = make_writer(file)
        writer.put(record(1, rows=200))
        writer.close(30)
        assert sqlite3.connect(file).execute("pragma page_size").fetchone() == (size,)
        assert count(file) == 1


def test_a_record_is_read_as_it_was_written(path):
    """Inputs and outputs by place; rows that were not answered stay empty."""
    writer = make_writer(path)
    kept = record(1, rows=2)
    writer.put(kept)
    assert writer.flush(20)
    found = writer.store.find([kept.id])[kept.id]
    assert (found["rows"], found["made_at"]) == (2, kept.made_at)
    assert found["inputs"] == [{"area": 1.0}] * 2
    assert [each["id"] for each in writer.store.all()] == [kept.id]
    writer.close(20)


def test_writing_again_changes_nothing(path):
    """As when the answer to a commit is lost."""
    store = open_store(str(path), Privacy(SCHEMA))
    store.prepare()
    store.write([record(1)])
    store.write([record(1), record(2)])
    assert len(list(store.all())) == 2
    store.close()


@pytest.mark.parametrize("form", [lambda kept: kept, side_by_side], ids=["rows", "columns"])
@pytest.mark.parametrize("salt", [b"", b"pepper"])
def test_personal_values_are_never_in_the_file(path, salt, form):
    """Hashed with the salt, or left out without one; warnings, which repeat values, neither."""
    writer = make_writer(path, salt=salt)
    writer.put(form(record(1)))
    assert writer.flush(20)
    (kept,) = writer.store.all()
    assert SECRET.encode() not in written(path)
    assert ("tenant" in kept["inputs"][0]) == bool(salt)
    hidden = Privacy(SCHEMA, salt).key("tenant", SECRET)
    assert kept["inputs"][0].get("tenant") == hidden
    assert kept["outputs"] == [{"predicted_rent": 2.0}]
    writer.close(20)


def test_a_full_queue_drops_and_counts():
    """Rows, not requests; one request alone is taken however large."""
    writer = Writer(open_store("unused", Privacy(SCHEMA)), most=10)
    writer.put(record(1, rows=50))
    writer.put(record(2, rows=3))
    assert (writer.waiting, writer.dropped) == (50, 3)
    writer.close(0)
    assert writer.dropped == 53


def test_a_locked_database_is_waited_for(path):
    """What came meanwhile is written once the lock is gone."""
    writer = make_writer(path)
    writer.put(record(1))
    assert writer.flush(20)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    writer.put(record(2))
    until(lambda: writer.failure)
    assert not writer.flush(0.1)
    other.execute("rollback")
    other.close()
    until(lambda: writer.written == 2)
    writer.close(20)
    assert count(path) == 2


def test_a_deleted_file_is_made_again(path):
    """What is put afterwards is kept; a connection to the lost file would swallow it."""
    writer = make_writer(path)
    writer.put(record(1))
    assert writer.flush(20)
    shutil.rmtree(path.parent)
    writer.put(record(2))
    until(lambda: writer.written == 2)
    writer.close(20)
    assert count(path) == 1


def test_a_full_disk_costs_nothing_that_the_queue_can_hold(path):
    """Files cannot grow for a while, then they can."""
    writer = make_writer(path)
    writer.put(record(1))
    assert writer.flush(20)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        for number in range(2, 2_002):
            writer.put(record(number))
        until(lambda: writer.failure)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    until(lambda: writer.written == 2_001)
    writer.close(20)
    assert (count(path), writer.dropped) == (2_001, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user for a while: needs root")
def test_a_read_only_folder_is_waited_for():
    """Once it can be written, what waits is written."""
    folder = Path(tempfile.mkdtemp(prefix="journal"))
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR | stat.S_IROTH | stat.S_IXOTH)
    os.seteuid(65534)
    try:
        writer = make_writer(folder / "journal.db")
        writer.put(record(1))
        until(lambda: writer.failure)
    finally:
        os.seteuid(0)
    until(lambda: writer.written == 1)
    writer.close(20)
    assert count(folder / "journal.db") == 1
    shutil.rmtree(folder)


def test_what_cannot_be_written_in_time_is_counted(tmp_path):
    """A stop does not wait for ever for a file that is no database."""
    path = tmp_path / "journal.db"
    path.write_text("this is no database" * 1000)
    writer = make_writer(path)
    writer.put(record(1, rows=4))
    until(lambda: writer.failure)
    writer.close(0.2)
    assert writer.dropped == 4


def test_feedback_is_kept_once(path):
    """The same value again is no change; another is a conflict, and nothing of it is kept."""
    store = open_store(str(path), Privacy(SCHEMA))
    store.prepare()
    kept = record(1, rows=3)
    store.write([kept])
    assert store.give([(kept.id, 0, 5.0), (kept.id, 1, 6.0)]) == 2
    assert store.give([(kept.id, 1, 6.0)]) == 0
    with pytest.raises(Conflict):
        store.give([(kept.id, 2, 1.0), (kept.id, 0, 7.0)])
    assert store.find([kept.id])[kept.id]["feedback"] == {0: 5.0, 1: 6.0}
    store.close()


def test_what_is_too_old_is_forgotten(path):
    """With its feedback; what is younger stays."""
    now = time.time_ns() // 1_000_000
    old, young = record(1, at=now - 3 * 86_400_000), record(2, at=now - 86_400_000)
    store = open_store(str(path), Privacy(SCHEMA))
    store.prepare()
    store.write([old, young])
    store.give([(old.id, 0, 1.0), (young.id, 0, 1.0)])
    store.close()
    writer = make_writer(path, days=2)
    until(lambda: count(path) == 1)
    assert not writer.store.find([old.id])
    assert writer.store.find([young.id])[young.id]["feedback"] == {0: 1.0}
    writer.close(20)


@pytest.mark.parametrize("form", [lambda kept: kept, side_by_side], ids=["rows", "columns"])
@pytest.mark.parametrize("column", ["tenant", "plot"])
def test_an_erased_person_is_gone_from_the_file(path, column, form):
    """With answer and feedback; the other rows of the same request stay."""
    store = open_store(str(path), Privacy(SCHEMA, b"pepper"))
    store.prepare()
    mine, other = {column: "Ada", "area": 77.125}, {column: "Bob", "area": 5.0}
    answers = b'[{"predicted_rent":91.375},{"predicted_rent":2.0}]'
    shared = record(1, rows=2)._replace(inputs=[mine, other], outputs=answers)
    alone = record(2)._replace(inputs=[mine], outputs=b'[{"predicted_rent":91.375}]')
    store.write([form(shared), form(alone)])
    store.give([(shared.id, 0, 55.625), (shared.id, 1, 3.0)])
    assert store.erase(column, "Ada") == 2
    assert store.erase(column, "Ada") == 0
    (left,) = store.all()
    assert left["outputs"] == [None, {"predicted_rent": 2.0}]
    assert store.find([shared.id])[shared.id]["feedback"] == {1: 3.0}
    for gone in (
        b"77.125",
        b"91.375",
        b"55.625",
        Privacy(SCHEMA, b"pepper").key(column, "Ada").encode(),
    ):
        assert gone not in written(path)
    store.close()


@pytest.mark.parametrize("column", ["tenant", "plot"])
@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        (" Ada ", "Ada"),
        ("Ada", " Ada "),
        (7, "7"),
        (7.0, "7"),
        (2.5, "2.5"),
        ('100%_"\\/\n\u00e9', '100%_"\\/\n\u00e9'),
    ],
)
def test_a_key_is_found_however_it_was_written(path, column, kept, asked):
    """And no other: not one that it is a part of."""
    store = open_store(str(path), Privacy(SCHEMA, b"pepper"))
    store.prepare()
    rows = [{column: kept}, {column: f"{kept}0"}, {"area": kept}]
    store.write([record(at)._replace(inputs=[row], outputs=b"[{}]") for at, row in enumerate(rows)])
    assert store.erase(column, asked) == 1
    assert store.erase(column, "") == 0
    assert len(list(store.all())) == 2
    store.close()


@pytest.mark.parametrize("make", [migrate, upgrade])
def test_the_migrations_make_the_tables_that_the_code_knows(path, make):
    """Column by column, as a new journal has them; a second start finds nothing to do."""
    path.parent.mkdir()
    store = open_store(str(path), Privacy(SCHEMA))
    with store.engine.begin() as connection:
        make(connection)
    store.prepare()
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_heads() == (VERSION,)
    store.close()


def test_an_older_journal_is_brought_up(path):
    """By the migrations that it lacks."""
    store = open_store(str(path), Privacy(SCHEMA))
    path.parent.mkdir()
    with store.engine.begin() as connection:
        connection.execute(text("create table alembic_version (version_num varchar(32))"))
    store.prepare()
    store.write([record(1)])
    assert count(path) == 1
    store.close()


def test_a_journal_of_the_first_version_keeps_what_it_holds(path):
    """And takes rows side by side from then on."""
    store = open_store(str(path), Privacy(SCHEMA))
    store.prepare()
    store.write([record(1, rows=2)])
    with store.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '1'"))
    store.doubt()
    store.prepare()
    store.write([side_by_side(record(2, rows=2))])
    first, second = store.all()
    assert first["inputs"] == [{"area": 1.0}] * 2
    assert second["inputs"] == [{"area": 2.0}] * 2
    assert first["outputs"] == second["outputs"] == [{"predicted_rent": 2.0}] * 2
    store.close()


def test_a_newer_journal_is_left_alone(path):
    """With what to do."""
    store = open_store(str(path), Privacy(SCHEMA))
    store.prepare()
    with store.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9'"))
    store.doubt()
    with pytest.raises(JournalError, match="version 9"):
        store.prepare()
    store.close()


@pytest.mark.parametrize("url", ["mysql://host/base", "sqlite://", "http//://", "://"])
def test_another_database_is_refused(url):
    """Before anything is served."""
    with pytest.raises(ParamsError, match="LOCKGATE_JOURNAL_URL"):
        open_store(url, Privacy(SCHEMA))


def test_ids_name_requests_and_rows():
    """And what is no id names nothing."""
    name = "0" * 32
    assert split_id(name) == (name, None)
    assert split_id(f"{name}-12") == (name, 12)
    for wrong in (
        "",
        "x",
        f"{name}-",
        f"{name}--1",
        f"{name}-1e3",
        f"{name}\0",
        name.upper() + "Z",
    ):
        assert split_id(wrong) == ("", None)


def test_a_record_that_cannot_be_written_takes_no_other_with_it(path):
    """It is counted as dropped, and the journal goes on."""
    writer = Writer(open_store(str(path), Privacy(SCHEMA, b"")), 10_000)
    for number in range(20):
        writer.put(record(number))
    writer.put(record(20)._replace(inputs=[{"area": object()}]))
    for number in range(21, 40):
        writer.put(record(number))
    writer.start()
    assert writer.flush(20)
    assert (writer.written, writer.dropped) == (39, 1)
    writer.put(record(40))
    writer.close(20)
    assert (count(path), writer.failure) == (40, "")
