"""One request as the journal keeps it."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

ID = re.compile("([0-9a-f]{32})(?:-([0-9]{1,9}))?")


class Record(NamedTuple):
    """One answered request.

    Attributes
    ----------
    id : str
        Of the prediction, a UUID version 7: ids sort by time.
    made_at : int
        Microseconds since 1970, UTC.
    seconds : float
        From the request's arrival to its answer.
    inputs : sequence of dict or None
        A row's place is the number in its id; None stands for a row that was not answered.
    outputs : sequence of bytes or None
        What each row was answered, as a JSON object.
    """

    id: str
    made_at: int
    request_id: str
    version: str
    served_by: str
    seconds: float
    inputs: Sequence[dict[str, Any] | None]
    outputs: Sequence[bytes | None]


def split_id(name: str) -> tuple[str, int | None]:
    """Return the request's id, "" when `name` is none, and the row's place, None without one."""
    found = ID.fullmatch(name)
    if not found:
        return "", None
    request, place = found.groups()
    return request, None if place is None else int(place)
