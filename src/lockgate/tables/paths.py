"""Opening files for reading, local or by URL, and replacing them in one step."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockgate.errors import TableError


def is_url(path: str | Path) -> bool:
    """Tell whether `path` is a URL such as ``s3://bucket/sales.csv``."""
    return "://" in str(path)


def open_input(path: str | Path) -> io.BufferedReader:
    """Open a local file or a URL for reading bytes.

    Raises
    ------
    TableError
        When there is no such file, it may not be read, or nothing can open such a URL.
    """
    with reading(path):
        if not is_url(path):
            return Path(path).open("rb")
        import fsspec

        return io.BufferedReader(fsspec.open(str(path), "rb").open())


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Turn what the system says about a file that cannot be read into a `TableError`."""
    try:
        yield
    except FileNotFoundError:
        raise TableError("the file does not exist", where=str(path)) from None
    except (OSError, ImportError, ValueError) as problem:
        raise TableError(f"the file cannot be read: {problem}", where=str(path)) from problem


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to, which takes the place of `path` when the block ends well.

    A reader sees the old file or the whole new one, never a part. Missing folders are made.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
