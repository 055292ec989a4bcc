"""In which format a column writes its days and moments."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.validation.instants import Instants, instants

TOLERATED_SHARE = 0.05
TOLERATED_WORDS = 20
PROBED_TEXTS = 40
ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
DAYS = (
    "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%y",
    "%d/%m/%y", "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y",
    "%B %d, %Y", "%Y-%m-%d",
)  # fmt: skip
MONTHS = ("%Y-%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%Y")
TIMES = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
FORMATS = (
    "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ", *DAYS, *MONTHS,
    *(f"{day} {time}" for day in DAYS for time in TIMES),
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A format.

    Attributes
    ----------
    format : str or None
        As `strptime` has it; None is ISO 8601.
    days : bool
        Whether no moment has a time of day.
    bad : frozenset of str
        The texts that it does not read.
    warnings : tuple of str
        Whether another format reads as much.
    """

    format: str | None
    days: bool
    bad: frozenset[str]
    warnings: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The format as a person would say it."""
        return f"written as {self.format}" if self.format else "in ISO 8601"


def find_format(
    levels: Counter[str], formats: tuple[str | None, ...] = (None, *FORMATS)
) -> Found | None:
    """Return the format that reads nearly all texts, the first of those that read the most.

    Parameters
    ----------
    levels : Counter
        How often each trimmed text occurs.
    formats : tuple of str or None
        What to try; None is ISO 8601 with dashes.
    """
    texts = list(levels)
    probe = texts[:: max(1, len(texts) // PROBED_TEXTS)]
    if not any(character.isdigit() for text in probe[:PROBED_TEXTS] for character in text):
        return None
    likely = [each for each in formats if np.isnat(moments(probe, each)).mean() <= 0.5]
    counts = np.array(list(levels.values()))
    read = [int(counts[~np.isnat(moments(texts, each))].sum()) for each in likely]
    if not read or max(read) < (1 - TOLERATED_SHARE) * counts.sum():
        return None
    best = likely[int(np.argmax(read))]
    found = moments(texts, best)
    bad = frozenset(text for text, nat in zip(texts, np.isnat(found), strict=True) if nat)
    if len(bad) > TOLERATED_WORDS:
        return None
    known = found[~np.isnat(found)]
    equals = [f for f, n in zip(likely, read, strict=True) if n == max(read) and f != best]
    others = [f for f in equals if not np.array_equal(moments(texts, f), found, equal_nan=True)]
    warnings = tuple(f"{other} reads the dates as well as {best} does" for other in others[:1])
    return Found(best, bool((known == known.astype("datetime64[D]")).all()), bad, warnings)


def moments(texts: list[str], format: str | None) -> Instants:
    """Read texts, shape (texts,), in one format; NaT is none, or in ISO without dashes."""
    if format is None:
        texts = [text if ISO.fullmatch(text) else "" for text in texts]
    return instants(pa.array(texts, pa.string()), format)
