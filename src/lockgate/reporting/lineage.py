"""Where a model comes from, as rows of a table."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from lockgate.artifact import Bundle
from lockgate.artifact.manifest import FeatureEntry, MemberEntry
from lockgate.reporting.findings import Findings
from lockgate.reporting.words import NOTHING, number, plural

SHORT = 12


@dataclass(frozen=True)
class FeatureRow:
    """One feature as a person reads it."""

    name: str
    source: str
    range: str
    unit: str
    code: str


def lineage(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Yield what is needed to find the data, the code and the libraries again."""
    manifest = bundle.manifest
    yield "model hash", bundle.hash
    yield "data hash", manifest.data_hash
    yield "schema hash", manifest.schema_hash
    yield "estimator", manifest.primary.estimator
    yield "arguments", json.dumps(manifest.primary.params, sort_keys=True)
    for member in manifest.primary.members:
        yield f"member {member.name}", described(member)
    yield "served form", manifest.primary.form
    yield "baseline", manifest.baseline.estimator
    yield "training rows", f"{manifest.rows:,}"
    for column, period in sorted(manifest.periods.items()):
        yield f"training {column}", f"{period.first} to {period.last}"
    yield "seed", str(manifest.seed)
    yield from sorted(manifest.libraries.items())


def described(member: MemberEntry) -> str:
    """Say what a member of an ensemble is: estimator, arguments, scale and weight."""
    words = [member.estimator]
    if member.params:
        words.append("(" + ", ".join(f"{k}={v}" for k, v in sorted(member.params.items())) + ")")
    if member.scale == "log":
        words.append("on the target's logarithm")
    if member.weight is not None:
        words.append(f"with weight {member.weight:.3g}")
    return " ".join(words)


def features(findings: Findings) -> list[FeatureRow]:
    """Return the model's inputs, in its order."""
    schema = findings.schema
    units = {column.name: column.unit or "" for column in schema.columns}
    return [
        FeatureRow(
            name=entry.name,
            source="" if entry.columns == (entry.name,) else ", ".join(entry.columns),
            range=span(entry),
            unit=units.get(entry.name, ""),
            code=(entry.source_hash or "")[:SHORT],
        )
        for entry in findings.bundle.manifest.features
    ]


def span(entry: FeatureEntry) -> str:
    """Write the training range of a feature."""
    if entry.kind == "category":
        return plural(entry.levels or 0, "level", "levels")
    if entry.kind == "text":
        return "free text"
    if entry.low is None or entry.high is None:
        return NOTHING
    return f"{number(entry.low)} to {number(entry.high)}"
