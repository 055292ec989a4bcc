"""Stage validate, from files to files."""

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockgate.contract import Schema
from lockgate.errors import ContractError, ParamsError, Rejected
from lockgate.pipeline.validate import run
from lockgate.tables import read_json, read_parquet
from lockgate.validation.data_hash import directory_hash
from tests.samples import contract_document, params_document
from tests.validation.shop import read_csv

HEADER = "parcel_id,sender,sent_on,weight,size,insured,pieces,cost"
OUTS = (
    "data/schema.json",
    "data/accepted.parquet",
    "data/quarantine.csv",
    "metrics/validate.json",
    "metrics/deliveries.json",
    "plots/data.html",
)


def parcels(count: int, first: int = 1) -> list[str]:
    """Return good rows."""
    numbers = range(first, first + count)
    return [
        f"p{n},s{n % 3},2024-01-{1 + n % 28:02},{n % 40}.5,small,yes,{n % 4},9.5" for n in numbers
    ]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Lay out a project with two deliveries, of which one has bad rows."""
    write(tmp_path, "jan.csv", *parcels(30))
    bad = ["p50,s1,2024-02-30,1,small,yes,1,5", "p51,s1,2024-02-01,99, huge ,yes,1,5", "p52,s1"]
    write(tmp_path, "2024/feb.csv", *parcels(30, first=20), *bad)
    settle(tmp_path, contract_document(), params_document())
    return tmp_path


def write(root: Path, name: str, *rows: str) -> None:
    """Write a delivery."""
    path = root / "data/raw" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")


def settle(root: Path, contract: dict[str, Any], params: dict[str, Any]) -> None:
    """Write contract and params."""
    (root / "data/contract.yaml").write_text(yaml.safe_dump(contract), encoding="utf-8")
    (root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")


def hashes(root: Path) -> dict[str, str]:
    """Return the hash of each out."""
    return {out: hashlib.sha256((root / out).read_bytes()).hexdigest() for out in OUTS}


def test_good_rows_and_bad_rows(root: Path) -> None:
    """Accepted rows are typed, bad rows keep their text, and none is lost."""
    run(root)
    accepted = read_parquet(root / "data/accepted.parquet")
    assert list(accepted) == HEADER.split(",")
    assert len(accepted["weight"]) == 60
    assert str(accepted["sent_on"].dtype) == "datetime64[s]"
    bad = read_csv(root / "data/quarantine.csv")
    assert [(row["delivery"], row["line"], row["reasons"]) for row in bad] == [
        ("2024/feb.csv", "32", "sent_on: type"),
        ("2024/feb.csv", "33", "weight: range; size: values"),
        ("2024/feb.csv", "34", "record: malformed (expected 8 fields, found 2)"),
    ]
    assert bad[1]["text"] == "p51,s1,2024-02-01,99, huge ,yes,1,5"
    headline = read_json(root / "metrics/validate.json")
    assert headline["rows"] == headline["accepted"] + headline["quarantined"] == 63


def test_schema_and_data_hash(root: Path) -> None:
    """Later stages find the canonical schema, and lineage finds DVC's hash of the deliveries."""
    run(root)
    schema = Schema.from_json((root / "data/schema.json").read_text(encoding="utf-8"))
    assert schema.target.name == "cost"
    details = read_json(root / "metrics/deliveries.json")
    assert details["data"] == directory_hash(root / "data/raw", root)
    assert details["repeated_keys"] == 11
    assert set(details["deliveries"]) == {"jan.csv", "2024/feb.csv"}


def test_the_same_bytes_again(root: Path) -> None:
    """A second run, with batches of another size, writes the same bytes."""
    run(root)
    first = hashes(root)
    params = params_document()
    params["validate"]["batch_rows"] = 7
    settle(root, contract_document(), params)
    run(root)
    assert hashes(root) == first


