"""What the texts of one column are: numbers, moments, truth values or words, through their dirt."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from lockgate.adoption import names
from lockgate.adoption.dates import find_format
from lockgate.adoption.profile import ColumnProfile
from lockgate.adoption.writings import PLAIN, Writing, find_writing, mixed_units
from lockgate.contract.schema import FALSE, LARGEST_INTEGER, TRUE, Type

UNKNOWN = frozenset(
    {"?", "-", "--", "nan", "null", "nil", "missing", "unknown", "unk", "#n/a", "#na", "(null)",
     "<na>", "\\n", "-nan", "#value!", "#div/0!", "inf", "-inf", "+inf", ".", "not available",
     "undefined", "#ref!", "n.a."}
)  # fmt: skip
PERHAPS_NONE = frozenset({"na", "n/a", "none", "not applicable"})
TOLERATED_SHARE = 0.05
TOLERATED_WORDS = 20
NONE_SHARE = 0.05
EPOCH_WORDS = frozenset(
    {"time", "timestamp", "ts", "date", "datetime", "created", "updated", "at", "on", "epoch",
     "when", "unix"}
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """How a column is read.

    Attributes
    ----------
    type : str
        As the contract has it.
    missing : tuple of str
        Texts beyond the empty one that stand for a missing value.
    absent : int
        Cells without a value, among the rows.
    format : str or None
        Of moments.
    writing : Writing
        Of numbers.
    reasons, warnings : tuple of str
        What speaks for it, and what a person should look at.
    """

    type: Type
    missing: tuple[str, ...] = ()
    absent: int = 0
    format: str | None = None
    writing: Writing = PLAIN
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def kind_of(name: str, profile: ColumnProfile) -> Kind:
    """Decide how a column is read.

    Parameters
    ----------
    name : str
        Decides where the values leave it open: digits may be a code, or seconds since 1970.
    profile : ColumnProfile
        What the cells are.
    """
    doubtful = {text for text in profile.levels if text.lower() in UNKNOWN | PERHAPS_NONE}
    clear = Counter({t: n for t, n in profile.levels.items() if t not in doubtful})
    if not clear:
        return _described(Kind("string"), profile, doubtful)
    return (
        _numeric(name, profile, clear, doubtful)
        or _temporal(profile, clear, doubtful)
        or _written(profile, clear, doubtful)
        or _truth(profile, clear, doubtful)
        or _words(profile, doubtful)
    )


def _numeric(
    name: str, profile: ColumnProfile, clear: Counter[str], doubtful: set[str]
) -> Kind | None:
    known = profile.filled - _cells(profile, doubtful)
    if profile.numbers < (1 - TOLERATED_SHARE) * known:
        return None
    bad = _not_numbers(clear)
    if len(bad) > TOLERATED_WORDS or (profile.overflow and profile.numbers < known and not bad):
        return None
    if any(_written_otherwise(text) for text in bad):
        return None
    whole = profile.whole == profile.numbers
    if whole and profile.zeros:
        return _described(Kind("string", reasons=("digits with leading zeros",)), profile, ())
    if whole and names.is_code(name):
        return _described(Kind("string", reasons=("a code in digits",)), profile, doubtful)
    gaps = profile.empty + _cells(profile, doubtful) > 0
    found = _dated(name, profile, clear) or Kind(_number_type(profile, gaps=gaps))
    return _described(found, profile, doubtful | bad, bad)


def _number_type(profile: ColumnProfile, *, gaps: bool) -> Type:
    whole = profile.whole == profile.numbers
    small = max(abs(profile.low), abs(profile.high)) < LARGEST_INTEGER
    # Where there are gaps, other programs write whole numbers as 3.0.
    written_whole = not profile.pointed or gaps
    return "integer" if whole and small and written_whole else "number"


def _dated(name: str, profile: ColumnProfile, clear: Counter[str]) -> Kind | None:
    if profile.whole != profile.numbers or profile.pointed:
        return None
    if profile.low >= 19000101 and profile.high <= 21001231:
        days = Kind("date", format="%Y%m%d", reasons=("days in eight digits",))
        return days if find_format(clear, ("%Y%m%d",)) else None
    if not EPOCH_WORDS & set(names.words(name)):
        return None
    for format, factor, unit in (("%s", 1, "seconds"), ("%s%3N", 1000, "milliseconds")):
        if 3e8 * factor <= profile.low and profile.high < 4e9 * factor:
            return Kind("timestamp", format=format, reasons=(f"{unit} since 1970",))
    return None


def _temporal(profile: ColumnProfile, clear: Counter[str], doubtful: set[str]) -> Kind | None:
    found = find_format(clear)
    if found is None:
        return None
    kind = Kind(
        "date" if found.days else "timestamp",
        format=found.format,
        reasons=(found.words,),
        warnings=found.warnings,
    )
    return _described(kind, profile, doubtful | found.bad, found.bad)


def _written(profile: ColumnProfile, clear: Counter[str], doubtful: set[str]) -> Kind | None:
    found = find_writing(clear)
    if found is None:
        return None
    whole = found.whole and not found.writing.percent
    kind = Kind(
        "integer" if whole else "number", writing=found.writing, reasons=(found.writing.words,)
    )
    return _described(kind, profile, doubtful | found.bad, found.bad)


def _truth(profile: ColumnProfile, clear: Counter[str], doubtful: set[str]) -> Kind | None:
    found = {text.lower() for text in clear}
    truths, falsehoods = found & set(TRUE), found & set(FALSE)
    if found != truths | falsehoods or len(truths) != 1 or len(falsehoods) != 1:
        return None
    words = f"{truths.pop()} or {falsehoods.pop()}"
    return _described(Kind("boolean", reasons=(words,)), profile, doubtful)


def _words(profile: ColumnProfile, doubtful: set[str]) -> Kind:
    meant = {
        text
        for text in doubtful
        if text.lower() in PERHAPS_NONE
        and profile.levels[text] >= NONE_SHARE * profile.rows
        and len(profile.levels) > 1
    }
    numbers = profile.numbers / max(profile.filled, 1)
    units = mixed_units(profile.levels)
    warnings = [f"numbers in different units: {', '.join(units)}"] if units else []
    if 0.5 <= numbers < 1:
        warnings += [f"{numbers:.0%} of the values are numbers, the others words: is it mixed?"]
    variants = _variants(profile.levels)
    warnings += [f"values that differ in case or spaces only: {_listed(variants)}"] * bool(variants)
    reasons = tuple(f"'{text}' is a value of its own: too frequent for a gap" for text in meant)
    return _described(
        Kind("string", reasons=reasons, warnings=tuple(warnings)), profile, doubtful - meant
    )


def _variants(levels: Counter[str]) -> list[str]:
    """Return texts that are the same but for case and spaces, of the first such group."""
    groups: dict[str, list[str]] = {}
    for text in levels:
        groups.setdefault(" ".join(text.casefold().split()), []).append(text)
    return next((sorted(group) for group in groups.values() if len(group) > 1), [])


def _described(
    kind: Kind,
    profile: ColumnProfile,
    missing: set[str] | tuple[str, ...],
    bad: set[str] | frozenset[str] = frozenset(),
) -> Kind:
    tokens = tuple(sorted(missing))
    absent = profile.empty + _cells(profile, tokens)
    reasons, warnings = list(kind.reasons), list(kind.warnings)
    if tokens:
        reasons.append(f"{_listed(tokens)} taken as missing")
    if bad:
        cells = _cells(profile, bad)
        warnings.append(f"{cells:,} cells that are no {kind.type} ({_listed(sorted(bad))})")
    return Kind(
        kind.type, tokens, absent, kind.format, kind.writing, tuple(reasons), tuple(warnings)
    )


def _cells(profile: ColumnProfile, texts: set[str] | tuple[str, ...] | frozenset[str]) -> int:
    return sum(profile.levels[text] for text in texts)


def _not_numbers(clear: Mapping[str, int]) -> set[str]:
    return {text for text in clear if not PLAIN.reads(text)}


def _written_otherwise(text: str) -> bool:
    """Tell a number that is written like ``1,234`` or ``(5)`` from a word among plain numbers."""
    found = find_writing(Counter([text]))
    return found is not None


def _listed(texts: "tuple[str, ...] | list[str]") -> str:
    shown = ", ".join(f"'{text[:20]}'" for text in texts[:3])
    return shown if len(texts) <= 3 else f"{shown} and {len(texts) - 3} more"
