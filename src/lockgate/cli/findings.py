"""What the doctor has to say of one thing."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    state : {"ok", "warning", "wrong"}
        Only ``wrong`` makes the doctor's exit code 1.
    text : str
        What was found.
    hint : str
        What to do about it.
    """

    state: Literal["ok", "warning", "wrong"]
    text: str
    hint: str = ""
