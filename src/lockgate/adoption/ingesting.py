"""Ingesting a delivery: checked by the contract first, then admitted whole or refused whole."""

import filecmp
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lockgate.adoption.adopting import CONTRACT, PARAMS, PIN, RAW, track
from lockgate.adoption.sources import find_sources, place
from lockgate.contract import Schema
from lockgate.errors import DeliveryError, Rejected
from lockgate.params import ValidateParams, load_params
from lockgate.strict import read_yaml
from lockgate.tables import write_text
from lockgate.tables.paths import replacing
from lockgate.validation.checked import checked_schema
from lockgate.validation.chunks import read_chunks
from lockgate.validation.data_hash import directory_hash, tracked_files
from lockgate.validation.deliveries import Delivery
from lockgate.validation.inspection import Inspection
from lockgate.validation.ledger import Tally
from lockgate.validation.page import data_page
from lockgate.validation.quarantine import QuarantineSink
from lockgate.validation.tolerance import check_tolerances

REPORT = Path(".lockgate", "ingest.html")
REFUSED = Path(".lockgate", "ingest.quarantine.csv")


@dataclass(frozen=True)
class Ingested:
    """What became of a delivery.

    Attributes
    ----------
    admitted, known : tuple of str
        Names of the files that were added to data/raw, and of those that had been there.
    tally : Tally or None
        Counts of the added rows; None where nothing was new.
    """

    admitted: tuple[str, ...]
    known: tuple[str, ...]
    tally: Tally | None


def ingest(root: Path, pattern: str) -> Ingested:
    """Check a delivery as `validate` will, and add it to data/raw only if it is tolerable.

    A file whose content is in data/raw already is passed over, so that ingesting twice is ingesting
    once. Bounds on the table as a whole are left to `validate`, which sees all deliveries.

    Parameters
    ----------
    root : Path
        The project.
    pattern : str
        A file, a folder or a glob, in any form that adoption reads.

    Raises
    ------
    Rejected
        When more of it is bad than params.yaml tolerates; nothing was added, and a report says why.
    DeliveryError
        When it has other columns than the contract, or a delivery of its name has other content.
    """
    schema = checked_schema(root / CONTRACT)
    params = load_params(root / PARAMS).validation
    _check_complete(root)
    with TemporaryDirectory() as folder:
        placed = [place(source, Path(folder)) for source in find_sources(pattern)]
        known = {path.name: _same(root, path) for path in placed}
        new = [path for path in placed if known[path.name] is None]
        passed = tuple(name for name in known.values() if name is not None)
        if not new:
            return Ingested((), passed, None)
        _check_names(root, new)
        deliveries = tuple(Delivery(path, path.name) for path in new)
        inspection = Inspection(schema, deliveries, params.batch_rows)
        _inspect(root, inspection, deliveries, schema, params)
        for path in new:
            with replacing(root / RAW / path.name) as partial:
                shutil.copyfile(path, partial)
    track(root)
    return Ingested(tuple(path.name for path in new), passed, inspection.ledger.total)


def _check_complete(root: Path) -> None:
    """Ask that data/raw is what its pin says: else DVC would take what lacks for removed."""
    pinned = (root / PIN).exists() and read_yaml(root / PIN, DeliveryError)["outs"][0]["md5"]
    if not (root / RAW).is_dir() or pinned != directory_hash(root / RAW, root):
        raise DeliveryError(
            f"the files are not the ones that {PIN} pins",
            where=str(RAW),
            hint=f"lockgate prepare fetches them; dvc add {RAW} pins what is there",
        )


def _same(root: Path, path: Path) -> str | None:
    """Return the name of the delivery that has the same content, if any."""
    for known in tracked_files(root / RAW, root):
        if known.stat().st_size == path.stat().st_size and filecmp.cmp(known, path, shallow=False):
            return known.name
    return None


def _check_names(root: Path, new: Sequence[Path]) -> None:
    for path in new:
        if (root / RAW / path.name).exists():
            raise DeliveryError(
                "a delivery of this name has other content",
                where=f"{RAW}/{path.name}",
                hint="a delivery is never changed: give the new one another name",
            )


def _inspect(
    root: Path,
    inspection: Inspection,
    deliveries: tuple[Delivery, ...],
    schema: Schema,
    params: ValidateParams,
) -> None:
    with QuarantineSink(root / REFUSED) as bad_rows:
        for chunk in read_chunks(deliveries, schema, params.batch_rows):
            bad_rows.keep(inspection.take(chunk)[1])
    folder = deliveries[0].path.parent
    page = data_page(inspection, schema, (), params, directory_hash(folder, folder))
    write_text(root / REPORT, page)
    try:
        check_tolerances(inspection.ledger, (), params)
    except Rejected as problem:
        raise Rejected(
            f"nothing was added: {problem.what}",
            where=", ".join(each.name for each in deliveries),
            hint=f"look at {REPORT} and {REFUSED}; mend the delivery, or the contract if it is "
            "right (docs/contract.md: changing it)",
        ) from None
