"""Every row is accepted or quarantined, with every reason, and counted."""

from pathlib import Path

import numpy as np
import pytest

from lockgate.errors import ContractError, DeliveryError
from lockgate.tables import ParquetSink
from lockgate.validation.inspection import CountsDiffer
from lockgate.validation.suite import Suite
from tests.validation.shop import (
    GOOD,
    HEADER,
    ORDERS,
    bound,
    column,
    deliver,
    inspect,
    orders,
    rule,
    schema,
)


def test_every_reason_of_a_bad_row(tmp_path: Path) -> None:
    """A row that breaks several rules goes to quarantine once, with all of them and its text."""
    jan = "\n".join([HEADER, GOOD.format(1), "x,-1,2.5,car,maybe,2019-01-01", "o3", ""])
    done = inspect(tmp_path, ORDERS, jan=jan)
    assert done.reasons == {
        3: "id: pattern; price: range; pieces: type; kind: values; gift: type; paid_on: range",
        4: "record: malformed (expected 6 fields, found 1)",
    }
    assert done.bad[0].text == "x,-1,2.5,car,maybe,2019-01-01"
    assert done.accepted["id"].tolist() == ["o1"]


def test_counts_by_delivery_and_rule(tmp_path: Path) -> None:
    """Each delivery has its own counts, and rules that no row breaks are listed with zero."""
    feb = f"{HEADER}\no8,,1,toy,no,\no9,1,1,car,no,\n"
    done = inspect(tmp_path, ORDERS, jan=orders(3), feb=feb)
    tallies = done.inspection.ledger.tallies
    assert (tallies["jan.csv"].rows, tallies["jan.csv"].quarantined) == (3, 0)
    assert (tallies["feb.csv"].rows, tallies["feb.csv"].quarantined) == (2, 2)
    assert tallies["feb.csv"].rules["price: required"] == 1
    assert tallies["feb.csv"].rules["kind: values"] == 1
    assert tallies["feb.csv"].rules["pieces: range"] == 0


@pytest.mark.parametrize("rows", [1, 2, 3, 1000])
def test_the_size_of_batches_changes_nothing(tmp_path: Path, rows: int) -> None:
    """Small batches, large batches and all in one give the same rows and counts."""
    bad = "o5,1e3,1,toy,no,\no1,2,1,toy,no,\n"
    contract = schema(
        column("id", "string", unique=True),
        *ORDERS.columns[1:],
        rules=[rule("expect_column_mean_to_be_between", column="price", min_value=11)],
    )
    done = inspect(tmp_path, contract, rows=rows, jan=orders(4), feb=f"{HEADER}\n{bad}")
    assert done.accepted["id"].tolist() == ["o2", "o3", "o4"]
    assert [row.reasons for row in done.bad] == ["price: range", "id: unique", "id: unique"]
    assert done.findings["price: column_mean_to_be_between"].value == 12.5


def test_unique_columns_over_deliveries(tmp_path: Path) -> None:
    """All rows that share a value of a unique column are bad, wherever they were delivered."""
    contract = schema(column("id", "string", unique=True), *ORDERS.columns[1:])
    done = inspect(tmp_path, contract, rows=2, feb=orders(2, first=3), jan=orders(3))
    assert [(row.delivery, row.line, row.reasons) for row in done.bad] == [
        ("feb.csv", 2, "id: unique"),
        ("jan.csv", 4, "id: unique"),
    ]


def test_repeated_keys_are_counted_and_kept(tmp_path: Path) -> None:
    """A key that is delivered again is no bad row: a later stage keeps the last one."""
    done = inspect(tmp_path, ORDERS, jan=orders(3), feb=orders(2))
    assert not done.bad
    assert done.inspection.profile.repeated_keys == 2


def test_a_listed_error_quarantines_and_a_warning_counts(tmp_path: Path) -> None:
    """Severity decides whether the row goes or stays."""
    arguments = {"column": "price", "max_value": 12}
    strict = rule("expect_column_values_to_be_between", **arguments)
    mild = rule("expect_column_values_to_be_between", severity="warning", **arguments)
    jan = orders(1) + "o2,5,1,toy,no,\n"
    done = inspect(tmp_path, schema(*ORDERS.columns, rules=[strict]), jan=jan)
    assert done.reasons == {2: "price: column_values_to_be_between"}
    done = inspect(tmp_path, schema(*ORDERS.columns, rules=[mild]), jan=jan)
    assert not done.bad
    assert done.inspection.ledger.total.warnings == {"price: column_values_to_be_between": 1}


