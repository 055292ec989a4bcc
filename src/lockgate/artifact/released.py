"""Which model is in production, and what is known of a released one: the files that say so."""

import json
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError

from lockgate.errors import BundleError
from lockgate.strict import Strict, tuples

RELEASES = Path("models", "releases")
POINTER = Path("models", "production.json")
VERSION = r"^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$"

Step = Literal["major", "minor", "patch"]


class Pointer(Strict):
    """Which release is in production.

    Attributes
    ----------
    version : str
        Such as ``v1.0.0``.
    model_hash : str
        Of its bundle, so that the pointer never means other bytes than those that were released.
    """

    version: str = Field(pattern=VERSION)
    model_hash: str


class Release(Strict):
    """What was true of a model when it was released; lies beside its bundle, in git.

    Attributes
    ----------
    version : str
        Such as ``v1.0.0``.
    previous : str or None
        The release before it.
    step : {"major", "minor", "patch"}
        What the change means to callers: their requests break, other answers, the same answers.
    reasons : tuple of str
        What changed.
    commit : str
        The git commit whose code, data and params made the bundle.
    model_hash : str
        sha256 of the bundle's manifest.
    parts : dict of str to str
        sha256 of each file of the bundle.
    data_hash, schema_hash : str
        Of the deliveries and of the canonical schema that it was trained with.
    dependencies : str
        sha256 of requirements/base.txt.
    metrics : dict
        metrics/evaluate.json: the headline on the test part.
    confidence : dict
        metrics/evaluation/confidence.json: the intervals of these metrics.
    gate : dict
        metrics/gate.json: the verdict, rule by rule.
    """

    version: str = Field(pattern=VERSION)
    previous: str | None
    step: Step
    reasons: tuple[str, ...]
    commit: str
    model_hash: str
    parts: dict[str, str]
    data_hash: str
    schema_hash: str
    dependencies: str
    metrics: dict[str, Any]
    confidence: dict[str, Any]
    gate: dict[str, Any]


Document = TypeVar("Document", Pointer, Release)


def to_json(document: Pointer | Release) -> str:
    """Return the text of the file that holds `document`; equal ones give equal bytes."""
    data = document.model_dump(mode="json")
    return json.dumps(data, indent=2, sort_keys=True, allow_nan=False) + "\n"


def in_production(root: Path) -> Pointer | None:
    """Return which release of the checkout at `root` is in production, None if there is none.

    Raises
    ------
    BundleError
        When the pointer cannot be read.
    """
    try:
        return parse(Pointer, (root / POINTER).read_bytes(), str(root / POINTER))
    except FileNotFoundError:
        return None


def parse(model: type[Document], text: bytes, where: str) -> Document:
    """Read the text of a pointer or of a release's record.

    Parameters
    ----------
    model : type
        Which of the two.
    where : str
        Where the text is from, for the message.

    Raises
    ------
    BundleError
        When it is none.
    """
    try:
        return model.model_validate(tuples(json.loads(text)))
    except (ValidationError, ValueError, RecursionError) as problem:
        raise BundleError(
            f"not a {model.__name__.lower()}: {problem}",
            where=where,
            hint=f"git log {where} shows who changed it; git checkout -- {where} undoes it",
        ) from None


def read_release(root: Path, version: str) -> Release:
    """Read what is known of a release of the checkout at `root`.

    Raises
    ------
    BundleError
        When there is no such release, or its file is another's.
    """
    path = root / RELEASES / f"{version}.json"
    try:
        release = parse(Release, path.read_bytes(), str(path))
    except FileNotFoundError:
        raise BundleError(
            "there is no such release", where=version, hint="lockgate releases lists them"
        ) from None
    if release.version != version:
        raise BundleError(f"this is {release.version}", where=str(path))
    return release
