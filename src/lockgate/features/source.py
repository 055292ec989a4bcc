"""A fingerprint of the code of a feature, so that a changed feature is noticed."""

import hashlib
import inspect
import json
from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any


def source_hash(function: Callable[..., Any]) -> str:
    """Return the sha256 of a function's source.

    The text is dedented and followed by the functions and the plain constants of the same
    module that it names, and that those name: a changed helper changes the feature too. Plain
    are the constants that JSON can hold.
    """
    digest = hashlib.sha256()
    for text in _sources(function, set()):
        digest.update(text.encode("utf-8"))
    return digest.hexdigest()


def _sources(function: Callable[..., Any], seen: set[str]) -> Iterator[str]:
    seen.add(function.__name__)
    yield dedent(inspect.getsource(function))
    home = vars(inspect.getmodule(function))
    for name in sorted(set(function.__code__.co_names) & set(home) - seen):
        value = home[name]
        if not inspect.isfunction(value):
            yield _constant(name, value)
        elif value.__module__ == function.__module__:
            yield from _sources(value, seen)


def _constant(name: str, value: object) -> str:
    try:
        return f"{name} = {json.dumps(value, sort_keys=True)}\n"
    except (TypeError, ValueError):
        # A module, a class or an array: its content is not this feature's source.
        return ""
