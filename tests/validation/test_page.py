"""The data report."""

import re
from pathlib import Path

from lockgate.contract import Schema
from lockgate.params import ValidateParams
from lockgate.validation.page import data_page
from tests.validation.shop import ORDERS, Inspected, bound, column, inspect, orders, rule, schema

PARAMS = ValidateParams(
    max_quarantined_share=0.3, max_quarantined_share_per_rule=0.3, batch_rows=1000
)


def page(done: Inspected, contract: Schema = ORDERS) -> str:
    """Return the report as text without the markup's line breaks."""
    findings = tuple(done.findings.values())
    return data_page(done.inspection, contract, findings, PARAMS, "abc.dir")


def test_says_what_was_delivered_and_what_was_bad(tmp_path: Path) -> None:
    """Cards, rules, deliveries, columns and examples are all there."""
    steady = rule("expect_column_values_to_be_between", "warning", column="price", max_value=1)
    contract = schema(*ORDERS.columns, rules=[steady], bounds=[bound("rowCount", minimum=9.0)])
    feb = "id,price,pieces,kind,gift,paid_on\no8,-1,1,toy,no,2024-01-01\no9,5,1,car,no,\n"
    text = page(inspect(tmp_path, contract, rows=100, jan=orders(1200), feb=feb), contract)
    assert "abc.dir" in text
    assert "1,202" in text
    assert re.search(r"kind: values</td>.*?quarantined", text)
    assert re.search(r"column_values_to_be_between</td>.*?warning", text)
    assert re.search(r"feb\.csv <span class=\"bad\">beyond tolerance", text)
    assert re.search(
        r"rowCount</td><td>at least 9</td>.*?1,200</td><td class=\"good\">passed", text
    )
    assert re.search(r"<td>price</td>.*?12\.5", text)
    assert "2024-05-06" in text
    assert "more than 1,000 texts" in text
    assert "book 100.0" in text
    assert "true 100.0" in text
    assert "<code>&#39;car&#39;</code>" in text


def test_needs_no_network_and_no_script(tmp_path: Path) -> None:
    """The page opens offline."""
    text = page(inspect(tmp_path, ORDERS, jan=orders(2)))
    assert "<script" not in text
    assert "http" not in text
    assert "No row breaks a rule." in text


def test_is_the_same_for_the_same_rows(tmp_path: Path) -> None:
    """No time, no order of chance, and no size of batches shows in it."""
    feb = orders(3) + "o9,-1,1,car,no,\n"
    one = page(inspect(tmp_path, ORDERS, rows=1, jan=orders(5), feb=feb))
    assert one == page(inspect(tmp_path, ORDERS, rows=1000, jan=orders(5), feb=feb))


def test_shows_no_personal_value(tmp_path: Path) -> None:
    """Personal columns have no levels, no ends and no examples."""
    contract = schema(
        column("name", "string", personal=True, values=("Ada",)),
        column("age", personal=True, maximum=99.0),
    )
    text = page(inspect(tmp_path, contract, jan="name,age\nAda,31\nBob,41\nAda,171\n"), contract)
    assert not re.search(r"Ada|Bob|\b31\b|\b41\b|171", text)
    assert "(personal)" in text


def test_cells_are_escaped(tmp_path: Path) -> None:
    """Markup in a delivered cell stays text."""
    contract = schema(column("x", "string"), column("y", maximum=1.0))
    text = page(inspect(tmp_path, contract, jan="x,y\n<b>bold</b>,<i>\n<b>bold</b>,1\n"), contract)
    assert "<b>bold" not in text
    assert "<i>" not in text


def test_many_deliveries_are_cut_to_the_worst(tmp_path: Path) -> None:
    """A page of a thousand deliveries would help nobody."""
    files = {f"d{number:03}": orders(1, first=number) for number in range(101)}
    text = page(inspect(tmp_path, ORDERS, bad=orders(1) + "x,1,1,toy,no,\n", **files))
    assert "The 100 of 102" in text
    assert "bad.csv" in text


def test_columns_without_a_value(tmp_path: Path) -> None:
    """A column that is missing throughout has no ends and no levels."""
    contract = schema(column("x", "string"), column("y"), column("b", "boolean"), column("z"))
    text = page(inspect(tmp_path, contract, jan="x,y,b,z\n,,,1\n"), contract)
    assert "100.00" in text
