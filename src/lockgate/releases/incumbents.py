"""``lockgate incumbent``: pin what the next candidates are compared with."""

import re
from pathlib import Path

from lockgate.artifact.released import POINTER, in_production
from lockgate.errors import EnvironmentProblem, ParamsError
from lockgate.params import load_params
from lockgate.releases.content import bring
from lockgate.tables.paths import replacing

PARAMS = Path("params.yaml")
NONE = "none"


def pin(root: Path, version: str | None = None) -> str:
    """Write into params.yaml which release the gate compares candidates with.

    It stays that one, whatever happens in production meanwhile, until this is called again.

    Parameters
    ----------
    root : Path
        The checkout.
    version : str, optional
        A release, or ``none``; default: the one in production.

    Returns
    -------
    str
        What ``gate.incumbent`` is now.

    Raises
    ------
    EnvironmentProblem
        When nothing is in production and no version was given.
    BundleError
        When there is no such release.
    ParamsError
        When params.yaml cannot be read, or has its ``incumbent`` where it cannot be found.
    """
    wanted = version or _current(root)
    if wanted != NONE:
        bring(root, wanted)
    path = root / PARAMS
    load_params(path)
    text = path.read_text(encoding="utf-8")
    edited, found = re.subn(r"(?m)^(\s+incumbent:\s*)[^\s#]+", rf"\g<1>{wanted}", text)
    if found != 1:
        raise ParamsError(
            "the line of gate.incumbent was not found", where=str(path), hint=f"set it to {wanted}"
        )
    with replacing(path) as partial:
        partial.write_text(edited, encoding="utf-8")
    return wanted


def _current(root: Path) -> str:
    pointer = in_production(root)
    if pointer is None:
        raise EnvironmentProblem(
            "nothing is in production yet", where=str(POINTER), hint="lockgate release, first"
        )
    return pointer.version
