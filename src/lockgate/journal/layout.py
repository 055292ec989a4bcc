"""The tables, and bringing a database to them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    select,
)

from lockgate.errors import JournalError

VERSION = "2"

metadata = MetaData()

predictions = Table(
    "predictions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("made_at", BigInteger, nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("version", Text, nullable=False),
    Column("served_by", String(16), nullable=False),
    Column("seconds", Double, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("outputs", Text, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("prediction", String(32), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("truth", Text, nullable=False),
    Column("given_at", BigInteger, nullable=False),
)

# Alembic's own table, read here so that Alembic is loaded only where there is work for it.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def migrate(connection: Connection) -> None:
    """Bring the database to this version of the tables, inside the connection's transaction.

    A new database gets the newest tables; the migrations run where older ones hold something.

    Raises
    ------
    JournalError
        When a newer lockgate has written it.
    """
    if not inspect(connection).has_table(_version.name):
        _create(connection)
        return
    found = connection.scalar(select(_version.c.version_num))
    if found == VERSION:
        return
    if found and int(found) > int(VERSION):
        raise JournalError(
            f"its tables have version {found}, this lockgate knows {VERSION}",
            where="the journal",
            hint="update lockgate, or set another journal",
        )
    upgrade(connection)


def upgrade(connection: Connection) -> None:
    """Run the migrations that the database lacks."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "lockgate.journal:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _create(connection: Connection) -> None:
    """Make the newest tables at once, which takes neither Alembic nor its memory."""
    metadata.create_all(connection)
    _version.create(connection)
    connection.execute(_version.insert().values(version_num=VERSION))
