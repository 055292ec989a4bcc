"""What validate writes to metrics/."""

from pathlib import Path

from lockgate.validation.metrics import details, headline
from tests.validation.shop import ORDERS, bound, inspect, orders, rule, schema


def test_headline(tmp_path: Path) -> None:
    """Five numbers, for `dvc metrics diff`."""
    done = inspect(tmp_path, ORDERS, jan=orders(2), feb=orders(3) + "o9,-1,1,toy,no,\n")
    assert headline(done.inspection) == {
        "accepted": 5,
        "deliveries": 2,
        "quarantined": 1,
        "quarantined_share": 0.166667,
        "rows": 6,
    }


def test_details(tmp_path: Path) -> None:
    """Counts by delivery and by rule, both counts of each rule, and the rules about the table."""
    dear = rule("expect_column_values_to_be_between", "warning", column="price", max_value=1)
    contract = schema(*ORDERS.columns, rules=[dear], bounds=[bound("rowCount", minimum=9.0)])
    jan = orders(1) + "o1,1,1,toy,no,\no8,-1,1,toy,no,\no9,-1,x,toy,no,\n"
    done = inspect(tmp_path, contract, jan=jan)
    found = details(done.inspection, tuple(done.findings.values()), "abc.dir")
    assert found["data"] == "abc.dir"
    assert found["deliveries"]["jan.csv"]["rules"] == {"pieces: type": 1, "price: range": 2}
    assert found["deliveries"]["jan.csv"]["warnings"] == {"price: column_values_to_be_between": 1}
    # The row with an unreadable cell is not shown to Great Expectations.
    assert found["rules"]["price: range"] == {
        "rows": 2,
        "severity": "error",
        "row_mask": 1,
        "great_expectations": 1,
    }
    assert found["rules"]["price: column_values_to_be_between"] == {
        "rows": 1,
        "severity": "warning",
    }
    assert found["table"] == [
        {
            "rule": "table: rowCount",
            "severity": "error",
            "value": 2.0,
            "bound": "at least 9",
            "passed": False,
        }
    ]
    assert found["repeated_keys"] == 1
