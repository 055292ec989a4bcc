"""Rows that are kept side by side are read as they were."""

from hypothesis import given
from hypothesis import strategies as st

from lockgate.journal.rows import rows_of

VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
NAMES = st.lists(st.text(), unique=True, max_size=4)


@given(st.data(), NAMES, st.integers(1, 5))
def test_columns_are_read_as_rows(data, names, count):
    """Each with every field, in the order of both."""
    rows = [{name: data.draw(VALUES | st.lists(VALUES)) for name in names} for _ in range(count)]
    assert rows_of({name: [row[name] for row in rows] for name in names}, count) == rows


def test_what_is_no_list_belongs_to_every_row():
    """Also inside of an object, which is side by side itself."""
    kept = {"price": [1.0, 2.0], "interval": {"lower": [0.5, 1.5], "level": 0.9}}
    assert rows_of(kept, 2) == [
        {"price": 1.0, "interval": {"lower": 0.5, "level": 0.9}},
        {"price": 2.0, "interval": {"lower": 1.5, "level": 0.9}},
    ]


def test_a_list_is_the_rows():
    """With None for a row that was not answered."""
    assert rows_of([{"price": 1.0}, None], 2) == [{"price": 1.0}, None]