def test_listed_rules_see_only_rows_that_could_be_read(tmp_path: Path) -> None:
    """Rows with an unreadable cell are left out, and the places of the others stay right."""
    contract = schema(
        *ORDERS.columns,
        rules=[rule("expect_column_values_to_be_between", column="price", max_value=9)],
    )
    jan = f"{HEADER}\no1,x,1,toy,no,\no2,99,1,toy,no,\no3,1,1,toy,no,\n"
    done = inspect(tmp_path, contract, jan=jan)
    assert done.reasons == {2: "price: type", 3: "price: column_values_to_be_between"}


def test_a_delivery_in_which_nothing_can_be_read(tmp_path: Path) -> None:
    """Rows without one readable row are all quarantined."""
    done = inspect(tmp_path, ORDERS, jan=f"{HEADER}\no1,x,1,toy,no,\no2,y,1,toy,no,\n")
    assert done.reasons == {2: "price: type", 3: "price: type"}


def test_only_malformed_records(tmp_path: Path) -> None:
    """Records that are all malformed are counted too."""
    done = inspect(tmp_path, ORDERS, rows=1, jan=f"{HEADER}\na\nb,c\n")
    assert done.inspection.ledger.total.rows == 2
    assert [row.text for row in done.bad] == ["a", "b,c"]


def test_least_share_of_good_rows(tmp_path: Path) -> None:
    """`mostly` is judged on the rows of all deliveries together."""
    cheap = rule(
        "expect_column_values_to_be_between", "warning", column="price", max_value=12, mostly=0.5
    )
    contract = schema(*ORDERS.columns, rules=[cheap])
    feb = f"{HEADER}\no8,1,1,toy,no,\no9,1,1,toy,no,\n"
    name = "price: column_values_to_be_between"
    good = inspect(tmp_path / "a", contract, rows=1, jan=orders(2), feb=feb).findings[name]
    assert (good.value, good.passed) == (0.5, True)
    bad = inspect(tmp_path / "b", contract, rows=1, jan=orders(3), feb=feb).findings[name]
    assert (bad.value, bad.passed) == (0.4, False)


def test_bounds_of_the_contract(tmp_path: Path) -> None:
    """Row count, missing, invalid and repeated values are judged on all rows together."""
    contract = schema(
        *ORDERS.columns,
        bounds=[
            bound("rowCount", minimum=4.0),
            bound("missingValues", "pieces", unit="percent", maximum=10.0),
            bound("nullValues", "gift", maximum=1.0),
            bound("invalidValues", "kind", maximum=0.0),
            bound("invalidValues", "price", unit="percent", maximum=50.0),
            bound("duplicateValues", "paid_on", maximum=1.0),
        ],
    )
    feb = f"{HEADER}\no8,1,,toy,,\no9,x,1,car,no,\n"
    findings = inspect(tmp_path, contract, rows=2, jan=orders(3), feb=feb).findings
    seen = {rule: (finding.value, finding.passed) for rule, finding in findings.items()}
    assert seen == {
        "table: rowCount": (4, True),
        "pieces: missingValues": (25, False),
        "gift: nullValues": (1, True),
        "kind: invalidValues": (1, False),
        "price: invalidValues": (20, True),
        "paid_on: duplicateValues": (2, False),
    }


def test_merged_aggregates_of_listed_expectations(tmp_path: Path) -> None:
    """Mean, least, greatest, sum, filled share and row count come from all accepted rows."""
    bounds = {"min_value": 0, "max_value": 1000}
    kinds = ("mean", "min", "max", "sum", "proportion_of_non_null_values")
    rules = [
        rule(f"expect_column_{kind}_to_be_between", column="pieces", **bounds) for kind in kinds
    ]
    rules.append(rule("expect_table_row_count_to_equal", value=4))
    feb = f"{HEADER}\no8,1,5,toy,,\no9,1,,toy,no,\n"
    contract = schema(*ORDERS.columns, rules=rules)
    findings = inspect(tmp_path, contract, rows=2, jan=orders(2), feb=feb).findings
    found = {rule.split("column_")[-1]: finding.value for rule, finding in findings.items()}
    assert found == {
        "mean_to_be_between": 11 / 3,
        "min_to_be_between": 3,
        "max_to_be_between": 5,
        "sum_to_be_between": 11,
        "proportion_of_non_null_values_to_be_between": 0.75,
        "table: table_row_count_to_equal": 4,
    }


