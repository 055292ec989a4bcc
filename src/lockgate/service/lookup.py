"""Finding predictions in the journal, also those that have not reached it yet."""

import time
from collections.abc import Sequence
from typing import Any

from lockgate.journal import Writer
from lockgate.journal.records import split_id
from lockgate.service.problems import Problem

# How long a request may wait for a prediction that was just made to reach the database.
PATIENCE = 2.0
PAUSE = 0.02
# Younger ids, in milliseconds, may be those of another process, which has yet to write them.
FRESH = 10_000


def find(journal: Writer, names: Sequence[str]) -> list[tuple[dict[str, Any], int]]:
    """Return record and place of each prediction that is named.

    Parameters
    ----------
    journal : Writer
        What it still holds back is written first, and what other processes hold is waited for.
    names : sequence of str
        Ids, of requests or of their rows.

    Returns
    -------
    list of (dict, int)
        The place is -1 where there is no such row, or a request of several rows is named; the
        record is empty where there is none.

    Raises
    ------
    Problem
        503 when a prediction may yet come.
    """
    parts = [split_id(name) for name in names]
    found = _records(journal, list({request for request, _ in parts}))
    return [(found.get(request, {}), _place(found.get(request), place)) for request, place in parts]


def later() -> Problem:
    """Return what a caller is told who should come again."""
    return Problem(503, "the journal cannot be reached; try again", headers={"Retry-After": "5"})


def _records(journal: Writer, wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
    journal.store.prepare()
    found = journal.store.find(wanted)
    if len(found) == len(wanted):
        return found
    end = time.monotonic() + PATIENCE
    settled = journal.flush(PATIENCE)
    found = journal.store.find(wanted)
    while any(_fresh(each) for each in wanted if each not in found):
        if time.monotonic() > end:
            raise later()
        time.sleep(PAUSE)
        found = journal.store.find(wanted)
    if len(found) < len(wanted) and not settled:
        raise later()
    return found


def _fresh(request: str) -> bool:
    # Ids begin with the milliseconds since 1970; the clocks of two machines may differ.
    return bool(request) and abs(time.time() * 1000 - int(request[:12], 16)) < FRESH


def _place(record: dict[str, Any] | None, place: int | None) -> int:
    if record is None or (place is None and record["rows"] > 1):
        return -1
    place = place or 0
    return place if place < record["rows"] and record["outputs"][place] is not None else -1
