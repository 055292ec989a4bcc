"""Patterns of texts: the regular expressions that Python and ECMA 262 read in the same way."""

import re

from lockgate.contract.schema import Column
from lockgate.errors import ContractError

_COUNT = r"\{[0-9]+(?:,[0-9]*)?\}"
# At each place of a pattern: what only Python knows, else a count, an escape, a class, a character.
_PARTS = re.compile(
    rf"(?P<foreign>\\[AZNUa]|\[\^?\]|\(\?(?![:=!]|<[=!])|(?:[*+?]|{_COUNT})\+|\{{,)"
    rf"|{_COUNT}|\\.|\[(?:\\.|[^\\\]])*\]|.",
    re.DOTALL,
)
_ESCAPES = re.compile(r"\\(?:([^\w^$\\.*+?()\[\]{}|/-]|_)|.)", re.DOTALL)


def text_pattern(column: Column) -> re.Pattern[str]:
    r"""Return the column's pattern, to be used with ``fullmatch``.

    The Open Data Contract Standard asks for the syntax of ECMA 262, in which ``\d``, ``\w`` and
    ``\b`` are about ASCII alone.

    Raises
    ------
    ContractError
        When it is not a regular expression, or one that only Python reads so.
    """
    pattern = column.pattern or ""
    try:
        compiled = re.compile(pattern, re.ASCII)
    except re.error as problem:
        raise ContractError(
            f"'{pattern}' is not a regular expression: {problem}", where=column.name
        ) from None
    for part in _PARTS.finditer(pattern):
        if part["foreign"]:
            raise ContractError(
                f"'{part['foreign']}' in the pattern '{pattern}' has another meaning, or none, "
                "in ECMA 262",
                where=column.name,
                hint="write it as JavaScript has it: clients check by the same pattern",
            )
    return compiled


def published_pattern(pattern: str) -> str:
    """Return a pattern as JSON Schema has it: it is searched for, so it is anchored.

    In the Unicode mode of ECMA 262, in which validators compile patterns, a backslash may only
    stand before a character that needs one, and a lone bracket needs one.
    """
    return f"^(?:{_PARTS.sub(_plain, pattern)})$"


def _plain(part: re.Match[str]) -> str:
    if part[0] in ("{", "}", "]"):
        return f"\\{part[0]}"
    if part[0] == r"\-":
        return "-"
    return _ESCAPES.sub(lambda escape: escape[1] or escape[0], part[0])
