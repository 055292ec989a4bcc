"""Which number a release gets: Semantic Versioning 2.0, where the interface is the schema."""

from math import inf
from pathlib import Path

from semver import Version

from lockgate.artifact.manifest import Manifest
from lockgate.artifact.released import RELEASES, Release, Step
from lockgate.contract import Column, Schema

FIRST = Version(1)


def released(root: Path) -> list[Version]:
    """Return the versions that the checkout at `root` has, oldest first."""
    return sorted(Version.parse(path.stem[1:]) for path in (root / RELEASES).glob("v*.dvc"))


def next_version(before: Version | None, step: Step) -> Version:
    """Return the version after `before`; the first one is 1.0.0."""
    if before is None:
        return FIRST
    return before.next_version(step)


def what_changed(
    before: Release, manifest: Manifest, old: Schema, new: Schema
) -> tuple[Step, tuple[str, ...]]:
    """Tell what a new bundle means to those who call the service.

    Parameters
    ----------
    before : Release
        The newest release.
    manifest : Manifest
        Of the new bundle.
    old, new : Schema
        The schemas of both bundles.

    Returns
    -------
    step : {"major", "minor", "patch"}
        Major where a request that was in order is refused now, or the answer is of another kind;
        minor where answers may be others; patch where none is.
    reasons : tuple of str
    """
    if broken := breaks(old, new):
        return "major", broken
    reasons = []
    if manifest.schema_hash != before.schema_hash:
        reasons.append("the contract, in a way that breaks no request")
    if manifest.data_hash != before.data_hash:
        reasons.append("the data")
    differing = {
        name
        for name in {**manifest.parts, **before.parts}
        if manifest.parts.get(name) != before.parts.get(name)
    }
    if differing - {"golden.json", "manifest.json", "manifest.sha256"}:
        reasons.append("the model")
    if reasons:
        return "minor", tuple(reasons)
    return "patch", ("what is recorded of the model, and no answer",)


def breaks(old: Schema, new: Schema) -> tuple[str, ...]:
    """Name each reason why a caller of `old` would meet an error or another kind of answer."""
    found = []
    if (old.target.name, old.task, old.classes) != (new.target.name, new.task, new.classes):
        found.append(f"the target {old.target.name} is another")
    if (old.entity, old.entities) != (new.entity, new.entities):
        found.append(f"{old.entity} is called {new.entity}")
    known = {column.name: column for column in new.columns}
    before = {column.name: column for column in old.columns}
    for column in _asked(old):
        if column.name not in known or known[column.name].role == "target":
            found.append(f"{column.name} is gone")
        elif narrower := _narrower(column, known[column.name]):
            found.append(f"{column.name} {narrower}")
    for column in _asked(new):
        if column.needed and column.name not in before:
            found.append(f"{column.name} is required")
    return tuple(found)


def _asked(schema: Schema) -> list[Column]:
    return [column for column in schema.columns if column.role != "target"]


def _narrower(old: Column, new: Column) -> str:
    if old.type != new.type and (old.type, new.type) != ("integer", "number"):
        return f"is a {new.type} and was a {old.type}"
    if new.needed and not old.needed:
        return "is required"
    if new.values is not None and not (old.values and set(old.values) <= set(new.values)):
        return "allows fewer values"
    if _floor(new) > _floor(old) or _ceiling(new) < _ceiling(old):
        return "has tighter bounds"
    if any(_changed(old, new, name) for name in ("pattern", "format", "min_length", "max_length")):
        return "takes other texts"
    return ""


def _floor(column: Column) -> tuple[float, bool, str]:
    """Return the lowest value that is allowed, and whether it is just not allowed itself."""
    bounds = (column.minimum, False), (column.exclusive_minimum, True)
    lowest, open_ = max(
        ((value, open_) for value, open_ in bounds if value is not None), default=(-inf, False)
    )
    return lowest, open_, column.earliest or ""


def _ceiling(column: Column) -> tuple[float, bool, str]:
    """Return the highest value that is allowed, and whether it is allowed itself."""
    bounds = (column.maximum, True), (column.exclusive_maximum, False)
    highest, closed = min(
        ((value, closed) for value, closed in bounds if value is not None), default=(inf, True)
    )
    return highest, closed, column.latest or "~"


def _changed(old: Column, new: Column, name: str) -> bool:
    before, now = getattr(old, name), getattr(new, name)
    return now is not None and now != before and not _roomier(name, before, now)


def _roomier(name: str, before: int | None, now: int) -> bool:
    if before is None:
        return False
    return (name == "max_length" and now > before) or (name == "min_length" and now < before)
