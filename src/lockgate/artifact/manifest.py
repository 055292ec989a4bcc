"""manifest.json: what a bundle is, what it was trained on, and the sha256 of every part."""

import json
from typing import Any, Literal

from pydantic import ValidationError

from lockgate.contract.schema import Task
from lockgate.errors import BundleError
from lockgate.learning.intervals import HalfWidth
from lockgate.learning.links import Link
from lockgate.params import SplitParams
from lockgate.strict import Strict, tuples

FORMAT: Literal[2] = 2


class FeatureEntry(Strict):
    """One input of the model.

    Attributes
    ----------
    source_hash : str or None
        sha256 of the feature function's source; None for a column as it stands.
    low, high : float or None
        Smallest and largest training value of a number; None where all were missing.
    levels : int or None
        How many levels a category had in training; levels.json lists them.
    """

    name: str
    kind: Literal["number", "category", "text"]
    columns: tuple[str, ...]
    source_hash: str | None
    low: float | None = None
    high: float | None = None
    levels: int | None = None


class Period(Strict):
    """First and last training date of a time column, ISO 8601."""

    first: str
    last: str


class RegressionEntry(Strict):
    """How a raw score becomes a number with an interval.

    Attributes
    ----------
    scale : {"identity", "log"}
        The scale that the target was learned on.
    low, high : float or None
        Bounds of a prediction, in the target's unit.
    scores, half_widths : tuple of float
        The interval's half-width by the height of the prediction, both on that scale; see
        `lockgate.learning.intervals.HalfWidth`.
    """

    scale: Literal["identity", "log"]
    low: float | None
    high: float | None
    scores: tuple[float, ...]
    half_widths: tuple[float, ...]

    @property
    def link(self) -> Link:
        """The scale and its bounds."""
        return Link(self.scale, self.low, self.high)

    @property
    def half_width(self) -> HalfWidth:
        """How far the interval reaches to either side."""
        return HalfWidth(self.scores, self.half_widths)


class ClassificationEntry(Strict):
    """How raw probabilities become those of the classes.

    Attributes
    ----------
    beta : float
        The inverse temperature of their calibration.
    seen : tuple of int
        Places, in the manifest's classes, of those that training rows had; a class that it has
        never seen is none that the estimator knows.
    thresholds : tuple of float
        From which probability on each of the manifest's classes is in the prediction set.
    """

    beta: float
    seen: tuple[int, ...]
    thresholds: tuple[float, ...]


class MemberEntry(Strict):
    """One of the models that an ensemble combines.

    Attributes
    ----------
    params : dict
        The arguments that are not the estimator's defaults.
    scale : {"identity", "log"} or None
        The scale that it learned the target on; None for a classifier.
    weight : float or None
        Its share in a vote, or the factor of its number in a stack; None where a stack weighs
        each of its probabilities.
    """

    name: str
    estimator: str
    params: dict[str, Any]
    scale: Literal["identity", "log"] | None
    weight: float | None


class ModelEntry(Strict):
    """One model of the bundle.

    Attributes
    ----------
    form : str
        ``trees``, ``network`` and an ``ensemble`` of these are data; ``pipeline`` is the
        hash-checked joblib, for an estimator that has no compiled form.
    members : tuple of MemberEntry
        Those of an ensemble, whatever its form; its answers are in the target's unit, not on
        the scale. Empty for a single estimator.
    """

    form: Literal["trees", "network", "ensemble", "pipeline"]
    estimator: str
    params: dict[str, Any]
    answer: RegressionEntry | ClassificationEntry
    members: tuple[MemberEntry, ...] = ()

    @property
    def title(self) -> str:
        """The estimator's name in a line of text, with the number of its members."""
        name = self.estimator.rpartition(".")[2]
        return f"{name} of {len(self.members)} models" if self.members else name


class Manifest(Strict):
    """The bundle's table of contents; its own sha256 is the model hash.

    Attributes
    ----------
    split : SplitParams
        How rows were kept back: tells for any row whether the model was trained on it.
    rows : int
        How many rows it was trained on.
    periods : dict of str to Period
        Of each time column.
    level : float
        Coverage that the intervals or prediction sets were made for.
    parts : dict of str to str
        sha256 of each other file of the bundle.
    """

    format: Literal[2] = FORMAT
    task: Task
    target: str
    classes: tuple[str, ...]
    schema_hash: str
    data_hash: str
    seed: int
    split: SplitParams
    rows: int
    periods: dict[str, Period]
    feature_module: str | None
    features: tuple[FeatureEntry, ...]
    level: float
    primary: ModelEntry
    baseline: ModelEntry
    libraries: dict[str, str]
    parts: dict[str, str]

    def to_json(self) -> str:
        """Return the JSON text: equal manifests give equal bytes."""
        data = self.model_dump(mode="json")
        return json.dumps(data, indent=2, sort_keys=True, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: bytes, where: str) -> "Manifest":
        """Read what `to_json` wrote.

        Raises
        ------
        BundleError
            When the text is no manifest, or one of another format.
        """
        try:
            data = json.loads(text)
            written = data.get("format") if isinstance(data, dict) else None
            if isinstance(written, int) and written != FORMAT:
                raise BundleError(
                    f"the bundle has format {written}, and this lockgate reads {FORMAT}",
                    where=where,
                    hint="serve it with the lockgate that trained it, or train again",
                )
            return cls.model_validate(tuples(data))
        except (ValidationError, ValueError, RecursionError) as problem:
            raise BundleError(f"not a lockgate manifest: {problem}", where=where) from None
