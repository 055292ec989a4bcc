"""What a scenario found, and the table of all."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Score:
    """One line of the scoreboard.

    Attributes
    ----------
    what, asked, found : str
        What was done, what should happen then, what happened.
    passed : bool or None
        None when it was left out, and `found` says why.
    figures : dict
        What was measured.
    """

    what: str
    asked: str
    found: str
    passed: bool | None
    figures: dict[str, Any] = field(default_factory=dict)


def left_out(what: str, asked: str, why: str) -> Score:
    """Return the line of a scenario that this machine has not the means for."""
    return Score(what, asked, f"left out: {why}", None)


def as_json(scores: Sequence[Score]) -> dict[str, Any]:
    """Return the scoreboard as plain data."""
    return {
        "passed": all(each.passed is not False for each in scores),
        "left_out": sum(each.passed is None for each in scores),
        "scores": [asdict(each) for each in scores],
    }


def as_table(scores: Sequence[Score]) -> str:
    """Return the scoreboard as Markdown."""
    lines = ["| what was done | asked | found | |", "|---|---|---|---|"]
    words = {True: "passed", False: "**missed**", None: ""}
    lines += [
        f"| {each.what} | {each.asked} | {each.found} | {words[each.passed]} |" for each in scores
    ]
    return "\n".join(lines) + "\n"
