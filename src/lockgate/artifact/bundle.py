"""Loading a bundle: verified, built from data, and asked its golden rows, before it may serve."""

import json
from dataclasses import dataclass
from pathlib import Path

from lockgate.artifact.combining import build_ensemble
from lockgate.artifact.ensemble import EnsembleSpec
from lockgate.artifact.explaining import Explainers
from lockgate.artifact.golden import check_golden, read_golden
from lockgate.artifact.manifest import Manifest, ModelEntry
from lockgate.artifact.parts import Parts, open_parts
from lockgate.artifact.runtime import Form, build
from lockgate.artifact.served import Served, served
from lockgate.artifact.spec import FormSpec
from lockgate.contract import Schema
from lockgate.errors import BundleError, FeatureError
from lockgate.features import Feature, compute, resolve
from lockgate.tables import Columns


@dataclass(frozen=True)
class Bundle:
    """A model that may serve.

    Attributes
    ----------
    hash : str
        The model hash: sha256 of manifest.json.
    features : tuple of Feature
        The inputs of both models; their code is that of training.
    levels : dict of str to frozenset of str
        The levels that each category had in training.
    golden : Columns
        Rows of all kinds, as `lockgate.artifact.golden.golden_rows` chose them.
    primary, baseline : Served
        The model, and the linear one that stands in for it.
    explainers : Explainers
        What explains the two, read when it is first asked for.
    """

    hash: str
    manifest: Manifest
    schema: Schema
    features: tuple[Feature, ...]
    levels: dict[str, frozenset[str]]
    golden: Columns
    primary: Served
    baseline: Served
    explainers: Explainers


def load(directory: str | Path) -> Bundle:
    """Load a bundle.

    No pickle is opened, unless the manifest says that the model has no compiled form.

    Parameters
    ----------
    directory : str or Path
        As `save` wrote it.

    Raises
    ------
    BundleError
        When a part is missing, altered or foreign, when a feature's code is not that of
        training, or when the golden rows come out otherwise.
    """
    parts = open_parts(Path(directory))
    manifest = parts.manifest
    schema = Schema.from_json(parts.read("schema.json").decode())
    levels = json.loads(parts.read("levels.json"))
    golden = parts.read("golden.json")
    bundle = Bundle(
        hash=parts.hash,
        manifest=manifest,
        schema=schema,
        features=_features(manifest, schema, str(directory)),
        levels={name: frozenset(known) for name, known in levels.items()},
        golden=read_golden(golden),
        primary=_served(parts, "primary", manifest.primary),
        baseline=_served(parts, "baseline", manifest.baseline),
        explainers=Explainers(parts),
    )
    models = {"primary": bundle.primary, "baseline": bundle.baseline}
    check_golden(
        golden,
        lambda model, rows: models[model].answer(compute(bundle.features, rows)),
        str(directory),
    )
    return bundle


def _features(manifest: Manifest, schema: Schema, where: str) -> tuple[Feature, ...]:
    names = [entry.name for entry in manifest.features]
    try:
        features = resolve(names, manifest.feature_module, schema)
    except FeatureError as problem:
        raise BundleError(
            f"the features of the model are not in this code: {problem.where}: {problem.what}",
            where=where,
            hint="check out the code that trained it, or train again",
        ) from problem
    for feature, entry in zip(features, manifest.features, strict=True):
        trained = (entry.kind, entry.columns, entry.source_hash)
        if (feature.kind, feature.columns, feature.source_hash) != trained:
            raise BundleError(
                f"the code of the feature {entry.name} has changed since training",
                where=where,
                hint="check out the code that trained it, or train again; "
                "a changed feature is best given a new name",
            )
    return features


def _served(parts: Parts, name: str, entry: ModelEntry) -> Served:
    return served(_form(parts, name, entry), entry, len(parts.manifest.classes))


def _form(parts: Parts, name: str, entry: ModelEntry) -> Form:
    if entry.form == "pipeline":
        from lockgate.artifact.pipelines import pipeline_form, unpickled

        return pipeline_form(unpickled(parts))
    kind = EnsembleSpec if entry.form == "ensemble" else FormSpec
    spec = kind.from_json(parts.read(f"{name}.json"))
    arrays = [parts.read(file) for file in spec.files(name)]
    try:
        if isinstance(spec, EnsembleSpec):
            return build_ensemble(spec, arrays)
        return build(spec, arrays[0])
    except Exception as problem:
        raise BundleError(
            f"the {name} model cannot be run by the installed libraries: {problem}",
            where=str(parts.directory),
            hint="install the library versions that manifest.json names, or train again",
        ) from problem
