"""Ingesting a delivery: checked by the contract first, then admitted whole or refused whole."""

import filecmp
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lockgate.adoption.admission import admit
from lockgate.adoption.adopting import CONTRACT, PARAMS, PIN, RAW, track
from lockgate.adoption.evolution import Evolution, evolve
from lockgate.adoption.sources import find_sources, place
from lockgate.errors import ContractError, DeliveryError
from lockgate.params import load_params
from lockgate.strict import read_yaml
from lockgate.tables import read_json, write_json, write_text
from lockgate.tables.paths import replacing, scratch
from lockgate.validation.checked import checked_schema
from lockgate.validation.data_hash import directory_hash, tracked_files
from lockgate.validation.deliveries import Delivery
from lockgate.validation.ledger import Tally

STAGED = Path(".lockgate", "ingest")
BEGUN = Path(".lockgate", "ingest.begun.json")


@dataclass(frozen=True)
class Ingested:
    """What became of a delivery.

    Attributes
    ----------
    admitted, known : tuple of str
        Names of the files that were added to data/raw, and of those that had been there.
    tally : Tally or None
        Counts of the added rows; None where nothing was new.
    evolution : Evolution or None
        How the contract changed.
    """

    admitted: tuple[str, ...]
    known: tuple[str, ...]
    tally: Tally | None = None
    evolution: Evolution | None = None


def ingest(root: Path, pattern: str) -> Ingested:
    """Check a delivery as `validate` will, and add it to data/raw only if it is tolerable.

    A file whose content is in data/raw already is passed over, so that ingesting twice is ingesting
    once. What a killed process has added and DVC does not track yet counts as new, so that
    ingesting again completes it.

    Parameters
    ----------
    root : Path
        The project.
    pattern : str
        A file, a folder or a glob, in any form that adoption reads.

    Raises
    ------
    Rejected
        When more of it is bad than params.yaml tolerates, a column is gone, or the table as a
        whole would no longer hold; nothing was added, and a report says why.
    DeliveryError
        When a delivery of its name has other content, or data/raw is not what its pin says.
    """
    with scratch(root / STAGED) as folder:
        folder.mkdir()
        placed = [place(source, folder) for source in find_sources(pattern)]
        pinned = _pinned(root, placed)
        known = {path.name: _same(path, pinned) for path in placed}
        new = [path for path in placed if known[path.name] is None]
        passed = tuple(name for name in known.values() if name is not None)
        if not new:
            return Ingested((), passed)
        _check_names(root, new, pinned)
        evolution = _evolved(root, new, folder)
        schema = checked_schema(folder / CONTRACT.name if evolution else root / CONTRACT)
        tally = admit(
            root,
            [Delivery(path, path.name) for path in new],
            [Delivery(path, path.relative_to(root / RAW).as_posix()) for path in pinned],
            schema,
            load_params(root / PARAMS).validation,
        )
        write_json(root / BEGUN, [path.name for path in new])
        for path in new:
            with replacing(root / RAW / path.name) as partial:
                shutil.copyfile(path, partial)
        if evolution:
            write_text(root / CONTRACT, evolution.text)
    track(root)
    (root / BEGUN).unlink()
    return Ingested(tuple(path.name for path in new), passed, tally, evolution)


def _pinned(root: Path, placed: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files of data/raw that its pin names.

    Others may be there only where a killed process has begun to add them, and this delivery brings
    them again. Without a whole data/raw, DVC would take what lacks for removed.
    """
    pin = (root / PIN).exists() and read_yaml(root / PIN, DeliveryError)["outs"][0]["md5"]
    present = tracked_files(root / RAW, root) if (root / RAW).is_dir() else ()
    begun = read_json(root / BEGUN) if (root / BEGUN).exists() else []
    again = {root / RAW / path.name: path for path in placed if path.name in begun}
    brought = {path for path in present if path in again and _same(path, [again[path]])}
    for left in (set(), brought):
        if present and pin == directory_hash(root / RAW, root, left):
            return tuple(path for path in present if path not in left)
    raise DeliveryError(
        f"the files are not the ones that {PIN} pins",
        where=str(RAW),
        hint=f"lockgate prepare fetches them; dvc add {RAW} pins what is there",
    )


def _same(path: Path, others: Sequence[Path]) -> str | None:
    """Return the name of the one among `others` that has the same content, if any."""
    for other in others:
        if other.stat().st_size == path.stat().st_size and filecmp.cmp(other, path, shallow=False):
            return other.name
    return None


def _check_names(root: Path, new: Sequence[Path], pinned: Sequence[Path]) -> None:
    for path in new:
        if root / RAW / path.name in pinned:
            raise DeliveryError(
                "a delivery of this name has other content",
                where=f"{RAW}/{path.name}",
                hint="a delivery is never changed: give the new one another name",
            )


def _evolved(root: Path, new: Sequence[Path], folder: Path) -> Evolution | None:
    """Return the contract's next version, also written into `folder`, where there is one."""
    text = (root / CONTRACT).read_text(encoding="utf-8")
    schema = checked_schema(root / CONTRACT)
    evolution = evolve(text, schema, new)
    if evolution is None:
        return None
    write_text(folder / CONTRACT.name, evolution.text)
    names = (*schema.names, *(each.name for each in evolution.columns))
    if checked_schema(folder / CONTRACT.name).names != names:
        raise ContractError(
            "the new columns could not be added to it",
            where=str(CONTRACT),
            hint=f"add {', '.join(each.name for each in evolution.columns)} by hand, with "
            "`delivery: optional`",
        )
    return evolution
