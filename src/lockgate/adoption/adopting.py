"""Adopting a table: read, decide, and, when it is wanted, write contract, params and data."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from lockgate.adoption.contract_file import contract_text
from lockgate.adoption.deciding import Findings, decide
from lockgate.adoption.params_file import params_text
from lockgate.adoption.profile import profile
from lockgate.adoption.sources import Source, find_sources, place, read_cells_of
from lockgate.adoption.wishes import Wishes, check_wishes
from lockgate.errors import DeliveryError, EnvironmentProblem
from lockgate.params import load_params
from lockgate.storage.commands import dvc, git
from lockgate.strict import read_yaml
from lockgate.tables import write_text
from lockgate.tables.paths import scratch
from lockgate.validation.checked import checked_schema
from lockgate.validation.data_hash import directory_hash, tracked_files

CONTRACT = Path("data", "contract.yaml")
PARAMS = Path("params.yaml")
RAW = Path("data", "raw")
PIN = Path("data", "raw.dvc")


@dataclass(frozen=True)
class Adoption:
    """A table that may be adopted.

    Attributes
    ----------
    findings : Findings
        What was decided.
    contract, params : str
        The files as they will be written.
    sources : tuple of Source
        The files of the table.
    """

    findings: Findings
    contract: str
    params: str
    sources: tuple[Source, ...]


def examine(root: Path, pattern: str, wishes: Wishes) -> Adoption:
    """Read a table and decide what it is; nothing is written into the project.

    Parameters
    ----------
    root : Path
        The project, whose params.yaml is the one to be reset.
    pattern : str
        A file, a folder or a glob.
    wishes : Wishes
        What the person has said.

    Raises
    ------
    EnvironmentProblem
        When `root` is no project.
    LockgateError
        When the table cannot be read, or lacks what was named.
    """
    _check_project(root)
    sources = find_sources(pattern)
    with TemporaryDirectory() as folder:
        paths = tuple(_readable(source, Path(folder)) for source in sources)
        batches = read_cells_of(paths)
        first = next(batches)
        names = first[0].column_names
        check_wishes(wishes, names, pattern)
        table = profile(chain([first], batches), names)
    if not table.rows:
        raise DeliveryError("the table has no rows", where=pattern)
    findings = decide(table, wishes)
    params = (root / PARAMS).read_text(encoding="utf-8")
    adoption = Adoption(
        findings,
        contract_text(findings, _name_of(pattern)),
        params_text(params, findings, root / PARAMS),
        sources,
    )
    _check(adoption)
    return adoption


def carry_out(root: Path, adoption: Adoption) -> None:
    """Replace contract, params and data/raw by those of the adopted table, and track the data.

    Raises
    ------
    DeliveryError
        When data/raw holds files that DVC has no copy of.
    EnvironmentProblem
        When DVC cannot track the data.
    """
    _check_kept(root, adoption.sources)
    with scratch(root / RAW) as folder:
        folder.mkdir()
        for source in adoption.sources:
            place(source, folder)
        shutil.rmtree(root / RAW, ignore_errors=True)
        folder.rename(root / RAW)
    write_text(root / CONTRACT, adoption.contract)
    write_text(root / PARAMS, adoption.params)
    track(root)


def track(root: Path) -> None:
    """Let DVC track data/raw as it is.

    Raises
    ------
    EnvironmentProblem
        With DVC's own words, when it cannot.
    """
    added = dvc(root, "add", "--quiet", RAW.as_posix())
    if added.returncode:
        raise EnvironmentProblem(
            f"DVC could not track it: {added.stderr.strip()}",
            where=str(RAW),
            hint=f"put right what DVC says, then: dvc add {RAW}",
        )


def uncommitted(root: Path) -> tuple[str, ...]:
    """Return the files that adoption replaces and that git has no copy of as they are."""
    paths = [path.as_posix() for path in (CONTRACT, PARAMS, PIN)]
    lines = git(root, "status", "--porcelain", "--", *paths).stdout.splitlines()
    return tuple(line[3:] for line in lines)


def undoing(root: Path) -> str:
    """Return the commands that bring back what is there now, once adoption has replaced it."""
    paths = [path.as_posix() for path in (CONTRACT, PARAMS, PIN)]
    known = git(root, "ls-files", "--", *paths).stdout.split()
    commands = [f"git restore {' '.join(path for path in paths if path in known)}"] if known else []
    commands += [f"rm {path}" for path in paths if path not in known]
    kept = (root / RAW).exists() and paths[-1] in known
    return " && ".join([*commands, f"dvc checkout {PIN}" if kept else f"rm -r {RAW}"])


def _check_project(root: Path) -> None:
    for name in (PARAMS.name, ".git", ".dvc"):
        if not (root / name).exists():
            raise EnvironmentProblem(
                f"this folder is no lockgate project: it has no {name}",
                where=str(root.resolve()),
                hint="change into your checkout of lockgate, and name the table by its path",
            )


def _readable(source: Source, folder: Path) -> Path:
    return source.path if source.dialect is None else place(source, folder)


def _name_of(pattern: str) -> str:
    name = Path(pattern).name.partition(".")[0].strip("*?-_")
    return name or Path(pattern).parent.name or "table"


def _check(adoption: Adoption) -> None:
    """Read the files as the stages will, before anything is replaced."""
    with TemporaryDirectory() as folder:
        contract, params = Path(folder, CONTRACT.name), Path(folder, PARAMS.name)
        write_text(contract, adoption.contract)
        write_text(params, adoption.params)
        checked_schema(contract)
        load_params(params)


def _check_kept(root: Path, sources: Sequence[Source]) -> None:
    present = tracked_files(root / RAW, root) if (root / RAW).exists() else ()
    adopted = {source.path.resolve() for source in sources}
    if all(path.resolve() in adopted for path in present):
        return
    pin = (root / PIN).exists() and read_yaml(root / PIN, DeliveryError)["outs"][0]["md5"]
    if pin != directory_hash(root / RAW, root):
        raise DeliveryError(
            "it holds files that DVC has no copy of, and adopting would lose them",
            where=str(RAW),
            hint=f"dvc add {RAW} keeps them, or move them elsewhere",
        )
