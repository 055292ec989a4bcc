"""What was predicted, and what turned out true: kept in a database, off the request path."""

from lockgate.journal.privacy import Privacy
from lockgate.journal.records import Record
from lockgate.journal.rows import Cells, Rows
from lockgate.journal.store import Conflict, Store, open_store
from lockgate.journal.writer import Writer

__all__ = ["Cells", "Conflict", "Privacy", "Record", "Rows", "Store", "Writer", "open_store"]
