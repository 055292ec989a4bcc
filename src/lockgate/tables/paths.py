"""Opening files for reading, local or by URL, and replacing them in one step."""

import errno
import io
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockgate.errors import EnvironmentProblem, TableError


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
def writing(path: str | Path) -> Iterator[None]:
    """Turn what the system says about a file that cannot be written into an `EnvironmentProblem`.

    Errors of other files that are read meanwhile are expected to be turned by `reading`.
    """
    try:
        yield
    except OSError as problem:
        raise EnvironmentProblem(
            f"it cannot be written: {problem}",
            where=str(path),
            hint=_HINTS.get(problem.errno or 0, "look at the disk and at the folder's permissions"),
        ) from problem


_HINTS = {
    errno.ENOSPC: "free some space on this disk, and run it again",
    errno.EDQUOT: "free some of your quota on this disk, and run it again",
    errno.EROFS: "run it in a checkout that can be written to",
    errno.EACCES: "run it as a user who may write there",
}


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to, which takes the place of `path` when the block ends well.

    A reader sees the old file or the whole new one, never a part. Missing folders are made.

    Raises
    ------
    EnvironmentProblem
        When the disk is full or may not be written to.
    """
    with writing(path), scratch(path) as partial:
        yield partial
        partial.replace(path)


@contextmanager
def scratch(path: str | Path) -> Iterator[Path]:
    """Yield a free path beside `path`; what is there when the block ends is removed.

    So is what a process left behind that was killed inside such a block. Missing folders are made.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    for place in target.parent.iterdir():
        found = re.fullmatch(rf"\.{re.escape(target.name)}\.(\d{{1,9}})\.partial", place.name)
        if found and not _alive(int(found[1])):
            _remove(place)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    _remove(partial)
    try:
        yield partial
    finally:
        _remove(partial)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink(missing_ok=True)
