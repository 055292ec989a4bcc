"""API keys: who may ask what, read from a file that may change while the service runs."""

import hashlib
import hmac
import logging
import time
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lockgate.errors import ParamsError
from lockgate.service.settings import Settings

Scope = Literal["predict", "feedback", "admin"]
LOG = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 1.0


class Key(BaseModel):
    """One key, of which only the hash is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.@-]+$")]
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    expires: AwareDatetime | None = None


KEYS = TypeAdapter(tuple[Key, ...])
MAKE = "lockgate keys new NAME predict makes one"
HINT = "the file is a JSON list of objects with name, scopes, sha256 and, if wanted, expires"


def read_keys(path: Path) -> tuple[Key, ...]:
    """Read a file of keys: a JSON list of the fields of `Key`.

    Raises
    ------
    ParamsError
        When it cannot be read, naming what does not fit without repeating it.
    """
    try:
        return KEYS.validate_json(path.read_bytes())
    except OSError as problem:
        raise ParamsError(str(problem.strerror), where=str(path), hint=MAKE) from None
    except ValidationError as problem:
        first = problem.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ParamsError(f"{place}: {first['msg']}", where=str(path), hint=HINT) from None


class Keyring:
    """The keys of a file, read anew within a second of a change.

    A file that has become unreadable leaves the keys as they were, and the log says so.

    Parameters
    ----------
    path : Path
        The file, as `read_keys` reads it.
    look_every : float
        Seconds between two looks at the file.

    Raises
    ------
    ParamsError
        When the file cannot be read at the start.
    """

    def __init__(self, path: Path, look_every: float = LOOK_EVERY_SECONDS) -> None:
        self._path = path
        self._look_every = look_every
        self._stamp = _stamp(path)
        self._keys = read_keys(path)
        self._looked = time.monotonic()

    def find(self, secret: str) -> Key | None:
        """Return the key that a secret belongs to, None when there is none or it has expired."""
        now = time.monotonic()
        if now - self._looked >= self._look_every:
            self._looked = now
            self._refresh()
        digest = hashlib.sha256(secret.encode()).hexdigest()
        found = None
        for key in self._keys:  # all of them, so that the time tells nothing
            if hmac.compare_digest(key.sha256, digest):
                found = key
        if found and found.expires and found.expires <= datetime.now(UTC):
            return None
        return found

    def _refresh(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = read_keys(self._path)
        except ParamsError as problem:
            LOG.error("the keys stay as they were: %s", problem)


def keyring_of(settings: Settings) -> Keyring | None:
    """Return the keys that requests need, None when they need none.

    Raises
    ------
    ParamsError
        When the service would listen beyond this machine without keys, or they cannot be read.
    """
    if settings.keys_file:
        return Keyring(settings.keys_file)
    if settings.allow_anonymous or _loopback(settings.host):
        return None
    raise ParamsError(
        f"{settings.host} can be reached from elsewhere, and no API keys are set",
        where="the environment",
        hint=f"{MAKE}; set LOCKGATE_KEYS_FILE to its file, or "
        "LOCKGATE_ALLOW_ANONYMOUS=1 if anyone may ask",
    )


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
