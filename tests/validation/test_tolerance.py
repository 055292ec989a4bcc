"""How much of a delivery may be bad before the pipeline stops."""

from pathlib import Path

import pytest

from lockgate.errors import Rejected
from lockgate.params import ValidateParams
from lockgate.validation.tolerance import check_tolerances, excesses
from tests.validation.shop import HEADER, ORDERS, Inspected, bound, inspect, orders, schema

BAD = "o9,-1,1,toy,no,\n"


def params(share: float = 1.0, per_rule: float = 1.0) -> ValidateParams:
    """Return tolerances."""
    return ValidateParams(
        max_quarantined_share=share, max_quarantined_share_per_rule=per_rule, batch_rows=1000
    )


def check(done: Inspected, tolerances: ValidateParams) -> None:
    """Check what was inspected."""
    check_tolerances(done.inspection.ledger, done.findings.values(), tolerances)


def test_each_delivery_is_judged_by_itself(tmp_path: Path) -> None:
    """One bad month is not hidden by good ones."""
    done = inspect(tmp_path, ORDERS, jan=orders(3) + BAD, feb=orders(40, first=100))
    (excess,) = excesses(done.inspection.ledger, params(share=0.2))
    assert (excess.delivery, excess.rule, excess.share) == ("jan.csv", None, 0.25)


def test_a_share_that_is_just_tolerated(tmp_path: Path) -> None:
    """The tolerated share itself is tolerated."""
    done = inspect(tmp_path, ORDERS, jan=orders(3) + BAD)
    check(done, params(share=0.25, per_rule=0.25))


def test_each_rule_has_its_own_tolerance(tmp_path: Path) -> None:
    """Too many rows of one kind stop the pipeline, and the message names delivery and rule."""
    done = inspect(tmp_path, ORDERS, jan=orders(3) + BAD)
    with pytest.raises(Rejected) as caught:
        check(done, params(per_rule=0.1))
    message = str(caught.value)
    assert "jan.csv: price: range broken by 25.00% of the rows, tolerated 10.00%" in message
    assert "for example line 5: '-1'" in message
    assert "data/quarantine.csv" in message
    assert caught.value.exit_code == 1


def test_malformed_records_count(tmp_path: Path) -> None:
    """A record that is no row is a bad row."""
    done = inspect(tmp_path, ORDERS, jan=orders(3) + "o9\n")
    with pytest.raises(Rejected, match="jan.csv: record: malformed broken by"):
        check(done, params(per_rule=0.1))


def test_nothing_accepted(tmp_path: Path) -> None:
    """Without an accepted row there is nothing to go on with, whatever is tolerated."""
    done = inspect(tmp_path, ORDERS, jan=f"{HEADER}\n{BAD}")
    with pytest.raises(Rejected, match="no row was accepted"):
        check(done, params())


def test_rules_about_the_table(tmp_path: Path) -> None:
    """A broken bound of severity error stops the pipeline, one of severity warning does not."""
    few = {"minimum": 10.0}
    mild = schema(*ORDERS.columns, bounds=[bound("rowCount", severity="warning", **few)])
    check(inspect(tmp_path, mild, jan=orders(3)), params())
    strict = schema(*ORDERS.columns, bounds=[bound("rowCount", **few)])
    with pytest.raises(Rejected, match="table: rowCount: found 3, asked: at least 10"):
        check(inspect(tmp_path, strict, jan=orders(3)), params())


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    """The message names ten problems and says how many more there are."""
    months = {f"m{month:02}": f"{HEADER}\n{BAD}" for month in range(12)}
    done = inspect(tmp_path, ORDERS, good=orders(1), **months)
    with pytest.raises(Rejected, match="and 2 more"):
        check(done, params(share=0.1))
