"""The errors that a user meets: each says what is wrong, where, and what to do next."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class LockgateError(Exception):
    """A mistake that the user can mend; shown without a traceback.

    Parameters
    ----------
    what : str
        What is wrong, in one sentence without a final full stop.
    where : str
        File, line, row, column or stage that it was found in.
    hint : str
        What to do next.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  -> {self.hint}" if self.hint else ""
        return f"{place}{self.what}{advice}"


class ParamsError(LockgateError):
    """params.yaml cannot be used."""


class ContractError(LockgateError):
    """data/contract.yaml cannot be used."""


class TableError(LockgateError):
    """A file is not the table that its name promises."""


class DeliveryError(LockgateError):
    """A delivery does not fit the contract."""


class FeatureError(LockgateError):
    """A feature cannot be computed."""


class LeakError(FeatureError):
    """A feature gives the target away."""


class TrainingError(LockgateError):
    """A model cannot be trained."""


class BundleError(LockgateError):
    """A model bundle is damaged, foreign, or does not fit the code."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one value of a request.

    Attributes
    ----------
    row : int
        Place of the row in the request, counted from 0.
    field : str
        Its column; "" where the row itself is no row.
    what : str
        Words that follow the field's name, such as "must be at least 0".
    """

    row: int
    field: str
    what: str


class RequestError(LockgateError):
    """Rows that cannot be predicted as they stand.

    Parameters
    ----------
    problems : tuple of Problem
        All that is wrong, in the order of the rows; `what` tells the first of them.
    """

    def __init__(
        self, what: str, *, where: str = "", hint: str = "", problems: tuple[Problem, ...] = ()
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.problems = problems


class JournalError(LockgateError):
    """The journal's database cannot be used by this lockgate."""


class EnvironmentProblem(LockgateError):
    """The machine lacks something, or is set up in a way that would give wrong results."""


class Rejected(LockgateError):
    """The work was done and the answer is no: a gate rule failed or a tolerance was exceeded."""

    exit_code = 1


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the known name nearest to `name`, or ``""``."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""
