"""What a bundle holds to explain with: written when it is saved, read when it is first asked for.

Hashed with the other parts when a bundle is opened, so that a service which never explains pays
for nothing but that.
"""

from functools import cached_property

import numpy as np

from lockgate.artifact.archive import from_npz, to_npz
from lockgate.artifact.encoding import Matrix, encoder
from lockgate.artifact.explanation.answers import Explainer
from lockgate.artifact.explanation.forms import explain_form
from lockgate.artifact.golden import relative_difference
from lockgate.artifact.manifest import ModelEntry
from lockgate.artifact.parts import Parts
from lockgate.artifact.runtime import CHUNK
from lockgate.artifact.spec import SUFFIXES, Compiled, FormSpec
from lockgate.errors import BundleError
from lockgate.features.inputs import inputs_of
from lockgate.tables import Columns

SUFFIX = ".explain.npz"
TOLERANCE = 1e-9


def explaining_part(form: Compiled, features: Columns) -> bytes:
    """Return what is needed to explain a form beside the form itself.

    Parameters
    ----------
    form : Compiled
    features : Columns
        Of the training rows, each of shape (rows,).
    """
    if form.nodes is not None:
        return form.nodes
    return to_npz({"mean": _matrix_mean(form.spec, features)})


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
    if f"{name}{SUFFIX}" not in manifest.parts:
        raise BundleError(
            "the bundle holds nothing to explain its answers with",
            where=str(parts.directory),
            hint="train again: dvc repro --force train",
        )
    spec = FormSpec.from_json(parts.read(f"{name}.json"))
    arrays = from_npz(parts.read(f"{name}{SUFFIX}"))
    if entry.form == "network":
        arrays |= from_npz(parts.read(f"{name}{SUFFIXES[entry.form]}"))
    names = [each.name for each in manifest.features]
    return Explainer(explain_form(spec, arrays, names), spec.head, entry, len(manifest.classes))


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
        return f"primary{SUFFIX}" in self._parts.manifest.parts

    @cached_property
    def primary(self) -> Explainer:
        """What explains the model; errors as of `open_explainer`."""
        return open_explainer(self._parts, "primary")

    @cached_property
    def baseline(self) -> Explainer:
        """What explains the baseline; errors as of `open_explainer`."""
        return open_explainer(self._parts, "baseline")


def check_explained(
    form: Compiled, part: bytes, entry: ModelEntry, features: Columns, answers: Columns
) -> None:
    """See that contributions add up to the answers that they explain.

    Parameters
    ----------
    form, part, entry
        A model's form, what `explaining_part` made for it, and what the manifest will say of it.
    features, answers : Columns
        Of the golden rows, each of shape (rows,) or (rows, classes).

    Raises
    ------
    BundleError
        When they are apart by more than 1e-9, relatively.
    """
    arrays = from_npz(part) | ({} if form.nodes else from_npz(form.arrays))
    expected, places, classes = answers.get("value"), [0], 0
    if expected is None:
        shares = answers["probabilities"]
        expected, places, classes = shares.max(axis=1), shares.argmax(axis=1), shares.shape[1]
    run = Explainer(explain_form(form.spec, arrays, list(features)), form.spec.head, entry, classes)
    sums = run(features, places)
    total = np.concatenate([each.base + each.added.sum(axis=0) for each in sums])
    apart = relative_difference(expected, total)
    if apart > TOLERANCE:
        raise BundleError(
            f"the contributions to what {entry.estimator} answers are {apart:.1e} off, relatively",
            hint="report this with the estimator's arguments; meanwhile choose another one",
        )


def _matrix_mean(spec: FormSpec, features: Columns) -> Matrix:
    encode, inputs = encoder(spec.blocks), inputs_of(features)
    # Wide one-hot matrices stay small.
    pieces = range(0, inputs.rows, CHUNK)
    sums = [encode(inputs.part(slice(at, at + CHUNK))).sum(axis=0) for at in pieces]
    return np.asarray(np.sum(sums, axis=0) / inputs.rows)
