"""lockgate turns a table into a served model that can be trusted."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.predict import Predictor, load_predictor

__all__ = ["Predictor", "load_predictor"]


def __getattr__(name: str) -> Any:
    """Import the predict module only when it is asked for, so that no stage pays for it."""
    if name in __all__:
        from lockgate import predict

        return getattr(predict, name)
    raise AttributeError(f"module 'lockgate' has no attribute '{name}'")
