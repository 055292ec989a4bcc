"""What ``lockgate releases`` and ``lockgate compare`` show."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from lockgate.console import say, table
from lockgate.errors import LockgateError
from lockgate.gating.incumbent import Compared, Comparison
from lockgate.params import load_params
from lockgate.releases import history
from lockgate.releases.comparing import Difference, differences


def show_history(root: Path, on: str | None) -> None:
    """Show what was in production when, or on one day."""
    if on:
        _show_day(root, on)
        return
    found = history.moves(root)
    if not found:
        say("Nothing was released yet\n  -> lockgate release")
        return
    ends = ["now", *(_minute(move.at) for move in found[:-1])]
    rows = [
        (move.version or "none", _minute(move.at), end, move.author, move.commit[:12])
        for move, end in zip(found, ends, strict=True)
    ]
    table("In production, newest first (UTC)", ("version", "from", "until", "by", "commit"), rows)


def _show_day(root: Path, on: str) -> None:
    try:
        day = datetime.fromisoformat(on)
    except ValueError:
        raise LockgateError(
            "not a date", where=on, hint="such as 2026-03-31, or 2026-03-31T14:00"
        ) from None
    moment = day if "T" in on or " " in on else datetime.combine(day, time()) + timedelta(days=1)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    found = history.on(root, moment)
    when = on if moment == day else f"at the end of {on}"
    if found is None or not found.version:
        say(f"Nothing was in production {when}")
        return
    say(f"{found.version} was in production {when}, since {_minute(found.at)} UTC ({found.author})")


def _minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")


def show_comparison(root: Path, one: str, other: str) -> None:
    """Show two releases side by side."""
    seed = load_params(root / "params.yaml").seed
    found = differences(root, one, other, seed=seed)
    for title, rows in (
        ("Made from", found.data),
        ("params.yaml", found.params),
        ("Columns", found.columns),
        ("Metrics, each on its own test part", found.metrics),
    ):
        _show(title, rows, one, other)
    say(_paired(found.paired, one, other))


def _show(title: str, rows: list[Difference], one: str, other: str) -> None:
    if rows:
        table(title, ("", one, other), [(row.name, row.one, row.other) for row in rows])
        say("")


def _paired(found: Comparison, one: str, other: str) -> str:
    if not isinstance(found, Compared):
        return f"On common rows: {found.reason}"
    return (
        f"On {found.rows:,} rows that neither was trained on, {found.metric} of {other} differs "
        f"from that of {one} by {found.change:+.2%} (95 % interval {found.lower:+.2%} to "
        f"{found.upper:+.2%})"
    )
