"""From features to a matrix: what ``encoding`` in an entry of ``train.models`` stands for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockgate.features import Feature
from lockgate.learning.crossfit import CrossFit
from lockgate.params import Encoding, LevelParams

if TYPE_CHECKING:
    from pandas import DataFrame
    from sklearn.compose import ColumnTransformer


def preprocess(
    encoding: Encoding,
    features: Sequence[Feature],
    *,
    classes: bool,
    levels: LevelParams,
    seed: int,
) -> "ColumnTransformer":
    """Return the unfitted transformer from a DataFrame of features to a float64 matrix.

    The numbers (transformer ``numbers``) come before the categories (transformer
    ``categories``), each in the order of `features`; a transformer without columns is left out.
    With ``onehot`` and ``spline``, between them, each value of a cyclic number has a column too
    (transformer ``cycles``): what a linear model makes of months and hours as numbers is a
    straight line. A category with more levels than are kept is also the target's mean at its
    level, as ``target`` has it (transformer ``means``): what is said of the rarest together says
    little of each. Texts come last, each by a transformer of its own: with any encoding they are
    the numbers that `lockgate.learning.text_encoder.TextEncoder` makes of them.

    ``native``
        Numbers pass with NaN; a category is a code, an unseen level NaN.
    ``onehot``
        Numbers are imputed by the median, flagged where missing, and scaled; each level has a
        column, an unseen level none, or the one of the rare levels.
    ``spline``
        The same, but a number is the weights of the two knots that it lies between, so that a
        linear model of them is piecewise linear in the number: see `lockgate.learning.hats`.
    ``target``
        Numbers pass with NaN; a level is the mean of the target in its rows, shrunk towards
        the mean of all the more, the fewer they are (Micci-Barreca, 2001), and for three
        classes and more, one mean a class. A training row's means are of other rows than its
        own. An unseen level is the mean of all.

    Parameters
    ----------
    encoding : {"native", "onehot", "spline", "target"}
        Which.
    features : sequence of Feature
        The inputs.
    classes : bool
        Whether the target is a class.
    levels : LevelParams
        Except for ``target``: how many levels a category may have, and which are rare.
    seed : int
        Of the division of the rows for ``target``, and of texts.
    """
    from sklearn.compose import ColumnTransformer

    from lockgate.learning.text_encoder import TextEncoder

    others = CrossFit(classes, seed)
    plain = encoding in ("onehot", "spline")
    numbers, categories = _ENCODINGS[encoding](levels, others)
    means = _scaled(_means(others)) if plain else _means(others)
    texts = names_of_kind(features, "text")
    named = names_of_kind(features, "category")
    wide = named and encoding != "target" and Wide(tuple(named), levels.max_levels)
    parts = (
        ("numbers", numbers, names_of_kind(features, "number")),
        ("cycles", _levels(), [each.name for each in features if each.cyclic and plain]),
        ("categories", categories, named),
        ("means", means, wide),
        *((f"text {name}", TextEncoder(seed), [name]) for name in texts),
    )
    return ColumnTransformer(
        [part for part in parts if part[2]], sparse_threshold=0, verbose_feature_names_out=False
    )


@dataclass(frozen=True)
class Wide:
    """Chooses, when a ColumnTransformer is fitted, the columns with more levels than are kept.

    Attributes
    ----------
    names : tuple of str
        Among which.
    levels : int
        How many are kept.
    """

    names: tuple[str, ...]
    levels: int

    def __call__(self, inputs: "DataFrame") -> list[str]:
        """Return their names, in order."""
        return [name for name in self.names if inputs[name].nunique() > self.levels]


def names_of_kind(features: Sequence[Feature], kind: str) -> list[str]:
    """Return the names of the features of one kind, in order."""
    return [feature.name for feature in features if feature.kind == kind]


def _levels(**limits: Any) -> Any:
    from sklearn.preprocessing import OneHotEncoder

    unseen = "infrequent_if_exist" if limits else "ignore"
    return OneHotEncoder(handle_unknown=unseen, sparse_output=False, **limits)


def _native(levels: LevelParams, _: CrossFit) -> tuple[Any, Any]:
    from sklearn.preprocessing import OrdinalEncoder

    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=float("nan"),
        max_categories=levels.max_levels,
        min_frequency=levels.min_rows,
    )
    return "passthrough", codes


def _onehot(levels: LevelParams, _: CrossFit) -> tuple[Any, Any]:
    from sklearn.preprocessing import StandardScaler

    return _imputed(("scale", StandardScaler())), _columns(levels)


def _spline(levels: LevelParams, _: CrossFit) -> tuple[Any, Any]:
    from lockgate.learning.splines import LinearSpline

    return _imputed(("spline", LinearSpline())), _columns(levels)


def _imputed(step: tuple[str, Any]) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline

    impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return Pipeline([("impute", impute), step])


def _columns(levels: LevelParams) -> Any:
    return _levels(max_categories=levels.max_levels, min_frequency=levels.min_rows)


def _target(_: LevelParams, others: CrossFit) -> tuple[Any, Any]:
    return "passthrough", _means(others)


def _means(others: CrossFit) -> Any:
    from sklearn.preprocessing import TargetEncoder

    # Left to itself, it takes a target of whole numbers for classes.
    kind = "auto" if others.classes else "continuous"
    return TargetEncoder(target_type=kind, cv=others)


def _scaled(encoder: Any) -> Any:
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    return Pipeline([("means", encoder), ("scale", StandardScaler())])


_ENCODINGS: dict[Encoding, Callable[[LevelParams, CrossFit], tuple[Any, Any]]] = {
    "native": _native,
    "onehot": _onehot,
    "spline": _spline,
    "target": _target,
}
