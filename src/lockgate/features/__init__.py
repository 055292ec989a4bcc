"""Features: plain functions of columns, the same for a million rows and for one."""

from lockgate.features.feature import Feature
from lockgate.features.plan import compute
from lockgate.features.resolve import resolve

__all__ = ["Feature", "compute", "resolve"]
