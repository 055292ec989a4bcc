"""What a bundle holds to explain with: written when it is saved, read when it is first asked for.

Hashed with the other parts when a bundle is opened, so that a service which never explains pays
for nothing but that.
"""

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from lockgate.artifact.archive import from_npz, to_npz
from lockgate.artifact.encoding import Matrix, encoder
from lockgate.artifact.ensemble import CompiledEnsemble, EnsembleSpec
from lockgate.artifact.explanation.answers import Explainer
from lockgate.artifact.explanation.forms import Explain, explain_form
from lockgate.artifact.golden import relative_difference
from lockgate.artifact.manifest import ModelEntry
from lockgate.artifact.parts import Parts
from lockgate.artifact.runtime import CHUNK
from lockgate.artifact.spec import NODES, Compiled, FormSpec
from lockgate.errors import BundleError
from lockgate.features.inputs import inputs_of
from lockgate.tables import Columns

SUFFIX = ".explain.npz"
TOLERANCE = 1e-9


def explaining_parts(
    name: str, form: Compiled | CompiledEnsemble, features: Columns
) -> Iterator[tuple[str, bytes]]:
    """Yield the parts of a bundle that explain the model `name`, beside those that answer.

    Parameters
    ----------
    name : str
    form : Compiled or CompiledEnsemble
    features : Columns
        Of the training rows, each of shape (rows,).
    """
    nodes = form.nodes if isinstance(form, CompiledEnsemble) else (form.nodes,)
    for file, spec, each in zip(form.spec.files(name), form.spec.forms, nodes, strict=True):
        mean = to_npz({"mean": _matrix_mean(spec, features)}) if each is None else each
        yield explaining_file(file), mean


def explaining_file(file: str) -> str:
    """Return the name of what explains the form whose arrays are in `file`: that file, or another.

    Trees that are scored by their nodes are also explained by them.
    """
    return file if file.endswith(NODES) else file.rpartition(".")[0] + SUFFIX


def explained_forms(
    read: Callable[[str], bytes], name: str, spec: FormSpec | EnsembleSpec, features: list[str]
) -> list[Explain]:
    """Return what explains the raw scores of each form of the model `name`.

    Parameters
    ----------
    read : callable
        Returns the content of a part.
    name : str
    spec : FormSpec or EnsembleSpec
        The model as data.
    features : list of str
        Their order in the answer.
    """
    found = []
    for file, form in zip(spec.files(name), spec.forms, strict=True):
        arrays = from_npz(read(explaining_file(file)))
        if form.kind == "network":
            arrays |= from_npz(read(file))
        found.append(explain_form(form, arrays, features))
    return found


def open_explainer(parts: Parts, name: str) -> Explainer:
    """Return what explains a model of a bundle.

    Parameters
    ----------
    parts : Parts
        Of a verified bundle.
    name : {"primary", "baseline"}

    Raises
    ------
    BundleError
        When the model has no compiled form, the bundle is of a time when nothing was explained,
        or its files are no longer the ones that were verified.
    """
    manifest = parts.manifest
    entry: ModelEntry = getattr(manifest, name)
    if entry.form == "pipeline":
        raise BundleError(
            f"{entry.estimator} is served through its pipeline, and its answers are not explained",
            where=str(parts.directory),
            hint="shap and lime can approximate any pipeline: see docs/explaining.md",
        )
    kind = EnsembleSpec if entry.form == "ensemble" else FormSpec
    spec = kind.from_json(parts.read(f"{name}.json"))
    if explaining_file(spec.files(name)[0]) not in manifest.parts:
        raise BundleError(
            "the bundle holds nothing to explain its answers with",
            where=str(parts.directory),
            hint="train again: dvc repro --force train",
        )
    features = [each.name for each in manifest.features]
    forms = explained_forms(parts.read, name, spec, features)
    return Explainer(forms, spec, entry, len(manifest.classes))


class Explainers:
    """What explains the models of a bundle, each read when it is first asked for.

    Parameters
    ----------
    parts : Parts
        Of a verified bundle.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def there(self) -> bool:
        """Whether there is one of the primary model."""
        return any(
            part.startswith("primary.") and part.endswith((SUFFIX, NODES))
            for part in self._parts.manifest.parts
        )

    @cached_property
    def primary(self) -> Explainer:
        """What explains the model; errors as of `open_explainer`."""
        return open_explainer(self._parts, "primary")

    @cached_property
    def baseline(self) -> Explainer:
        """What explains the baseline; errors as of `open_explainer`."""
        return open_explainer(self._parts, "baseline")


def check_explained(explain: Explainer, features: Columns, answers: Columns) -> None:
    """See that contributions add up to the answers that they explain.

    Parameters
    ----------
    explain : Explainer
    features, answers : Columns
        Of the golden rows, each of shape (rows,) or (rows, classes).

    Raises
    ------
    BundleError
        When they are apart by more than 1e-9, relatively.
    """
    if "value" in answers:
        expected, places = answers["value"], np.zeros(len(answers["value"]), dtype=np.intp)
    else:
        shares = answers["probabilities"]
        expected, places = shares.max(axis=1), shares.argmax(axis=1)
    sums = explain(features, places.tolist())
    total = np.concatenate([each.base + each.added.sum(axis=0) for each in sums])
    apart = relative_difference(expected, total)
    if apart > TOLERANCE:
        raise BundleError(
            f"the contributions to what {explain.entry.estimator} answers are {apart:.1e} off, "
            "relatively",
            hint="report this with the estimator's arguments; meanwhile choose another one",
        )


def _matrix_mean(spec: FormSpec, features: Columns) -> Matrix:
    encode, inputs = encoder(spec.blocks), inputs_of(features)
    # Wide one-hot matrices stay small.
    pieces = range(0, inputs.rows, CHUNK)
    sums = [encode(inputs.part(slice(at, at + CHUNK))).sum(axis=0) for at in pieces]
    return np.asarray(np.sum(sums, axis=0) / inputs.rows)
