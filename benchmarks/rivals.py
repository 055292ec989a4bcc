"""The floor of benchmarks/any_table.py: models as one would write them first, all by default."""

from typing import Any

from lightgbm import LGBMClassifier, LGBMRegressor
from pandas import Categorical, DataFrame
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# HistGradientBoosting takes 255, one of which is left for the rest.
MOST_LEVELS = 254


def rivals(task: str) -> dict[str, Any]:
    """Return the models by name, unfitted; they take a DataFrame as of `categorical`."""
    if task == "regression":
        boosted, light, linear = HistGradientBoostingRegressor, LGBMRegressor, Ridge()
    else:
        boosted, light = HistGradientBoostingClassifier, LGBMClassifier
        linear = LogisticRegression(max_iter=1000)
    return {
        "HistGradientBoosting": boosted(random_state=0),
        "LightGBM": light(random_state=0, n_jobs=1, verbose=-1),
        type(linear).__name__: make_pipeline(_columns(), linear),
    }


def categorical(inputs: DataFrame, known: DataFrame) -> DataFrame:
    """Return `inputs` with its texts as categories: the most frequent ones of the known rows."""
    categories = {
        name: Categorical(inputs[name], known[name].value_counts().index[:MOST_LEVELS])
        for name in known.select_dtypes("object")
    }
    return inputs.assign(**categories)


def _columns() -> Any:
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    return make_column_transformer(
        (scaled, make_column_selector(dtype_include="float64")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include="category")),
    )
