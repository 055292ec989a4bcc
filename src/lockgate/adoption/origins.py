"""Where a table comes from: files at hand, or a URL or a query that is fetched first."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lockgate.errors import TableError
from lockgate.tables.paths import is_url, scratch

FETCHED = Path(".lockgate", "fetched")


@dataclass(frozen=True)
class Query:
    """A query of a database, whose URL may hold a password and is shown to nobody."""

    url: str
    text: str

    def __repr__(self) -> str:
        return f"Query({self.text!r})"


def origin_of(source: str | None, url: str | None, query: str | None) -> str | Query:
    """Return the one origin that a command line names.

    Raises
    ------
    TableError
        When it names none, or two.
    """
    if source is not None and query is None:
        return source
    if source is None and url is not None and query is not None:
        return Query(url, query)
    raise TableError(
        "it is not clear which table is meant",
        hint='name a file, a folder, a glob or a URL, or give --sql URL --query "SELECT ..."',
    )


@contextmanager
def at_hand(root: Path, origin: str | Query, *, by_content: bool = False) -> Iterator[str]:
    """Yield a path or glob of files on this disk; what was fetched is removed when the block ends.

    Parameters
    ----------
    root : Path
        The project, on whose disk it is kept meanwhile.
    origin : str or Query
        A path, a glob, a URL or a query.
    by_content : bool
        Whether what is fetched gets a part of its hash into its name: the same address gives
        another delivery tomorrow.

    Raises
    ------
    TableError
        When it cannot be fetched.
    """
    if isinstance(origin, str) and not is_url(origin):
        yield origin
        return
    with scratch(root / FETCHED) as folder:
        folder.mkdir()
        path = _fetched(origin, folder)
        yield str(_named_by_content(path) if by_content else path)


def _fetched(origin: str | Query, folder: Path) -> Path:
    if isinstance(origin, Query):
        from lockgate.sources.databases import query_to_csv

        return query_to_csv(origin.url, origin.text, folder)
    from lockgate.sources.urls import fetch

    return fetch(origin, folder)


def _named_by_content(path: Path) -> Path:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:8]
    stem, _, endings = path.name.partition(".")
    return path.rename(path.with_name(f"{stem}-{digest}.{endings}"))
