"""params.yaml as frozen, strict models: one section for each stage."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from lockgate.errors import ParamsError, did_you_mean
from lockgate.strict import Strict, parse, read_yaml

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Encoding = Literal["native", "onehot", "spline", "target"]
Transform = Literal["none", "log"]
# Arguments of scikit-learn's votes and stacks, which know their members by name as well.
RESERVED = frozenset(
    {
        "cv",
        "estimators",
        "final_estimator",
        "flatten_transform",
        "n_jobs",
        "passthrough",
        "stack_method",
        "verbose",
        "voting",
        "weights",
    }
)


def _quoted(value: Any) -> Any:
    if isinstance(value, date):
        raise ValueError(f'write "{value}" in quotes, because DVC takes no bare date')
    return value


Day = Annotated[date, Field(strict=False), BeforeValidator(_quoted)]


class ValidateParams(Strict):
    """What share of bad rows is tolerated."""

    max_quarantined_share: Share
    max_quarantined_share_per_rule: Share
    batch_rows: Positive


class SplitParams(Strict):
    """How rows are kept back: from a date where the contract has a time column, else by hash."""

    test_from: Day | None
    test_share: Share
    calibration_share: Share


class LeakParams(Strict):
    """Absolute rank correlation with the target at which a feature is refused or remarked on."""

    refuse: Share
    warn: Share


class FeaturizeParams(Strict):
    """Which features, from which module, and how the rows are split."""

    module: str | None
    features: tuple[str, ...] | None
    split: SplitParams
    leaks: LeakParams


class ModelParams(Strict):
    """One entry of ``train.models``: scikit-learn compatible classes and their arguments."""

    regressor: str | None = None
    classifier: str | None = None
    encoding: Encoding = "onehot"
    params: dict[str, Any] = Field(default_factory=dict)


class SpaceParams(Strict):
    """The values that a search may give to one argument: a range, whose ends count, or a list.

    A range from one integer to another holds integers only; ``log`` tries as many values below
    its geometric middle as above.
    """

    low: int | Finite | None = None
    high: int | Finite | None = None
    log: bool = False
    choices: Annotated[tuple[Any, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _range_or_list(self) -> "SpaceParams":
        given = [name for name in ("low", "high", "choices") if getattr(self, name) is not None]
        if given not in (["low", "high"], ["choices"]):
            raise ValueError("give low and high, or choices")
        if self.low is not None and self.high is not None:
            if self.low >= self.high:
                raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
            if self.log and self.low <= 0:
                raise ValueError("a logarithmic range begins above 0")
        return self

    @property
    def integer(self) -> bool:
        """Whether it is a range of integers."""
        return isinstance(self.low, int) and isinstance(self.high, int)


class MemberParams(ModelParams):
    """An estimator within an ensemble, and what a search may vary of it.

    ``target_transform`` is that of ``train`` where it is left out. ``space`` names arguments of the
    estimator, ``encoding`` or ``target_transform``; the search begins with the values that these
    have outside of it.
    """

    target_transform: Transform | None = None
    space: dict[str, SpaceParams] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _choices_exist(self) -> "MemberParams":
        for name, kind in {"encoding": Encoding, "target_transform": Transform}.items():
            space, known = self.space.get(name), get_args(kind)
            if space is not None and any(each not in known for each in space.choices or ("",)):
                raise ValueError(f"space.{name} takes choices of {', '.join(known)}")
        return self


class SearchParams(Strict):
    """How many trials each member with a space gets, and how many of them are combined.

    ``rows`` is how many rows of the train part are searched on, where it has more; without it,
    all of them.
    """

    sampler: Literal["tpe", "random", "grid"] = "tpe"
    trials: Positive
    keep: Positive = 1
    rows: Positive | None = None


class EnsembleParams(Strict):
    """An entry of ``train.models`` that searches and combines several estimators.

    ``blend`` weighs them, ``vote`` lets all count the same, ``stack`` fits a linear model on
    their answers, ``best`` takes the one with the best score.
    """

    combine: Literal["blend", "vote", "stack", "best"]
    search: SearchParams | None = None
    members: Annotated[dict[str, MemberParams], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_free(self) -> "EnsembleParams":
        for name in self.members:
            if name in RESERVED:
                raise ValueError(f"no member can be called {name}, an argument of an ensemble")
            if "__" in name or name.endswith("_"):
                raise ValueError(f"no member can be called {name}, with __ within or _ at the end")
        return self

    @model_validator(mode="after")
    def _spaces_are_searched(self) -> "EnsembleParams":
        spaces = [name for name, member in self.members.items() if member.space]
        if spaces and self.search is None:
            raise ValueError(f"the member {spaces[0]} has a space, and there is no search")
        if self.search and not spaces:
            raise ValueError("there is a search, and no member has a space")
        return self


def _kind_of_entry(entry: Any) -> str:
    written = isinstance(entry, dict) and bool({"combine", "members"} & set(entry))
    return "ensemble" if written or isinstance(entry, EnsembleParams) else "estimator"


EntryParams = Annotated[
    Annotated[ModelParams, Tag("estimator")] | Annotated[EnsembleParams, Tag("ensemble")],
    Discriminator(_kind_of_entry),
]


class LevelParams(Strict):
    """Categories: at most this many levels, each with at least this many rows."""

    max_levels: Annotated[int, Field(ge=2, le=254)]
    min_rows: Positive


class TrainParams(Strict):
    """Which estimator, and how it is fitted."""

    model: str
    models: dict[str, EntryParams]
    levels: LevelParams
    target_transform: Transform
    cv_folds: Annotated[int, Field(ge=2)]
    interval_level: Annotated[float, Field(gt=0, lt=1)]

    @model_validator(mode="after")
    def _model_is_listed(self) -> "TrainParams":
        if self.model not in self.models:
            raise ValueError(
                f"model is '{self.model}'{did_you_mean(self.model, self.models)}, and models has "
                f"only {', '.join(sorted(self.models))}"
            )
        return self

    @property
    def chosen(self) -> ModelParams | EnsembleParams:
        """The entry that ``train.model`` names."""
        return self.models[self.model]


class SliceParams(Strict):
    """A column whose values, or whose quantile bands, are reported one by one."""

    column: str
    bands: Annotated[int, Field(ge=2)] | None = None


class CheckParams(Strict):
    """A behavioural check: what happens to the prediction when one column is changed.

    ``monotone``: adding `step` to `column` never moves the prediction against `direction`,
    on average and in at least `min_share` of the rows. ``directional``: the same where only
    the average is asked. ``invariant``: changing `column` changes no prediction.
    """

    kind: Literal["monotone", "directional", "invariant"]
    column: str
    direction: Literal["up", "down"] | None = None
    step: Annotated[float, Field(gt=0)] | None = None
    min_share: Share = 0.95

    @model_validator(mode="after")
    def _complete(self) -> "CheckParams":
        if self.kind != "invariant" and (self.direction is None or self.step is None):
            raise ValueError(f"a {self.kind} check of {self.column} needs direction and step")
        return self


class EvaluateParams(Strict):
    """What is measured on the test part beyond the headline metrics."""

    bootstrap_resamples: Positive
    min_slice_rows: Positive
    slices: tuple[SliceParams, ...]
    importance_repeats: Positive
    checks: tuple[CheckParams, ...]


class Bound(Strict):
    """A closed range; either end may be left out, but not both."""

    min: Finite | None = None
    max: Finite | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> "Bound":
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}: nothing can pass")
        return self


class IncumbentParams(Strict):
    """How the candidate is compared with the released bundle named ``gate.incumbent``."""

    max_regression: Annotated[Finite, Field(ge=0)]
    require_improvement: bool


class GateParams(Strict):
    """The rules between an evaluated model and a release."""

    enforce: bool
    incumbent: str
    thresholds: dict[str, Bound]
    min_improvement_over_baseline: Finite | None
    interval_coverage: Bound | None
    worst_slice_ratio: Annotated[Finite, Field(ge=1)] | None
    require_checks: bool
    max_quarantined_share: Share
    max_bundle_megabytes: Annotated[float, Field(gt=0)]
    comparison: IncumbentParams


class Params(Strict):
    """The whole of params.yaml."""

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    validation: ValidateParams = Field(alias="validate")
    featurize: FeaturizeParams
    train: TrainParams
    evaluate: EvaluateParams
    gate: GateParams


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read params.yaml.

    Raises
    ------
    ParamsError
        Naming each unknown, missing or wrong key.
    """
    return parse(Params, read_yaml(path, ParamsError), path, ParamsError)
