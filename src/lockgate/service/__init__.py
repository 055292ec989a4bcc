"""The predict module behind HTTP."""

from lockgate.service.app import create_app

__all__ = ["create_app"]
