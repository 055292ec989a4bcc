"""One request as the journal keeps it."""

import re
from typing import NamedTuple

from lockgate.journal.rows import Cells, Rows

ID = re.compile("([0-9a-f]{32})(?:-([0-9]{1,9}))?")


class Record(NamedTuple):
    """One answered request, in the order of the table's columns.

    Attributes
    ----------
    id : str
        Of the prediction, a UUID version 7: ids sort by time.
    made_at : int
        Microseconds since 1970, UTC.
    seconds : float
        From the request's arrival to its answer.
    rows : int
        How many there are; a row's place is the number in its id.
    inputs : sequence of dict or None, or mapping of str to sequence
        The rows, or their columns; None stands for a row that was not answered.
    outputs : bytes
        What they were answered, as JSON of one form or the other: see `lockgate.journal.rows`.
    """

    id: str
    made_at: int
    request_id: str
    version: str
    served_by: str
    seconds: float
    rows: int
    inputs: Rows | Cells
    outputs: bytes


def split_id(name: str) -> tuple[str, int | None]:
    """Return the request's id, "" when `name` is none, and the row's place, None without one."""
    found = ID.fullmatch(name)
    if not found:
        return "", None
    request, place = found.groups()
    return request, None if place is None else int(place)
