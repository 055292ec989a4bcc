"""A fitted pipeline to its served form, by the class of its estimator."""

from collections.abc import Callable
from typing import Any

from sklearn import ensemble, linear_model, neural_network, tree

from lockgate.artifact.compile import forests, histograms, leafwise, networks, stages
from lockgate.artifact.compile.blocks import blocks_of
from lockgate.artifact.compile.unsupported import Unsupported
from lockgate.artifact.spec import Block, Compiled

# By exact class: a subclass may predict in another way.
COMPILERS: dict[type, Callable[[Any, tuple[Block, ...]], Compiled]] = {
    ensemble.HistGradientBoostingRegressor: histograms.compile_boosting,
    ensemble.HistGradientBoostingClassifier: histograms.compile_boosting,
    ensemble.GradientBoostingRegressor: stages.compile_boosting,
    ensemble.GradientBoostingClassifier: stages.compile_boosting,
    ensemble.RandomForestRegressor: forests.compile_forest,
    ensemble.RandomForestClassifier: forests.compile_forest,
    ensemble.ExtraTreesRegressor: forests.compile_forest,
    ensemble.ExtraTreesClassifier: forests.compile_forest,
    tree.DecisionTreeRegressor: forests.compile_tree,
    tree.DecisionTreeClassifier: forests.compile_tree,
    tree.ExtraTreeRegressor: forests.compile_tree,
    tree.ExtraTreeClassifier: forests.compile_tree,
    neural_network.MLPRegressor: networks.compile_perceptron,
    neural_network.MLPClassifier: networks.compile_perceptron,
    linear_model.LogisticRegression: networks.compile_linear,
    linear_model.LogisticRegressionCV: networks.compile_linear,
    linear_model.LinearRegression: networks.compile_linear,
    linear_model.Ridge: networks.compile_linear,
    linear_model.RidgeCV: networks.compile_linear,
    linear_model.Lasso: networks.compile_linear,
    linear_model.LassoCV: networks.compile_linear,
    linear_model.ElasticNet: networks.compile_linear,
    linear_model.ElasticNetCV: networks.compile_linear,
    linear_model.Lars: networks.compile_linear,
    linear_model.LassoLars: networks.compile_linear,
    linear_model.BayesianRidge: networks.compile_linear,
    linear_model.ARDRegression: networks.compile_linear,
    linear_model.HuberRegressor: networks.compile_linear,
    linear_model.QuantileRegressor: networks.compile_linear,
    linear_model.SGDRegressor: networks.compile_linear,
    linear_model.TheilSenRegressor: networks.compile_linear,
    linear_model.PoissonRegressor: networks.compile_linear,
    linear_model.GammaRegressor: networks.compile_linear,
}

# By import path, because that of LightGBM takes a second and a library of the system.
ELSEWHERE = {
    "lightgbm.sklearn.LGBMRegressor": leafwise.compile_boosting,
    "lightgbm.sklearn.LGBMClassifier": leafwise.compile_boosting,
}


def compile_pipeline(pipeline: Any) -> Compiled:
    """Compile a fitted pipeline, as `lockgate.artifact.compile.compile_form` describes it.

    Raises
    ------
    Unsupported
        When the estimator's class, or an option that it was fitted with, has no compiled form.
    """
    model = pipeline["model"]
    model = getattr(model, "regressor_", model)
    kind = type(model)
    compiler = COMPILERS.get(kind) or ELSEWHERE.get(f"{kind.__module__}.{kind.__qualname__}")
    if compiler is None:
        raise Unsupported(kind.__name__)
    return compiler(model, blocks_of(pipeline["preprocess"]))
