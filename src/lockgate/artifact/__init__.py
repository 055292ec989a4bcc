"""The model bundle: compiled, saved, verified, loaded.

Saving and the fitted pipeline need scikit-learn; loading and serving do not, and import none of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lockgate.artifact.bundle import Bundle, load

if TYPE_CHECKING:
    from lockgate.artifact.golden import relative_difference
    from lockgate.artifact.pipelines import load_pipeline, pipeline_answers
    from lockgate.artifact.saving import Trained, Training, save

__all__ = [
    "Bundle",
    "Trained",
    "Training",
    "load",
    "load_pipeline",
    "pipeline_answers",
    "relative_difference",
    "save",
]

_HOMES = {
    "Training": "saving",
    "Trained": "saving",
    "load_pipeline": "pipelines",
    "pipeline_answers": "pipelines",
    "relative_difference": "golden",
    "save": "saving",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lockgate.artifact' has no attribute '{name}'")
    return getattr(import_module(f"lockgate.artifact.{_HOMES[name]}"), name)
