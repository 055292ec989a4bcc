"""What the contract says of values is checked before any row is read."""

import pytest

from lockgate.contract import Column
from lockgate.errors import ContractError
from lockgate.validation.constraints import check_constraints
from tests.validation.shop import ORDERS, column, schema


def test_a_sound_contract_passes() -> None:
    """Bounds, values, patterns and formats that can be read are no matter for a word."""
    check_constraints(ORDERS)
    check_constraints(schema(column("x", "timestamp", format="%d.%m.%y %H:%M")))
    check_constraints(schema(column("x", "integer", values=("3", "5"), maximum=5.0)))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (column("x", "number", values=("1", "many")), "x: the allowed value 'many' is not of type"),
        (column("x", "integer", values=("1.5",)), "'1.5' is not of type integer"),
        (
            column("x", "integer", values=("3", "9"), maximum=5.0),
            "x: the allowed value '9' is outside the column's range",
        ),
        (
            column("x", "date", values=("2020-01-01",), earliest="2020-01-02"),
            "'2020-01-01' is outside",
        ),
        (column("x", "string", pattern="[a-"), r"x: '\[a-' is not a regular expression"),
        (column("x", "date", earliest="last year"), "x: the bound 'last year' is not a day"),
        (column("x", "date", format="%d.%m."), "x: the format '%d.%m.' does not"),
        (column("x", "date", format="DD.MM.YYYY"), "x: the format 'DD.MM.YYYY' does not"),
        (column("x", "date", format="%Q"), "x: the format '%Q' does not"),
    ],
)
def test_a_constraint_that_cannot_be_read_is_named(broken: Column, message: str) -> None:
    """The column and the text that cannot be read are named."""
    with pytest.raises(ContractError, match=message):
        check_constraints(schema(broken))
