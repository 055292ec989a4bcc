"""The fingerprint of a feature's code."""

from collections.abc import Callable

from lockgate.features import resolve
from tests.features.parcels import schema

CODE = """
from statistics import mean

LIMIT = 3
SCALE = {"small": 1}
TABLE = {"f": set}


def _half(weight):
    return weight / 2


def _quarter(weight):
    return _half(_half(weight))


def f(weight):
    return np.minimum(_quarter(weight), LIMIT) * SCALE["small"] * mean([len(TABLE)])


def g(weight):
    return weight
"""


def hashes(module: Callable[[str], str], text: str) -> list[str | None]:
    """Return the source hashes of f and g."""
    return [each.source_hash for each in resolve(["f", "g"], module(text), schema())]


def test_the_same_code_has_the_same_hash(module: Callable[[str], str]) -> None:
    """The hash depends on the code and not on the module's name or place."""
    assert hashes(module, CODE) == hashes(module, CODE)


def test_changed_code_has_another_hash(module: Callable[[str], str]) -> None:
    """A change of the function, of a helper's helper or of a constant is noticed."""
    before = hashes(module, CODE)
    for old, new in (("minimum", "maximum"), ("/ 2", "/ 3"), ("= 3", "= 4"), (": 1", ": 2")):
        after = hashes(module, CODE.replace(old, new))
        assert after[0] != before[0], old
        assert after[1] == before[1], old


def test_indentation_of_the_definition_does_not_matter(module: Callable[[str], str]) -> None:
    """A function defined in a block is the same function."""
    flat = "def f(weight):\n    return weight\n\n\ndef g(weight):\n    return weight\n"
    nested = "if True:\n" + "".join(f"    {line}\n" for line in flat.splitlines())
    assert hashes(module, flat)[1] == hashes(module, nested)[1]
