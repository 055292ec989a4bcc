"""The commands: each one line of work, the work being done by the rooms below."""

from lockgate.cli.app import main

__all__ = ["main"]
