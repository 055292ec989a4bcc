"""Which column is for what: target, key, group, time, features, and what had better be none."""

import re
from collections.abc import Iterable
from dataclasses import replace

from lockgate.adoption import names
from lockgate.adoption.decision import AS_ASKED, Decision
from lockgate.adoption.profile import ColumnProfile
from lockgate.adoption.wishes import Wishes
from lockgate.contract.schema import Role

EMPTY_SHARE = 0.98
UNIQUE_ROWS = 20
REPEATS = 20
TEXT_LENGTH = 40
OWN_VALUE_SHARE = 0.5
SEVERAL_WORDS = 3
MANY_WORDS = 6
MANY_LEVELS = 100
FEWEST_MOMENTS = 10
PERSONAL_SHARE = 0.8
_CONTENT = {
    "e-mail addresses": re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"),
    "phone numbers": re.compile(r"\+\d{1,3}[ \d.()/-]{6,16}|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"),
    "IP addresses": re.compile(r"(\d{1,3}\.){3}\d{1,3}"),
    "social security numbers": re.compile(r"\d{3}-\d{2}-\d{4}"),
}
_EVENT = ("date", "time", "timestamp", "datetime", "day", "created", "when")

Profiles = dict[str, ColumnProfile]


def first_roles(
    decisions: Iterable[Decision], profiles: Profiles, wishes: Wishes
) -> list[Decision]:
    """Give each column its role by what was wished, by its name and by its values alone.

    Parameters
    ----------
    decisions : iterable of Decision
        In the table's order, with their kinds.
    profiles : dict of ColumnProfile
        By name.
    wishes : Wishes
        Roles that are given are not questioned.
    """
    known = [_alone(each, profiles[each.name], wishes) for each in decisions]
    known = _with_key(known, profiles, wishes)
    known = _with_group(known, profiles, wishes)
    return _with_time(known, profiles, wishes)


def _alone(decision: Decision, profile: ColumnProfile, wishes: Wishes) -> Decision:
    name = decision.name
    wished: dict[str | None, Role] = {
        wishes.target: "target",
        wishes.key: "key",
        wishes.time: "time",
        wishes.group: "group",
    }
    if name in wished:
        role = wished[name]
        return replace(decision, role=role).because(f"the {role}, as asked")
    personal = personal_data(decision, profile)
    decision = replace(decision, personal=bool(personal))
    if name in wishes.drop:
        return decision.without("left out, as asked")
    if name in wishes.keep:
        return decision.because(AS_ASKED, *filter(None, [personal]))
    if personal:
        return decision.without(f"{personal}: left out; --keep '{name}' allows it")
    reason = _useless(decision, profile) or _told_by_name(name, wishes.target)
    if reason:
        return decision.without(reason)
    return _suspected_by_name(decision, wishes.target)


def personal_data(decision: Decision, profile: ColumnProfile) -> str:
    """Say in what way the values are probably about a person, or ""."""
    if decision.kind.type in ("date", "timestamp"):
        return "probably birth dates" if names.is_birth(decision.name) else ""
    if decision.kind.type != "string":
        number = names.is_personal(decision.name) and profile.distinct > REPEATS
        return "probably personal data, by its name" if number else ""
    levels = profile.levels
    for what, pattern in _CONTENT.items():
        found = sum(n for text, n in levels.items() if pattern.fullmatch(text))
        if found > PERSONAL_SHARE * levels.total():
            return f"probably {what}"
    few = profile.distinct <= REPEATS and profile.rows > 10 * REPEATS
    return (
        "probably personal data, by its name"
        if names.is_personal(decision.name) and not few
        else ""
    )


def _useless(decision: Decision, profile: ColumnProfile) -> str:
    present = profile.rows - decision.kind.absent
    if not present:
        return "empty"
    if decision.kind.absent >= EMPTY_SHARE * profile.rows:
        return f"almost empty: {present:,} of {profile.rows:,} rows have a value"
    if profile.distinct - len(decision.kind.missing) == 1 and not decision.kind.absent:
        return "constant"
    return ""


def _told_by_name(name: str, target: str) -> str:
    word = names.known_afterwards(name)
    if names.is_earlier(name):
        return ""
    if names.contains(name, target):
        return f"its name contains the target's: probably made from it; --keep '{name}' if not"
    return (
        f"by its name ('{word}') known only afterwards; --keep '{name}' if it is known before"
        if word
        else ""
    )


def _suspected_by_name(decision: Decision, target: str) -> Decision:
    word = names.perhaps_afterwards(decision.name)
    if names.contains(decision.name, target):
        return decision.warned("its name contains the target's: is it from before?")
    return (
        decision.warned(f"'{word}' in its name: is it known before the target is?")
        if word
        else decision
    )


