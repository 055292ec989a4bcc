"""A contract's pattern means the same to lockgate and to a client that reads OpenAPI."""

import re

import pytest

from lockgate.contract import Column
from lockgate.contract.patterns import published_pattern, text_pattern
from lockgate.errors import ContractError


def column(pattern: str) -> Column:
    """Return a column of texts with a pattern."""
    return Column(name="code", type="string", role="feature", pattern=pattern)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"\d+", "12", "\u0661"),
        (r"\w+", "a_1", "\u00e9"),
        (r"a|ab", "ab", "abc"),
        (r"(?:x|y)(?=z)z", "xz", "x"),
        (r"\\A[+]+", "\\A++", "A"),
        (r"[\]a-]{2,}", "]-", "["),
    ],
)
def test_the_whole_text_is_matched_as_ecma_262_does(pattern: str, good: str, bad: str) -> None:
    """Classes are about ASCII, and escapes that only look foreign are none."""
    match = text_pattern(column(pattern)).fullmatch
    assert match(good)
    assert not match(bad)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\Ax",
        r"x\Z",
        "(?i)x",
        "(?P<a>x)",
        "(?#x)",
        "(?>x)",
        "x*+",
        "x{2}+",
        "[]x]",
        "[^]x]",
        "x{,2}",
    ],
)
def test_what_only_python_reads_so_is_refused(pattern: str) -> None:
    """The message names the part."""
    with pytest.raises(ContractError, match="ECMA 262"):
        text_pattern(column(pattern))


@pytest.mark.parametrize(
    ("pattern", "published"),
    [
        ("a|b", "^(?:a|b)$"),
        ("a{2}{]}+", r"^(?:a{2}\{\]\}+)$"),
        (r"[\w.\-]+\@\-\/", r"^(?:[\w.\-]+@-\/)$"),
        (r"\\-[\"\]]\.", r"^(?:\\-[\"\]]\.)$".replace(r"\"", '"')),
    ],
)
def test_a_published_pattern_is_anchored_and_escapes_no_more_than_it_must(
    pattern: str, published: str
) -> None:
    """Validators that compile patterns in the Unicode mode of ECMA 262 take it."""
    assert published_pattern(pattern) == published
    re.compile(published)
