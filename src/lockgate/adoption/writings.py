"""How a column writes its numbers: which separators, which signs and units."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from unicodedata import category

from lockgate.contract.schema import NUMBER
from lockgate.validation.numerals import APOSTROPHE, BRACKETS, SPACES

TOLERATED_SHARE = 0.05
TOLERATED_WORDS = 20
_AFFIXED = re.compile(
    r"^[+-]?(?P<before>(?:[^\d\s+\-.,']{1,4}\.?)?)\s*[+-]?(?P<number>[\d.,][\d.,' \u00a0eE+-]*?)"
    r"\s*(?P<after>(?:[^\d\s+\-.,']{1,12}\.?)?)$"
)
UNITS = frozenset(
    {"kg", "g", "mg", "t", "lb", "lbs", "oz", "km", "m", "cm", "mm", "mi", "miles", "ft", "inch",
     "sqft", "sqm", "m²", "m2", "ft²", "l", "ml", "h", "hr", "hrs", "hours", "min", "mins", "s",
     "sec", "ms", "years", "year", "yrs", "months", "days", "weeks", "mpg", "kmpl", "bhp", "cc",
     "hp", "ps", "kw", "kwh", "mb", "gb", "tb", "usd", "eur", "gbp", "chf", "jpy", "cad", "aud",
     "inr", "rs", "kr", "us$", "r$", "a$", "c$", "euro", "euros", "dollars", "pct", "percent"}
)  # fmt: skip
_USUAL = str.maketrans(dict.fromkeys(SPACES, " ") | {APOSTROPHE: "'"})
_BRACKETS = re.compile(BRACKETS)
_NAMES = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}


@dataclass(frozen=True)
class Writing:
    """The separators, the affix and the minus of a column's numbers."""

    decimal: Literal[".", ","] = "."
    grouping: Literal["", ",", ".", " ", "'"] = ""
    affixes: tuple[str, ...] = ()
    negative: Literal["minus", "brackets"] = "minus"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        if self == Writing():
            return re.compile(NUMBER)
        decimal, grouping = re.escape(self.decimal), re.escape(self.grouping)
        groups = rf"\d{{1,3}}(?:{grouping}\d{{3}})+|" if grouping else ""
        number = rf"(?:(?:{groups}\d+)(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][+-]?\d+)?"
        affix = "|".join(map(re.escape, self.affixes))
        before = rf"(?:(?:{affix})\s*)?" if affix else ""
        after = rf"(?:\s*(?:{affix}))?" if affix else ""
        return re.compile(rf"(?:[+-]?{before}|{before}[+-]){number}{after}", re.ASCII)

    def reads(self, text: str) -> bool:
        """Tell whether a trimmed text is a number in this writing."""
        return self._pattern.fullmatch(self._usual(text)) is not None

    def _usual(self, text: str) -> str:
        if self.affixes or self.grouping:
            text = text.translate(_USUAL)
        return _with_minus(text) if self.negative == "brackets" else text

    def value(self, text: str) -> float:
        """Return the number that a text which `reads` accepts stands for."""
        text = self._usual(text)
        for affix in self.affixes:
            text = text.replace(affix, "")
        if self.grouping:
            text = text.replace(self.grouping, "")
        return float(text.replace(self.decimal, ".").replace(" ", ""))

    @property
    def percent(self) -> bool:
        """Whether the numbers are percentages."""
        return "%" in self.affixes

    @property
    def words(self) -> str:
        """The writing as a person would say it."""
        parts = [f"with {_listed(self.affixes)}"] if self.affixes else []
        if self.grouping:
            parts.append(f"thousands parted by {_NAMES[self.grouping]}")
        if self.decimal == ",":
            parts.append("with a decimal comma")
        if self.negative == "brackets":
            parts.append("negative in brackets")
        return "numbers " + ", ".join(parts)


PLAIN = Writing()
_SEPARATORS: tuple[tuple[Literal[".", ","], Literal["", ",", ".", " ", "'"]], ...] = (
    (".", ""),
    (".", ","),
    (",", ""),
    (",", "."),
    (",", " "),
    (".", " "),
    (".", "'"),
)


@dataclass(frozen=True)
class Found:
    """A writing, whether all its numbers are whole, and the texts that it does not read."""

    writing: Writing
    whole: bool
    bad: frozenset[str]


def find_writing(levels: Counter[str]) -> Found | None:
    """Return the writing that reads nearly all texts, the simplest of those that read the most.

    A column whose numbers have different signs or units has none, because they are not comparable.

    Parameters
    ----------
    levels : Counter
        How often each trimmed text occurs.
    """
    affixes = _affixes(levels)
    if len(affixes) > 1:
        return None
    bracketed = any(_with_minus(text) != text for text in levels)
    negative: Literal["minus", "brackets"] = "brackets" if bracketed else "minus"
    candidates = [Writing(dot, group, affixes, negative) for dot, group in _SEPARATORS]
    read = {w: sum(n for text, n in levels.items() if w.reads(text)) for w in candidates}
    best = max(candidates, key=lambda writing: read[writing])
    bad = frozenset(text for text in levels if not best.reads(text))
    total = levels.total()
    if read[best] < (1 - TOLERATED_SHARE) * total or len(bad) > TOLERATED_WORDS:
        return None
    values = [best.value(text) for text in levels if text not in bad]
    return Found(best, all(value == int(value) for value in values), bad)


def mixed_units(levels: Counter[str]) -> tuple[str, ...]:
    """Return the signs and units of numbers that nearly all texts are, where there are several."""
    affixes = _affixes(levels)
    return affixes if len(affixes) > 1 else ()


def _affixes(levels: Counter[str]) -> tuple[str, ...]:
    """Return the signs and units that stand at numbers, in at least a hundredth of the cells."""
    found: Counter[str] = Counter()
    for text, count in levels.items():
        match = _AFFIXED.match(_with_minus(text.translate(_USUAL)))
        affix = match and bool(match["before"]) != bool(match["after"])
        if match and affix and _is_affix(match["before"] or match["after"]):
            found[match["before"] or match["after"]] += count
    often = {affix for affix, count in found.items() if count >= 0.01 * levels.total()}
    return tuple(sorted(often))


def _with_minus(text: str) -> str:
    """Write an amount in brackets with a minus."""
    return _BRACKETS.sub(r"-\1\2\3", text)


def _is_affix(text: str) -> bool:
    """Tell a currency sign or a unit from the letter that an id begins with."""
    signs = all(c in "%‰°" or category(c) == "Sc" for c in text)
    return signs or text.lower().strip("°.") in UNITS


def _listed(affixes: tuple[str, ...]) -> str:
    return " or ".join(f"'{affix}'" for affix in affixes)
