"""Stage validate: deliveries to accepted rows, quarantine, counts and a data report."""

from pathlib import Path

from lockgate.console import progress, say, table
from lockgate.contract import Schema
from lockgate.contract.compile import in_contract, load_schema
from lockgate.params import ValidateParams, load_params
from lockgate.tables import ParquetSink, read_parquet, write_json, write_text
from lockgate.validation.chunks import read_chunks
from lockgate.validation.data_hash import check_pin, directory_hash
from lockgate.validation.deliveries import find_deliveries
from lockgate.validation.findings import Finding
from lockgate.validation.inspection import Inspection
from lockgate.validation.ledger import Ledger
from lockgate.validation.metrics import details, headline
from lockgate.validation.page import data_page
from lockgate.validation.quarantine import QuarantineSink
from lockgate.validation.tolerance import check_tolerances

MOST_RULES = 8


def run(root: Path = Path()) -> None:
    """Check every delivery in data/raw against data/contract.yaml.

    Raises
    ------
    LockgateError
        When params, contract or a delivery cannot be used.
    Rejected
        When too much is bad; everything has been written by then.
    """
    params = load_params(root / "params.yaml").validation
    contract = root / "data/contract.yaml"
    with in_contract(contract):
        _validate(root, load_schema(contract), params)


def _validate(root: Path, schema: Schema, params: ValidateParams) -> None:
    folder = root / "data/raw"
    deliveries = find_deliveries(folder, root)
    data = directory_hash(folder, root)
    check_pin(folder, data)
    inspection = Inspection(schema, deliveries, params.batch_rows)
    accepted = root / "data/accepted.parquet"
    with (
        ParquetSink(accepted) as good_rows,
        QuarantineSink(root / "data/quarantine.csv") as bad_rows,
        progress("validate") as steps,
    ):
        for chunk in read_chunks(deliveries, schema, params.batch_rows):
            good, bad = inspection.take(chunk)
            good_rows.write(good)
            bad_rows.keep(bad)
            steps.advance(label=f"validate, {inspection.ledger.total.rows:,} rows")
            # Or they would take up memory while the next chunk is read.
            del chunk, good, bad
    findings = inspection.findings(lambda names: read_parquet(accepted, names))
    write_text(root / "data/schema.json", schema.to_json())
    write_json(root / "metrics/validate.json", headline(inspection))
    write_json(root / "metrics/deliveries.json", details(inspection, findings, data))
    write_text(root / "plots/data.html", data_page(inspection, schema, findings, params, data))
    _summarize(inspection.ledger, findings)
    check_tolerances(inspection.ledger, findings, params)


def _summarize(ledger: Ledger, findings: tuple[Finding, ...]) -> None:
    total = ledger.total
    count = len(ledger.tallies)
    say(
        f"validate: {total.accepted:,} of {total.rows:,} rows accepted, {total.quarantined:,} "
        f"quarantined ({total.share(total.quarantined):.2%}), "
        f"in {count:,} {'delivery' if count == 1 else 'deliveries'}"
    )
    broken = [(rule, rows, "quarantined") for rule, rows in total.rules.items() if rows]
    broken += [(rule, rows, "warning") for rule, rows in total.warnings.items() if rows]
    broken.sort(key=lambda item: (-item[1], item[0]))
    lines = [(rule, f"{rows:,}", f"{total.share(rows):.2%}", what) for rule, rows, what in broken]
    if lines:
        table("", ("rule broken", "rows ", "share ", "outcome"), lines[:MOST_RULES])
    if total.quarantined:
        say("data/quarantine.csv has each quarantined row, with its line and its reasons")
    for item in findings:
        if not item.passed:
            say(f"{item.severity}: {item.rule}: found {item.seen}, asked: {item.bound}")
