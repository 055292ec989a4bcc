"""``lockgate keys``: make and revoke the API keys of the service."""

import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockgate.console import say
from lockgate.errors import ParamsError

if TYPE_CHECKING:
    from lockgate.service.keys import Key

app = typer.Typer(no_args_is_help=True, help="The API keys of the service.")
File = Annotated[Path, typer.Option(envvar="LOCKGATE_KEYS_FILE", help="The file of the keys.")]
FILE = Path("keys.json")


@app.command()
def new(name: str, scope: list[str], file: File = FILE) -> None:
    """Make a key with scopes (predict, feedback, admin); it is shown once and never kept."""
    from lockgate.service.keys import Key, read_keys

    kept = read_keys(file) if file.exists() else ()
    if any(key.name == name for key in kept):
        raise ParamsError(f"there is a key called {name} already", where=str(file))
    secret = secrets.token_urlsafe(32)
    sha256 = hashlib.sha256(secret.encode()).hexdigest()
    try:
        made = Key.model_validate({"name": name, "scopes": scope, "sha256": sha256})
    except ValueError:
        hint = "a name is of letters and digits; scopes are predict, feedback, admin"
        raise ParamsError("no such key can be made", hint=hint) from None
    _write(file, (*kept, made))
    say(secret)


@app.command("list")
def show(file: File = FILE) -> None:
    """Show the names and scopes of the keys."""
    from lockgate.service.keys import read_keys

    for key in read_keys(file):
        say(f"{key.name}: {', '.join(sorted(key.scopes))}")


@app.command()
def revoke(name: str, file: File = FILE) -> None:
    """Take a key away; a running service refuses it within a second."""
    from lockgate.service.keys import read_keys

    kept = read_keys(file)
    left = tuple(key for key in kept if key.name != name)
    if len(left) == len(kept):
        raise ParamsError(f"there is no key called {name}", where=str(file))
    _write(file, left)


def _write(file: Path, keys: tuple["Key", ...]) -> None:
    from lockgate.service.keys import KEYS

    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(KEYS.dump_json(keys, indent=2))
    draft.replace(file)
