"""``lockgate keys``: make and revoke the API keys of the service."""

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockgate.console import aside, say
from lockgate.errors import ParamsError

if TYPE_CHECKING:
    from lockgate.service.keys import Key

app = typer.Typer(no_args_is_help=True, help="The API keys of the service.")
File = Annotated[Path, typer.Option(envvar="LOCKGATE_KEYS_FILE", help="The file of the keys.")]
FILE = Path("keys.json")
Span = Annotated[str | None, typer.Option(help="When it expires, such as 12h, 90d or 52w.")]
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@app.command()
def new(name: str, scope: list[str], file: File = FILE, expires_in: Span = None) -> None:
    """Make a key with scopes (predict, feedback, admin); it is shown once and never kept."""
    from lockgate.service.keys import Key, read_keys

    secret = secrets.token_urlsafe(32)
    sha256 = hashlib.sha256(secret.encode()).hexdigest()
    fields = {"name": name, "scopes": scope, "sha256": sha256, "expires": _expiry(expires_in)}
    try:
        made = Key.model_validate(fields)
    except ValueError:
        hint = "a name is of letters and digits; scopes are predict, feedback, admin"
        raise ParamsError("no such key can be made", hint=hint) from None
    with _alone(file):
        kept = read_keys(file) if file.exists() else ()
        if any(key.name == name for key in kept):
            raise ParamsError(f"there is a key called {name} already", where=str(file))
        _write(file, (*kept, made))
    say(secret)
    aside(f"{file} has its hash alone: this is the only time that it is shown")


@app.command("list")
def show(file: File = FILE) -> None:
    """Show the names and scopes of the keys, and until when they are valid."""
    from lockgate.service.keys import read_keys

    for key in read_keys(file):
        until = f" until {key.expires:%Y-%m-%d %H:%M} UTC" if key.expires else ""
        say(f"{key.name}: {', '.join(sorted(key.scopes))}{until}")


@app.command()
def revoke(name: str, file: File = FILE) -> None:
    """Take a key away; a running service refuses it within a second."""
    from lockgate.service.keys import read_keys

    with _alone(file):
        kept = read_keys(file)
        left = tuple(key for key in kept if key.name != name)
        if len(left) == len(kept):
            raise ParamsError(f"there is no key called {name}", where=str(file))
        _write(file, left)


def _expiry(span: str | None) -> datetime | None:
    if span is None:
        return None
    read = re.fullmatch(r"([1-9][0-9]{0,4})([hdw])", span)
    if read is None:
        raise ParamsError("no time that a key can live", where=span, hint="such as 12h, 90d or 52w")
    return datetime.now(UTC) + int(read[1]) * UNITS[read[2]]


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep others from changing the file meanwhile: what they wrote in between would be lost."""
    try:
        lock = file.with_name(f"{file.name}.lock").open("w")
    except OSError as problem:
        raise ParamsError(f"{problem.strerror}", where=str(file)) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(file: Path, keys: tuple["Key", ...]) -> None:
    from lockgate.service.keys import KEYS

    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(KEYS.dump_json(keys, indent=2))
    draft.replace(file)
