"""Raised and caught inside the compiler."""


class Unsupported(Exception):
    """The pipeline has no compiled form."""
