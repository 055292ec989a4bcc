"""Voting and stacking: the members' forms, and the average or linear model that combines them."""

from typing import Any

from sklearn.base import is_classifier
from sklearn.compose import TransformedTargetRegressor

from lockgate.artifact.compile import networks
from lockgate.artifact.compile.estimators import COMPILERS, compile_pipeline
from lockgate.artifact.compile.members import VOTES, members_of, weights_of
from lockgate.artifact.compile.unsupported import Unsupported
from lockgate.artifact.ensemble import (
    Average,
    Combination,
    CompiledEnsemble,
    EnsembleSpec,
    Member,
    Scale,
    Stack,
)
from lockgate.learning.links import Link


def compile_ensemble(ensemble: Any) -> CompiledEnsemble:
    """Compile a fitted ensemble of pipelines.

    Raises
    ------
    Unsupported
        When a member has no compiled form, or the way in which they are combined has none.
    """
    combination = combination_of(ensemble)
    members = members_of(ensemble)
    compiled = [compile_pipeline(pipeline) for _, pipeline in members]
    spec = EnsembleSpec(
        members=tuple(
            Member(name=name, form=form.spec, scale=_scale(pipeline["model"]))
            for (name, pipeline), form in zip(members, compiled, strict=True)
        ),
        combination=combination,
    )
    arrays, nodes = zip(*((form.arrays, form.nodes) for form in compiled), strict=True)
    return CompiledEnsemble(spec, arrays, nodes)


def combination_of(ensemble: Any) -> Combination:
    """Describe how a fitted ensemble combines its members.

    Raises
    ------
    Unsupported
        When it is neither an average of numbers or probabilities nor a linear model on them.
    """
    return _average(ensemble) if type(ensemble) in VOTES else _stack(ensemble)


def _average(ensemble: Any) -> Average:
    if is_classifier(ensemble) and ensemble.voting != "soft":
        raise Unsupported("a vote of classes without probabilities")
    return Average(weights=weights_of(ensemble))


def _stack(ensemble: Any) -> Stack:
    final = ensemble.final_estimator_
    method = "predict_proba" if is_classifier(ensemble) else "predict"
    if ensemble.passthrough or set(ensemble.stack_method_) != {method}:
        raise Unsupported("a stack on more than numbers or probabilities")
    if COMPILERS.get(type(final)) is not networks.compile_linear:
        raise Unsupported(f"a stack that ends in {type(final).__name__}")
    weights, bias, head = networks.linear_layer(final)
    rows = tuple(tuple(row) for row in weights.tolist())
    return Stack(weights=rows, bias=tuple(bias.tolist()), head=head)


def _scale(model: Any) -> Scale | None:
    if is_classifier(model):
        return None
    if not isinstance(model, TransformedTargetRegressor):
        return Scale()
    link = getattr(model.func, "__self__", None)
    if not isinstance(link, Link):
        raise Unsupported("a target transform other than a link's")
    return Scale(kind=link.kind, low=link.low, high=link.high)
