"""params.yaml as frozen, strict models: one section for each stage."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from lockgate.errors import ParamsError, did_you_mean
from lockgate.strict import Strict, parse, read_yaml

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


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
    encoding: Literal["native", "onehot", "spline", "target"] = "onehot"
    params: dict[str, Any] = Field(default_factory=dict)


class LevelParams(Strict):
    """Categories: at most this many levels, each with at least this many rows."""

    max_levels: Annotated[int, Field(ge=2, le=254)]
    min_rows: Positive


class TrainParams(Strict):
    """Which estimator, and how it is fitted."""

    model: str
    models: dict[str, ModelParams]
    levels: LevelParams
    target_transform: Literal["none", "log"]
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
    def chosen(self) -> ModelParams:
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
