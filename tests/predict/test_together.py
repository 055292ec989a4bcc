"""Rows checked by columns are read, or refused, as they are one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.errors import RequestError
from lockgate.predict.rows import MANY, Reader
from lockgate.predict.together import Batch, Together
from tests.artifact.cases import ROW, make_schema

SCHEMA = make_schema()
ASKED = [each for each in SCHEMA.columns if each.role not in ("target", "ignore")]
NAMES = [each.name for each in ASKED]
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 5) | st.integers(),
    st.floats(),
    st.sampled_from(["flat", " house ", "p1", "", "castle", "2020-01-01", "\ud800", 10**400]),
    st.lists(st.none(), max_size=1),
)
CHANGES = st.dictionaries(st.sampled_from([*NAMES, "rent", "x"]), CELLS, max_size=2)


def same(columns, others):
    """Tell whether two batches hold the same values, of the same types."""
    return columns.keys() == others.keys() and all(
        values.dtype == others[name].dtype
        and np.array_equal(values, others[name], equal_nan=values.dtype.kind in "fM")
        for name, values in columns.items()
    )


@given(changes=st.lists(CHANGES, min_size=1, max_size=6), drop=st.sampled_from(["", *NAMES]))
@settings(max_examples=200, deadline=None)
def test_what_is_read_together_is_what_is_read_alone(changes, drop):
    """Whatever the rows hold; rows that are refused one by one are never read together."""
    rows = [ROW | change for change in changes]
    rows[0].pop(drop, None)
    found = Together(SCHEMA, ASKED)(rows)
    reader = Reader(SCHEMA, ASKED)
    try:
        alone = reader.columns(reader.checked(rows))
    except RequestError:
        assert found is None
    else:
        assert found is None or same(found, alone)


NEEDED = {each.name: ROW[each.name] for each in ASKED if each.requested}
SPARE = [{name: cell} for name, cell in ROW.items() if name not in NEEDED]


@pytest.mark.parametrize(
    "rows",
    [
        [ROW, NEEDED, ROW | {"kind": " house ", "area": 80}],
        [NEEDED, NEEDED],
        [NEEDED | SPARE[0], NEEDED | SPARE[1]],
        [ROW, dict(reversed(ROW.items()))],
    ],
)
def test_rows_that_fit_are_read_together(rows):
    """Also with values that are absent, null, or written otherwise, in any order."""
    reader = Reader(SCHEMA, ASKED)
    found = Together(SCHEMA, ASKED)(rows)
    assert found is not None
    assert same(found, reader.columns(reader.checked(rows)))


@pytest.mark.parametrize(
    "bad",
    [
        {"area": -1},
        {"aera": 1},
        {"kind": "castle"},
        {"kind": ["flat"]},
        {"rooms": None},
    ],
    ids=str,
)
def test_a_bad_row_among_many_is_told_as_among_few(bad):
    """By the same row, field and words."""
    reader = Reader(SCHEMA, ASKED)
    problems = []
    for count in (2, MANY):
        with pytest.raises(RequestError) as caught:
            reader.read([ROW, ROW | bad, *[ROW] * (count - 2)])
        problems.append(caught.value.problems)
    assert problems[0] == problems[1]


@pytest.mark.parametrize("count", [2, MANY])
def test_one_is_no_truth(count):
    """Though Python takes one for the other."""
    rows = [ROW | {"new": True}] * count
    rows[1] = ROW | {"new": 1}
    with pytest.raises(RequestError) as caught:
        Reader(SCHEMA, ASKED).read(rows)
    assert [(each.row, each.field) for each in caught.value.problems] == [(1, "new")]


def test_rows_without_a_field_have_no_columns():
    """They are rows all the same."""
    assert Batch([{}, {}]).cells is None


@pytest.mark.parametrize("rows", [[], [3], [ROW, None], [ROW, [ROW]]])
def test_what_is_no_list_of_objects_is_left_to_others(rows):
    """It is not read, and nothing is raised."""
    assert Together(SCHEMA, ASKED)(rows) is None
