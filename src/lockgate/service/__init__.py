"""The predict module behind HTTP."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.service.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """Import the app only when it is asked for, so that whoever supervises workers is small."""
    if name in __all__:
        from lockgate.service.app import create_app

        return create_app
    raise AttributeError(f"module 'lockgate.service' has no attribute '{name}'")