def _with_key(known: list[Decision], profiles: Profiles, wishes: Wishes) -> list[Decision]:
    unique = [d for d in known if _could_be_key(d, profiles[d.name], wishes)]
    keys = [d.name for d in unique if not _numbers_rows(d, profiles[d.name])]
    key = wishes.key or next(iter(sorted(keys, key=lambda n: not names.is_identifier(n))), None)
    return [_keyed(d, key, profiles[d.name]) if d in unique else d for d in known]


def _could_be_key(decision: Decision, profile: ColumnProfile, wishes: Wishes) -> bool:
    if decision.role != "feature" or decision.name in wishes.keep or not profile.unique:
        return False
    if profile.rows < UNIQUE_ROWS:
        return names.is_identifier(decision.name)
    if decision.kind.type == "integer":
        return names.is_identifier(decision.name) or _numbers_rows(decision, profile)
    shape = profile.longest <= TEXT_LENGTH and not any(" " in text for text in profile.levels)
    return decision.kind.type == "string" and shape


def _numbers_rows(decision: Decision, profile: ColumnProfile) -> bool:
    if decision.kind.type != "integer" or decision.kind.writing.grouping:
        return False
    counted = profile.high - profile.low + 1 == profile.rows and profile.low in (0, 1)
    return counted or (
        profile.high - profile.low + 1 == profile.rows and names.is_row_number(decision.name)
    )


def _keyed(decision: Decision, key: str | None, profile: ColumnProfile) -> Decision:
    if decision.name == key:
        return replace(decision, role="key").because("each row has its own: the key")
    if _numbers_rows(decision, profile):
        return decision.without(
            "numbers the rows: no feature; as a key only if numbers never start again "
            f"(--key '{decision.name}')"
        )
    return decision.without("each row has its own: no feature")


def _with_group(known: list[Decision], profiles: Profiles, wishes: Wishes) -> list[Decision]:
    candidates = [
        d
        for d in known
        if d.role == "feature"
        and d.name not in wishes.keep
        and d.kind.type in ("string", "integer")
        and names.is_identifier(d.name)
        and profiles[d.name].distinct * REPEATS > profiles[d.name].rows
        and profiles[d.name].rows >= UNIQUE_ROWS
    ]
    if wishes.group or not candidates:
        return known
    chosen = max(candidates, key=lambda d: profiles[d.name].distinct)
    reason = "an id that rows repeat: the group, kept on one side of the split"
    return [replace(d, role="group").because(reason) if d == chosen else d for d in known]


def _with_time(known: list[Decision], profiles: Profiles, wishes: Wishes) -> list[Decision]:
    dates = [
        d
        for d in known
        if d.role == "feature"
        and d.kind.type in ("date", "timestamp")
        and d.name not in wishes.keep
        and d.kind.absent <= 0.05 * profiles[d.name].rows
        and profiles[d.name].distinct >= FEWEST_MOMENTS
    ]
    if wishes.time or not dates:
        return known
    chosen = max(dates, key=lambda d: bool(set(_EVENT) & set(names.words(d.name))))
    others = ", ".join(d.name for d in dates if d != chosen)
    said = chosen.warned(f"--time may name another date: {others}") if others else chosen
    reason = "when a row happened: the latest rows are the test part"
    return [replace(said, role="time").because(reason) if d == chosen else d for d in known]


def worded(decision: Decision, profile: ColumnProfile) -> Decision:
    """Say of a text feature how its many values are handled: by what they say, or by level."""
    if decision.kind.type != "string" or decision.role != "feature":
        return decision
    many = profile.overflow or profile.distinct > OWN_VALUE_SHARE * profile.rows
    own = many and profile.rows >= UNIQUE_ROWS
    if not own and profile.distinct <= MANY_LEVELS:
        return decision
    if _words(profile) >= (SEVERAL_WORDS if own else MANY_WORDS):
        return replace(decision, text=True).because("free text: learned by what it says")
    if not own:
        levels = f"{profile.distinct:,} values: levels of a category, known by the target's mean"
        return decision.because(levels)
    if AS_ASKED in decision.reasons:
        return decision.warned("nearly every row has its own value")
    return decision.without("nearly every row has its own value: nothing to learn from it")


def _words(profile: ColumnProfile) -> float:
    """Return the mean number of words of the texts that were tracked."""
    counts = [len(text.split()) * rows for text, rows in profile.levels.items()]
    return sum(counts) / max(profile.levels.total(), 1)
