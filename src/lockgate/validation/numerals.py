"""Numbers as people write them: with separators of thousands, decimal commas, signs and units."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract import Column

# Spaces that keep digits together: no-break, figure, thin and narrow no-break.
SPACES = "\u00a0\u2007\u2009\u202f"
APOSTROPHE = "\u2019"
# An amount in brackets; a sign or a unit may stand before or after them.
BRACKETS = r"^([^()0-9+-]*)\(([^()]*)\)([^()0-9+-]*)$"


def plain_numerals(text: pa.StringArray, column: Column) -> pa.StringArray:
    """Rewrite numbers from the column's own writing into plain ones.

    Parameters
    ----------
    text : pyarrow.StringArray, shape (rows,)
        Trimmed texts; null is missing.
    column : Column
        Brackets become a minus, its affixes are taken off either end, its grouping is taken out
        where it parts whole groups of three digits, its decimal separator becomes a point. What
        does not fit stays as it is or becomes null, so that it is no number.
    """
    if column.negative == "brackets":
        text = pc.replace_substring_regex(text, BRACKETS, r"-\1\2\3")
    if column.affixes or column.grouping:
        text = pc.replace_substring_regex(text, f"[{SPACES}]", " ")
        text = pc.replace_substring(text, APOSTROPHE, "'")
    if column.affixes:
        text = _without_affixes(text, column.affixes)
    if not column.grouping and column.decimal == ".":
        return text
    grouping, decimal = re.escape(column.grouping), re.escape(column.decimal)
    whole = rf"[0-9]{{1,3}}(?:{grouping}[0-9]{{3}})+|[0-9]+" if grouping else "[0-9]+"
    known = pc.match_substring_regex(
        text, rf"^[+-]?(?:{whole})?(?:{decimal}[0-9]*)?(?:[eE][+-]?[0-9]+)?$"
    )
    text = pc.if_else(known, text, pa.scalar(None, pa.string()))
    if column.grouping:
        text = pc.replace_substring(text, column.grouping, "")
    return pc.replace_substring(text, column.decimal, ".")


def _without_affixes(text: pa.StringArray, affixes: tuple[str, ...]) -> pa.StringArray:
    """Take off one affix: after the sign and before the number, or after the number."""
    one = "|".join(re.escape(affix) for affix in sorted(affixes, key=len, reverse=True))
    # A sign or a digit, so that an affix alone, or twice, stays no number.
    pattern = rf"^([+-]?)(?:(?:{one})\s*([+-]?[0-9.,].*)|([0-9.,].*?)\s*(?:{one}))$"
    return pc.replace_substring_regex(text, pattern, r"\1\2\3")