def test_an_aggregate_of_nothing_fails(tmp_path: Path) -> None:
    """The mean of a column without a value is no pass."""
    mean = rule("expect_column_mean_to_be_between", column="pieces", min_value=0)
    filled = rule(
        "expect_column_proportion_of_non_null_values_to_be_between", column="pieces", max_value=1
    )
    share = bound("missingValues", "pieces", unit="percent", maximum=100.0)
    contract = schema(*ORDERS.columns, rules=[mean, filled], bounds=[share])
    done = inspect(tmp_path, contract, jan=f"{HEADER}\nx,1,,toy,no,\n")
    assert not any(finding.passed for finding in done.findings.values())


def test_whole_columns_are_read_from_the_accepted_rows(tmp_path: Path) -> None:
    """What does not merge sees the accepted rows alone."""
    steady = rule("expect_column_stdev_to_be_between", column="price", max_value=0)
    done = inspect(
        tmp_path, schema(*ORDERS.columns, rules=[steady]), jan=orders(3) + "o9,999,1,toy,no,\n"
    )
    assert done.findings["price: column_stdev_to_be_between"].passed


def test_a_difference_between_the_two_counts_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were Great Expectations and the masks to disagree, the rule and both counts are named."""
    monkeypatch.setattr(Suite, "counts", lambda *_: {"price: range": 1})
    with pytest.raises(CountsDiffer, match="price: range: the row mask marks 0 rows, .* counts 1"):
        inspect(tmp_path, ORDERS, jan=orders(1))


def test_typed_deliveries(tmp_path: Path) -> None:
    """Parquet files are deliveries like any other."""
    contract = schema(column("price", maximum=5.0), column("kind", "string"))
    with ParquetSink(deliver(tmp_path) / "jan.parquet") as sink:
        sink.write({"kind": np.array(["a", "b"], dtype=object), "price": np.array([1.0, 9.0])})
    done = inspect(tmp_path, contract)
    assert done.reasons == {2: "price: range"}
    assert done.bad[0].text == "b,9"


def test_an_optional_column_may_be_absent(tmp_path: Path) -> None:
    """An added optional column never breaks an old delivery."""
    contract = schema(*ORDERS.columns, column("note", "string", delivered=False, pattern="x+"))
    done = inspect(tmp_path, contract, jan=orders(2), feb=f"note,{HEADER}\nxx,{GOOD.format(9)}\n")
    assert sorted(done.accepted["note"]) == ["", "", "xx"]


def test_a_schema_break_names_the_delivery(tmp_path: Path) -> None:
    """A delivery without a column stops everything, and it is said which."""
    with pytest.raises(DeliveryError, match=r"feb\.csv.*pieces is missing"):
        inspect(tmp_path, ORDERS, jan=orders(1), feb=orders(1).replace("pieces", "piece"))


def test_a_listed_expectation_that_cannot_run(tmp_path: Path) -> None:
    """An expectation that does not fit its column is an error of the contract."""
    text = rule("expect_column_values_to_be_between", column="kind", min_value=1)
    with pytest.raises(ContractError, match="could not run"):
        inspect(tmp_path, schema(*ORDERS.columns, rules=[text]), jan=orders(1))


def test_examples_show_the_cell_and_no_personal_value(tmp_path: Path) -> None:
    """The first rows of each rule are kept as examples, personal cells hidden."""
    contract = schema(
        column("name", "string", personal=True, max_length=3),
        column("price", maximum=5.0),
        rules=[
            rule(
                "expect_select_column_values_to_be_unique_within_record",
                column_list=("name", "price"),
            )
        ],
    )
    jan = "name,price\nAda,9\nAnna, 7 \nBo,8\nEve,6,7\n"
    examples = inspect(tmp_path, contract, jan=jan).inspection.ledger.examples
    assert [(item.rule, item.line, item.shown) for item in examples] == [
        ("price: range", 2, "'9'"),
        ("name: length", 3, "(personal)"),
        ("price: range", 3, "' 7 '"),
        ("record: malformed", 5, "(personal)"),
    ]


def test_examples_are_short(tmp_path: Path) -> None:
    """A long cell is cut and its length told, and so is a long record, before its reason."""
    contract = schema(column("name", "string", max_length=3))
    done = inspect(tmp_path, contract, jan=f"name\n{'x' * 500}\n{'y' * 1200},1\n")
    length, malformed = done.inspection.ledger.examples
    assert length.shown == f"'{'x' * 80}… (500 characters)'"
    assert malformed.shown == f"{'y' * 80}… (1,202 characters) (expected 1 fields, found 2)"
