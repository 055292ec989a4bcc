"""What the person who adopts a table has said about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.contract.schema import Task
from lockgate.errors import ContractError, did_you_mean


@dataclass(frozen=True)
class Wishes:
    """Names of columns, as given on the command line.

    Attributes
    ----------
    target : str
        The column to predict.
    key, time, group : str or None
        Columns with these roles; None leaves the choice to the data.
    drop : tuple of str
        Columns that are no features, whatever the data say.
    keep : tuple of str
        Columns that are features, whatever speaks against them.
    task : str or None
        regression, binary or multiclass; None leaves it to the target's values.
    """

    target: str
    key: str | None = None
    time: str | None = None
    group: str | None = None
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    task: Task | None = None


def check_wishes(wishes: Wishes, names: Sequence[str], where: str) -> None:
    """Refuse names that the table does not have, and one column in two roles.

    Raises
    ------
    ContractError
        Naming the column, and the nearest that there is.
    """
    roles = {"target": wishes.target, "key": wishes.key, "time": wishes.time, "group": wishes.group}
    given = {option: name for option, name in roles.items() if name is not None}
    wanted = [*given.items(), *(("drop", name) for name in wishes.drop)]
    wanted += [("keep", name) for name in wishes.keep]
    taken: dict[str, str] = {}
    for option, name in wanted:
        if name not in names:
            raise ContractError(
                f"--{option} names '{name}', and the table has no such column"
                f"{did_you_mean(name, names)}",
                where=where,
                hint=f"its columns are {', '.join(names)}",
            )
        if name in taken:
            raise ContractError(f"'{name}' is given as --{taken[name]} and as --{option}")
        taken[name] = option
