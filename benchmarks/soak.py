"""The reliability scoreboard: what a running service survives.

``python benchmarks/soak.py [--minutes M] [--only NAME ...] [--json FILE] [--page FILE]`` serves the
bundle of the last run, models/model, on this machine alone. Without --minutes it is short. The
table goes to standard output, and with --page into a page, between two marks. The exit code is 1
when a score is missed.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import CHECKOUT, say
from reliability.database import database
from reliability.documented import documented
from reliability.hostile import hostile
from reliability.large import large
from reliability.overload import overload
from reliability.plan import Plan
from reliability.redis import redis
from reliability.score import Score, as_json, as_table
from reliability.sockets import sockets
from reliability.workers import killed, stopped
from warm import requests

from lockgate.contract import Schema
from lockgate.tables import read_parquet, write_json

BUNDLE = Path("models", "model")
ROWS = 200
SHORT_SECONDS = 3.0
MARKS = ("<!-- scoreboard -->\n", "<!-- end of scoreboard -->\n")
# What takes a minute and is among the tests too.
LONG = {"documented"}
# The scenarios in the order of the table.
SCENARIOS: dict[str, Callable[[Plan], Coroutine[None, None, list[Score]]]] = {
    "hostile": hostile,
    "large": large,
    "killed": killed,
    "stopped": stopped,
    "database": database,
    "redis": redis,
    "overload": overload,
    "sockets": sockets,
    "documented": documented,
}


def main() -> int:
    """Run the scenarios, print the table, and return 1 when a score is missed."""
    wish = arguments()
    chosen = wish.only or [name for name in SCENARIOS if wish.minutes or name not in LONG]
    scores: list[Score] = []
    with TemporaryDirectory(prefix="soak-") as folder:
        planned = plan(wish.checkout, Path(folder), wish.minutes, len(chosen))
        for name in chosen:
            scores += scored(name, planned)
            say(as_table(scores))
    print(as_table(scores), end="")
    if wish.json:
        write_json(wish.json, as_json(scores))
    if wish.page:
        insert(wish.page, as_table(scores))
    return 0 if as_json(scores)["passed"] else 1


def scored(name: str, planned: Plan) -> list[Score]:
    """Run a scenario, and once more if it misses: a busy neighbour on the machine passes by."""
    for attempt in ("", "second try: "):
        say(f"soak: {attempt}{name}")
        folder = planned.folder / f"{name}{len(attempt)}"
        folder.mkdir()
        found = asyncio.run(SCENARIOS[name](replace(planned, folder=folder)))
        if all(score.passed is not False for score in found):
            break
        say(as_table(found))
    return [replace(score, found=f"{attempt}{score.found}") for score in found]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--only", nargs="+", choices=list(SCENARIOS))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--checkout", type=Path, default=CHECKOUT)
    return parser.parse_args()


def plan(checkout: Path, folder: Path, minutes: float, scenarios: int) -> Plan:
    """Return what the scenarios share; a long form divides its minutes among them."""
    bundle = (checkout / BUNDLE).resolve()
    schema = Schema.from_json((bundle / "schema.json").read_text(encoding="utf-8"))
    columns = read_parquet(checkout / "data" / "features" / "test.parquet")
    rows = requests({name: values[:ROWS] for name, values in columns.items()}, schema)
    seconds = max(SHORT_SECONDS, minutes * 60 / scenarios)
    rounds = max(1, round(seconds / SHORT_SECONDS))
    return Plan(bundle, folder, rows, schema.entity, schema.entities, seconds, rounds)


def insert(page: Path, table: str) -> None:
    """Put the table between the marks of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    page.write_text(f"{before}{MARKS[0]}{table}{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
