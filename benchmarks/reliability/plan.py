"""What all scenarios start from: a bundle, rows that it answers, and how long to take."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reliability.wire import request


@dataclass(frozen=True)
class Plan:
    """What to serve, what to ask, and for how long.

    Attributes
    ----------
    bundle, folder : Path
        What is served, and where a scenario may write.
    rows : list of dict
        Rows that are answered with 200.
    entity, entities : str
        What a row and rows are called.
    seconds : float
        Of load in each scenario.
    rounds : int
        How often the hostile requests are sent.
    """

    bundle: Path
    folder: Path
    rows: list[dict[str, Any]]
    entity: str
    entities: str
    seconds: float
    rounds: int

    def requests(self, **headers: str) -> list[bytes]:
        """Return a request for each row."""
        return [request(body=text(row), **headers) for row in self.rows]


def text(value: Any) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value).encode()