def test_too_many_bad_rows_stop_the_stage_after_everything_is_written(root: Path) -> None:
    """Quarantine, counts and report are there to look at when the stage fails."""
    params = params_document()
    params["validate"]["max_quarantined_share"] = 0.05
    settle(root, contract_document(), params)
    with pytest.raises(Rejected, match=r"2024/feb\.csv: quarantined: 9\.09% of the rows"):
        run(root)
    assert len(read_csv(root / "data/quarantine.csv")) == 3
    assert "beyond tolerance" in (root / "plots/data.html").read_text(encoding="utf-8")


def test_prose_changes_nothing_that_is_computed(root: Path) -> None:
    """Editing a description leaves every out as it was."""
    run(root)
    first = hashes(root)
    contract = copy.deepcopy(contract_document())
    contract["schema"][0]["description"] = "Parcels that were sent."
    settle(root, contract, params_document())
    run(root)
    assert hashes(root) == first


def test_a_rule_on_whole_columns_and_a_rule_on_rows(root: Path) -> None:
    """Any expectation of Great Expectations may be listed in the contract."""
    contract = contract_document()
    contract["schema"][0]["quality"] = [
        custom("expect_column_median_to_be_between", "warning", column="weight", max_value=1),
        custom(
            "expect_column_pair_values_to_be_equal", "warning", column_A="weight", column_B="cost"
        ),
        {"metric": "rowCount", "mustBeGreaterThan": 10},
    ]
    settle(root, contract, params_document())
    run(root)
    details = read_json(root / "metrics/deliveries.json")
    verdicts = {item["rule"]: item["passed"] for item in details["table"]}
    assert verdicts == {"table: rowCount": True, "weight: column_median_to_be_between": False}
    assert details["rules"]["weight, cost: column_pair_values_to_be_equal"]["rows"] > 0


def custom(kind: str, severity: str, **kwargs: Any) -> dict[str, Any]:
    """Return a listed expectation as the contract writes it."""
    implementation = {"type": kind, "kwargs": kwargs}
    engine = {"type": "custom", "engine": "greatExpectations"}
    return {**engine, "severity": severity, "implementation": implementation}


def test_what_the_terminal_shows(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A short summary: how many rows, which rules were broken, which bounds failed."""
    contract = contract_document()
    contract["schema"][0]["quality"] = [
        custom("expect_column_mean_to_be_between", "warning", column="cost", min_value=100)
    ]
    settle(root, contract, params_document())
    run(root)
    shown = capsys.readouterr().out
    assert "60 of 63 rows accepted, 3 quarantined (4.76%), in 2 deliveries" in shown
    assert "weight: range" in shown
    assert "warning: cost: column_mean_to_be_between: found 9.5, asked: at least 100" in shown


def test_a_clean_delivery_needs_few_words(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a broken rule there is one line."""
    write(root, "2024/feb.csv", *parcels(3, first=60))
    run(root)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_mistakes_in_contract_and_params_come_first(root: Path) -> None:
    """A mistake in either is named before any row is read."""
    contract = contract_document()
    contract["schema"][0]["quality"] = [custom("expect_colum_mean", "error", column="cost")]
    settle(root, contract, params_document())
    with pytest.raises(ContractError, match=r"contract\.yaml, .*no expectation 'expect_colum"):
        run(root)
    params = params_document()
    params["validate"]["batch_row"] = params["validate"].pop("batch_rows")
    settle(root, contract_document(), params)
    with pytest.raises(ParamsError, match="batch_rows"):
        run(root)
    assert not (root / "data/accepted.parquet").exists()


def test_outs_are_strict_json(root: Path) -> None:
    """No NaN and no infinity reaches a metrics file, even where a column has no value."""
    contract = contract_document()
    contract["schema"][0]["quality"] = [
        custom("expect_column_mean_to_be_between", "warning", column="pieces", min_value=0)
    ]
    settle(root, contract, params_document())
    write(root, "jan.csv", "p1,s1,2024-01-01,1,small,yes,,5")
    write(root, "2024/feb.csv", "p2,s1,2024-01-01,1,small,yes,,5")
    run(root)
    text = (root / "metrics/deliveries.json").read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))
    (mean,) = found["table"]
    assert mean["value"] is None
    assert not mean["passed"]
