"""``lockgate compare A B``: what differs between two releases, and which one predicts better."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lockgate.artifact import Bundle, load
from lockgate.artifact.released import Release, read_release
from lockgate.errors import EnvironmentProblem
from lockgate.features.batches import rows_of
from lockgate.gating.comparison import compare, unseen
from lockgate.gating.incumbent import Comparison, Incomparable
from lockgate.releases.content import bring
from lockgate.releases.tags import version_tag
from lockgate.storage.commits import told
from lockgate.tables import read_parquet

TEST = Path("data", "features", "test.parquet")


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same in both; "" where one has none."""

    name: str
    one: str
    other: str


@dataclass(frozen=True)
class Differences:
    """Two releases side by side.

    Attributes
    ----------
    params, columns, data, metrics : list of Difference
        Keys of params.yaml, attributes of the schema's columns, what they learned from, and the
        metrics of each on its own test part.
    paired : Comparison
        The other release against the one, on the rows of this checkout's test part that neither
        was trained on.
    """

    params: list[Difference]
    columns: list[Difference]
    data: list[Difference]
    metrics: list[Difference]
    paired: Comparison


def differences(root: Path, one: str, other: str, *, seed: int) -> Differences:
    """Compare release `other` with release `one`.

    Parameters
    ----------
    root : Path
        The checkout; the rows that both predict are its test part.
    one, other : str
        Versions such as ``v1.0.0``.
    seed : int
        Of the bootstrap.

    Raises
    ------
    BundleError
        When one is no release, or does not fit the code any more.
    EnvironmentProblem
        When the tag of one or the test part is missing.
    """
    releases = [read_release(root, version) for version in (one, other)]
    bundles = [load(bring(root, version)) for version in (one, other)]
    return Differences(
        params=_unequal(*(_params(root, version) for version in (one, other))),
        columns=_unequal(*(_columns(bundle) for bundle in bundles)),
        data=_unequal(*(_data(*pair) for pair in zip(releases, bundles, strict=True))),
        metrics=_unequal(*(_metrics(release) for release in releases)),
        paired=_paired(root, *bundles, seed=seed),
    )


def _paired(root: Path, one: Bundle, other: Bundle, *, seed: int) -> Comparison:
    if not (root / TEST).exists():
        raise EnvironmentProblem(
            "without a test part there are no rows to compare on", where=str(TEST), hint="make run"
        )
    rows = unseen(read_parquet(root / TEST), other)
    if not rows_of(rows):
        return Incomparable("the other release was trained on all rows of the test part")
    return compare(other, one, rows, seed=seed)


def _params(root: Path, version: str) -> dict[str, str]:
    text = told(root, "show", f"{version_tag(version)}:params.yaml")
    return dict(_flat(yaml.safe_load(text)))


def _columns(bundle: Bundle) -> dict[str, str]:
    columns = {column.name: column.model_dump(mode="json") for column in bundle.schema.columns}
    return dict(_flat(columns))


def _data(release: Release, bundle: Bundle) -> dict[str, str]:
    periods = bundle.manifest.periods.items()
    return {
        "deliveries": release.data_hash[:12],
        "training rows": f"{bundle.manifest.rows:,}",
        **{f"{name}, training rows": f"{each.first} to {each.last}" for name, each in periods},
        "model": release.model_hash[:12],
        "dependencies": release.dependencies[:12],
        "commit": release.commit[:12],
    }


def _metrics(release: Release) -> dict[str, str]:
    test = release.metrics.get("test", {})
    return {name: f"{value:,.6g}" for name, value in test.items() if value is not None}


def _unequal(one: dict[str, str], other: dict[str, str]) -> list[Difference]:
    names = dict.fromkeys([*one, *other])
    pairs = (Difference(name, one.get(name, ""), other.get(name, "")) for name in names)
    return [pair for pair in pairs if pair.one != pair.other]


def _flat(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _flat(value, f"{path}.{key}" if path else str(key))
    elif tree is not None:
        yield path, str(tree)
