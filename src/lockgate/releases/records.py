"""RELEASES.md: the story of what was released, newest first, for people."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lockgate.artifact.released import Release

PATH = Path("RELEASES.md")
TITLE = "# Releases\n"


def add(text: str, entry: str) -> str:
    """Return `text` with an entry at its top; an empty text becomes a whole page."""
    rest = text.removeprefix(TITLE).lstrip("\n")
    return f"{TITLE}\n{entry}" + (f"\n{rest}" if rest else "")


def released(release: Release, before: Release | None) -> str:
    """Tell of a release, with its metrics beside those of the release before it."""
    lines = [
        f"## {release.version}",
        "",
        f"A {release.step} release: {'; '.join(release.reasons)}.",
        f"Made by commit {release.commit[:12]}, model {release.model_hash[:12]}.",
        "",
        *_metrics(release, before),
    ]
    return "\n".join(lines) + "\n"


def rolled_back(version: str, was: str) -> str:
    """Tell of a rollback."""
    return f"## {was} → {version}\n\nRolled back: {version} answers again in place of {was}.\n"


def _metrics(release: Release, before: Release | None) -> Iterator[str]:
    names = [name for name, value in release.metrics.get("test", {}).items() if value is not None]
    heads = ["test part", release.version] + ([before.version] if before else [])
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for name in names:
        cells = [_cell(each, name) for each in (release, before) if each]
        yield f"| {name} | {' | '.join(cells)} |"


def _cell(release: Release, name: str) -> str:
    value = release.metrics.get("test", {}).get(name)
    if value is None:
        return ""
    bounds: Any = release.confidence.get("models", {}).get("test", {}).get(name)
    if not bounds:
        return f"{value:,.6g}"
    return f"{value:,.6g} ({bounds['lower']:,.6g} to {bounds['upper']:,.6g})"
