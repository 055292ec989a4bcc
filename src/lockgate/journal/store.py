"""What the journal writes into its database, and reads from it."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, select

from lockgate.journal.databases import insert_of, open_engine
from lockgate.journal.layout import feedback, migrate, predictions
from lockgate.journal.privacy import Privacy, as_text
from lockgate.journal.records import Record
from lockgate.journal.rows import rows_of


class Conflict(Exception):
    """Another true value was given before; `place` in the list of what was given now."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class Store:
    """Reads and writes the journal; every method may raise `sqlalchemy.exc.SQLAlchemyError`.

    Parameters
    ----------
    engine : Engine
        Of SQLite or PostgreSQL.
    privacy : Privacy
        Takes personal values out of what is written.
    """

    def __init__(self, engine: Engine, privacy: Privacy) -> None:
        self.engine = engine
        self.privacy = privacy
        self._insert = insert_of(engine)
        # As text, because SQLAlchemy takes longer over a row than SQLite does.
        keep = self._insert(predictions).on_conflict_do_nothing()
        self._keep = str(keep.compile(dialect=engine.dialect))
        self._file = Path(engine.url.database or "") if engine.name == "sqlite" else None
        self._inode = 0
        self._preparing = threading.Lock()

    def prepare(self) -> None:
        """Make or migrate the tables where that is due; cheap where it is not.

        A SQLite file that was deleted under an open connection would take rows to its grave.
        """
        with self._preparing:
            if self._inode and self._inode == self._seen():
                return
            self.engine.dispose()
            if self._file:
                self._file.parent.mkdir(parents=True, exist_ok=True)
            with self.engine.begin() as connection:
                migrate(connection)
            self._inode = self._seen()

    def doubt(self) -> None:
        """Let the next `prepare` look at the tables again."""
        self._inode = 0

    def _seen(self) -> int:
        if self._file is None:
            return 1
        try:
            return self._file.stat().st_ino
        except OSError:
            return 0

    def write(self, records: Sequence[Record]) -> None:
        """Keep records, all or none; those that are there already stay as they are."""
        rows = [self._row(record) for record in records]
        with self.engine.begin() as connection:
            connection.exec_driver_sql(self._keep, rows)

    def _row(self, record: Record) -> tuple[Any, ...]:
        """Return the values of a record in the order of the table's columns."""
        *plain, inputs, outputs = record
        kept = orjson.dumps(self.privacy.inputs(inputs)), self.privacy.outputs(outputs)
        return (*plain, *map(bytes.decode, kept))

    def find(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the records with these ids, inputs and outputs as lists, feedback by place."""
        with self.engine.connect() as connection:
            wanted = predictions.select().where(predictions.c.id.in_(ids))
            found = {row["id"]: _record(row) for row in connection.execute(wanted).mappings()}
            _complete(connection, found)
        return found

    def give(self, truths: Sequence[tuple[str, int, Any]]) -> int:
        """Keep the true values of predictions, all or none; return how many are new.

        Parameters
        ----------
        truths : sequence of tuple
            Id of the request, place of the row, true value.

        Raises
        ------
        Conflict
            When another value was given before.
        """
        new = 0
        now = time.time_ns() // 1000
        with self.engine.begin() as connection:
            for at, (prediction, place, truth) in enumerate(truths):
                text = orjson.dumps(truth).decode()
                row = {"prediction": prediction, "place": place, "truth": text, "given_at": now}
                # Returning, because PostgreSQL's driver does not count what was left out.
                insert = self._insert(feedback).on_conflict_do_nothing()
                if connection.scalar(insert.returning(feedback.c.prediction), row):
                    new += 1
                elif _truth(connection, prediction, place) != text:
                    raise Conflict(at)
        return new

    def all(self, containing: str = "") -> Iterator[dict[str, Any]]:
        """Yield every record, or each whose inputs contain a text, the oldest first."""
        wanted = predictions.select().order_by(predictions.c.id)
        if containing:
            wanted = wanted.where(predictions.c.inputs.contains(containing, autoescape=True))
        with self.engine.connect() as connection:
            found = connection.execution_options(yield_per=500).execute(wanted)
            for page in found.mappings().partitions():
                records = {row["id"]: _record(row) for row in page}
                _complete(connection, records)
                yield from records.values()

    def prune(self, before: int) -> int:
        """Delete what is older; return how many requests that were.

        Parameters
        ----------
        before : int
            Milliseconds since 1970, UTC.
        """
        first = f"{before:012x}"
        with self.engine.begin() as connection:
            connection.execute(feedback.delete().where(feedback.c.prediction < first))
            gone = connection.execute(predictions.delete().where(predictions.c.id < first))
        return gone.rowcount

    def erase(self, column: str, value: str) -> int:
        """Empty every row that has a value in a column, with its feedback; return how many.

        Requests of which no row is left are deleted. The database looks through all records.
        """
        kept = self.privacy.key(column, value.strip())
        if not kept:
            return 0
        gone = 0
        for record in self.all(orjson.dumps(kept).decode()[1:-1]):
            inputs, outputs = record["inputs"], record["outputs"]
            places = [at for at, row in enumerate(inputs) if _holds(row, column, kept)]
            for place in places:
                inputs[place] = outputs[place] = None
            if places:
                self._shrink(record["id"], inputs, outputs, places)
            gone += len(places)
        self._forget()
        return gone

    def _shrink(
        self, name: str, inputs: list[Any], outputs: list[Any], places: Sequence[int]
    ) -> None:
        one = predictions.c.id == name
        texts = {
            "inputs": orjson.dumps(inputs).decode(),
            "outputs": orjson.dumps(outputs).decode(),
        }
        spoken = (feedback.c.prediction == name) & feedback.c.place.in_(places)
        with self.engine.begin() as connection:
            connection.execute(feedback.delete().where(spoken))
            if any(inputs):
                connection.execute(predictions.update().where(one).values(texts))
            else:
                connection.execute(predictions.delete().where(one))

    def _forget(self) -> None:
        """Take what was deleted out of SQLite's log, which still holds it."""
        if self._file:
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def open_store(target: str, privacy: Privacy) -> Store:
    """Return the store of a SQLite file or of an SQLAlchemy URL; nothing is connected to yet.

    Raises
    ------
    ParamsError
        When the URL is none, or of another database than SQLite and PostgreSQL.
    """
    return Store(open_engine(target), privacy)


def _record(row: Any) -> dict[str, Any]:
    texts = {name: rows_of(orjson.loads(row[name]), row["rows"]) for name in ("inputs", "outputs")}
    plain = {str(name): value for name, value in row.items()}
    return plain | texts | {"feedback": {}}


def _complete(connection: Connection, records: dict[str, dict[str, Any]]) -> None:
    given = feedback.select().where(feedback.c.prediction.in_(list(records)))
    for row in connection.execute(given):
        records[row.prediction]["feedback"][row.place] = orjson.loads(row.truth)


def _holds(row: dict[str, Any] | None, column: str, kept: str | None) -> bool:
    value = row.get(column) if row else None
    return value is not None and as_text(value) == kept


def _truth(connection: Connection, prediction: str, place: int) -> str | None:
    wanted = (feedback.c.prediction == prediction) & (feedback.c.place == place)
    found: str | None = connection.scalar(select(feedback.c.truth).where(wanted))
    return found
