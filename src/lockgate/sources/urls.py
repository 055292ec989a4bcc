"""A table behind a URL, streamed into a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lockgate.errors import TableError

CONNECT_SECONDS = 30
SILENT_SECONDS = 120
PROBED_BYTES = 512
_ENDINGS = {b"PAR1": ".parquet", b"{": ".jsonl"}
_REFUSED = (401, 403)


def fetch(url: str, folder: Path) -> Path:
    """Stream what a URL names into `folder`, under its own name, and return where.

    Parameters
    ----------
    url : str
        Of http, https, s3, or any other protocol that fsspec knows and whose package is installed.
        What stands before the host and after a question mark may be secret, and is told nobody.
    folder : Path
        Exists.

    Raises
    ------
    TableError
        When it is no URL, there is nothing at it, it may not be read, or the network fails.
    """
    import fsspec

    shown = displayed(url)
    with _explained(shown):
        files, path = fsspec.core.url_to_fs(url, **_options(url))
        target = folder / (Path(urlsplit(url).path).name or "table")
        files.get_file(path, str(target))
    if not target.is_file():
        raise TableError(
            "this is a folder", where=shown, hint="name one file, or fetch the folder first"
        )
    return _named(target, shown)


def displayed(url: str) -> str:
    """Return the URL without user, password and query; its scheme alone where that is unsure.

    Raises
    ------
    TableError
        When it is no URL, or a password in it may have ended it early.
    """
    # What was given is not repeated: it may hold a password.
    unusable = TableError(
        "this is no URL, or none that can be read in one way only",
        where="the address",
        hint="write scheme://user:password@host/path, with the characters / # ? @ of a password "
        "as %2F %23 %3F %40, and an @ behind the host as %40",
    )
    try:
        parts = urlsplit(url)
    except ValueError:
        raise unusable from None
    late = any("@" in part for part in parts[2:])
    if not url.lower().startswith(f"{parts.scheme}://") or (late and ":" in parts.netloc):
        raise unusable
    if late:
        return f"{parts.scheme}://..."
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _options(url: str) -> dict[str, Any]:
    if not url.lower().startswith(("http://", "https://")):
        return {}
    from aiohttp import ClientTimeout

    # By default a download ends after five minutes, however well it goes.
    patience = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
    return {"client_kwargs": {"timeout": patience, "trust_env": True}}


def _named(path: Path, shown: str) -> Path:
    """Give a file whose name says nothing the ending of what it holds."""
    with path.open("rb") as file:
        start = file.read(PROBED_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:9].lower().startswith((b"<!doctype", b"<html")):
        raise TableError(
            "this is a web page, not a table",
            where=shown,
            hint="look for the address of the file itself, often named raw or download",
        )
    if path.suffix:
        return path
    ending = next((end for magic, end in _ENDINGS.items() if start.startswith(magic)), ".csv")
    return path.rename(path.with_name(f"{path.name}{ending}"))


@contextmanager
def _explained(shown: str) -> Iterator[None]:
    """Turn what a protocol's package says into a `TableError`, without the URL's secrets."""
    from aiohttp import ClientError, ClientResponseError
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except FileNotFoundError:
        raise TableError(
            "there is no such file",
            where=shown,
            hint="there is an answer, and no such file: look at the address",
        ) from None
    except (PermissionError, ClientResponseError) as problem:
        status = getattr(problem, "status", 403)
        raise TableError(
            "the server refuses to give it" if status in _REFUSED else f"the server says {status}",
            where=shown,
            hint="look at your credentials (for s3: AWS_ACCESS_KEY_ID and so on, or a profile)"
            if status in _REFUSED
            else "try again later",
        ) from None
    except ImportError as problem:
        raise TableError(
            f"this kind of URL needs a package: {problem}",
            where=shown,
            hint="install it with pip, or fetch the file first",
        ) from None
    except (ClientError, BotoCoreError, TimeoutError, OSError) as problem:
        raise TableError(
            f"it cannot be fetched: {type(problem).__name__}",
            where=shown,
            hint="is the address right, and the network there? try again, or fetch the file first",
        ) from None
    except ValueError as problem:
        raise TableError(
            f"this URL cannot be used: {problem}",
            where=shown,
            hint="http, https and s3 are known, and what fsspec has a package for",
        ) from None
