"""Every delivered row is accepted or quarantined, whatever the contract and the dirt."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import event, given
from hypothesis import strategies as st

from lockgate.errors import DeliveryError, Rejected, TableError
from lockgate.pipeline import validate
from lockgate.tables import read_csv_batches, read_parquet
from tests.properties.contracts import contracts, examples, schema_of
from tests.properties.deliveries import tables, typed_tables
from tests.properties.oracle import lines_of
from tests.samples import params_document


def project(root: Path, document: dict[str, Any], deliveries: dict[str, bytes]) -> None:
    """Lay out what the stage reads; it tolerates any share of bad rows."""
    params = params_document()
    params["validate"] |= {"max_quarantined_share": 1.0, "max_quarantined_share_per_rule": 1.0}
    params["validate"]["batch_rows"] = 3
    (root / "data/raw").mkdir(parents=True)
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    (root / "data/contract.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    for name, data in deliveries.items():
        (root / "data/raw" / name).write_bytes(data)


def quarantine(root: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of quarantine.csv."""
    for batch in read_csv_batches(root / "data/quarantine.csv"):
        yield from batch.cells.to_pylist()


@examples(30)
@given(st.data())
def test_counts_in_are_accepted_and_quarantined(data: st.DataObject) -> None:
    """Over several deliveries with repeats; and a bad row is kept as it was delivered."""
    document = data.draw(contracts())
    schema = schema_of(document)
    texts = data.draw(st.lists(tables(schema), min_size=1, max_size=3), label="texts")
    typed = data.draw(st.lists(typed_tables(schema), max_size=1), label="typed")
    files = {f"{number}.csv": content for number, content in enumerate(texts)}
    files |= {f"{number}.parquet": content for number, content in enumerate(typed)}
    with TemporaryDirectory() as folder:
        root = Path(folder)
        project(root, document, files)
        found = [lines_of(root / "data/raw" / name, schema) for name in files]
        readable = None not in found
        event(f"readable: {readable}")
        try:
            # Without any accepted row the stage says no, after it has written everything.
            with suppress(Rejected):
                validate.run(root)
        except (DeliveryError, TableError):
            assert not readable
            assert not (root / "data/accepted.parquet").exists()
            return
        assert readable
        accepted = read_parquet(root / "data/accepted.parquet")
        kept = list(quarantine(root))
        counts = json.loads((root / "metrics/validate.json").read_text())
    delivered = {line: text for lines in found for line, text in (lines or {}).items()}
    refused = {(row["delivery"], row["line"]): row for row in kept}
    assert len(refused) == len(kept)
    assert refused.keys() <= delivered.keys()
    assert all(delivered[line] in (None, row["text"]) for line, row in refused.items())
    assert all(row["reasons"] for row in kept)
    assert len(delivered) == len(accepted[schema.target.name]) + len(kept) == counts["rows"]
    assert counts["quarantined"] == len(kept)
