"""Whether a delivery may join the others: judged alone, and with all where the contract asks."""

from collections.abc import Sequence
from pathlib import Path

from lockgate.adoption.evolution import next_major
from lockgate.contract import Schema
from lockgate.errors import Rejected
from lockgate.params import ValidateParams
from lockgate.tables import ParquetSink, read_parquet, write_text
from lockgate.tables.paths import scratch
from lockgate.validation.chunks import read_chunks
from lockgate.validation.data_hash import directory_hash
from lockgate.validation.deliveries import Delivery
from lockgate.validation.findings import Finding
from lockgate.validation.inspection import Inspection
from lockgate.validation.ledger import Ledger, Tally
from lockgate.validation.page import data_page
from lockgate.validation.quarantine import QuarantineSink
from lockgate.validation.tolerance import check_tolerances

REPORT = Path(".lockgate", "ingest.html")
REFUSED = Path(".lockgate", "ingest.quarantine.csv")
ACCEPTED = Path(".lockgate", "ingest.parquet")
OTHER_TYPE_SHARE = 0.5


def admit(
    root: Path,
    new: Sequence[Delivery],
    present: Sequence[Delivery],
    schema: Schema,
    params: ValidateParams,
) -> Tally:
    """Judge new deliveries as `validate` will, and return the counts of their rows.

    They are judged alone first. With all deliveries together only where that can differ: for
    unique columns, expectations of severity error, counts and duplicates that are bounded, and
    shares that the new ones alone exceed; a share that each part keeps, the whole keeps as well,
    but for values that repeat those of another part. Too few rows are no reason to refuse more of
    them.

    Parameters
    ----------
    root : Path
        The project, where the report and the bad rows are left.
    new, present : sequence of Delivery
        What is delivered, and what is in data/raw.

    Raises
    ------
    Rejected
        When more is bad than params.yaml tolerates, or the table as a whole no longer holds.
    """
    asked = _without_least_rows(schema)
    inspection, findings = _inspected(root, new, asked, params)
    tally = inspection.ledger.total
    _check(inspection.ledger, (), params, schema)
    if _whole_matters(asked, findings):
        inspection, findings = _inspected(root, (*present, *new), asked, params)
        _check(inspection.ledger, findings, params, schema)
    return tally


def _inspected(
    root: Path, deliveries: Sequence[Delivery], schema: Schema, params: ValidateParams
) -> tuple[Inspection, tuple[Finding, ...]]:
    inspection = Inspection(schema, tuple(deliveries), params.batch_rows)
    with scratch(root / ACCEPTED) as accepted:
        with ParquetSink(accepted) as good_rows, QuarantineSink(root / REFUSED) as bad_rows:
            for chunk in read_chunks(tuple(deliveries), schema, params.batch_rows):
                good, bad = inspection.take(chunk)
                good_rows.write(good)
                bad_rows.keep(bad)
        findings = inspection.findings(lambda names: read_parquet(accepted, names))
    folder = deliveries[-1].path.parent
    page = data_page(inspection, schema, findings, params, directory_hash(folder, folder))
    write_text(root / REPORT, page)
    return inspection, findings


def _without_least_rows(schema: Schema) -> Schema:
    bounds = (
        bound.model_copy(update={"minimum": None}) if bound.metric == "rowCount" else bound
        for bound in schema.bounds
    )
    kept = tuple(each for each in bounds if (each.minimum, each.maximum) != (None, None))
    return schema.model_copy(update={"bounds": kept})


def _whole_matters(schema: Schema, alone: Sequence[Finding]) -> bool:
    unique = any(column.unique for column in schema.columns)
    listed = any(rule.severity == "error" for rule in schema.rules)
    counted = any(b.unit == "rows" or b.metric == "duplicateValues" for b in schema.bounds)
    return unique or listed or counted or not all(finding.passed for finding in alone)


def _check(
    ledger: Ledger, findings: Sequence[Finding], params: ValidateParams, schema: Schema
) -> None:
    try:
        check_tolerances(ledger, findings, params)
    except Rejected as problem:
        changed = _changed_types(ledger.total, schema)
        breaks = f"\n  {', '.join(changed)}: most cells are no longer of this type" * bool(changed)
        advice = (
            f"a changed type breaks the contract: have it delivered as before, or change the type "
            f"and raise the contract's version to {next_major(schema.version)}"
            if changed
            else "mend the delivery, or the contract if it is right (docs/contract.md: changing it)"
        )
        raise Rejected(
            f"nothing was added: {problem.what}{breaks}",
            where=", ".join(ledger.tallies),
            hint=f"look at {REPORT} and {REFUSED}; {advice}",
        ) from None


def _changed_types(tally: Tally, schema: Schema) -> list[str]:
    return [
        f"{column.name} ({column.type})"
        for column in schema.columns
        if tally.share(tally.rules[f"{column.name}: type"]) > OTHER_TYPE_SHARE
    ]
