"""Deliveries gathered to chunks."""

from pathlib import Path

import pytest

from lockgate.validation import chunks
from lockgate.validation.chunks import read_chunks
from lockgate.validation.deliveries import find_deliveries
from tests.validation.shop import ORDERS, deliver, orders


def sizes(root: Path, rows: int, **files: str) -> list[int]:
    """Return the number of rows of each chunk, malformed records left out."""
    deliveries = find_deliveries(deliver(root, **files), root)
    return [chunk.rows for chunk in read_chunks(deliveries, ORDERS, rows)]


def test_small_deliveries_share_a_chunk(tmp_path: Path) -> None:
    """A chunk has at least the rows asked for, however small the files; the last has the rest."""
    assert sizes(tmp_path, 5, a=orders(3), b=orders(3), c=orders(3), d=orders(1)) == [6, 4]


@pytest.mark.parametrize("line", ["o1,1,1,book,no,2024-01-01", "o1"])
def test_a_chunk_of_long_texts_has_fewer_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Memory does not grow with huge cells, be their records well-formed or not."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1000)
    wide = orders(2) + line.replace("o1", "o" * 2000) + "\n"
    rows = 2 + (line != "o1")
    assert sizes(tmp_path, 100, a=wide, b=wide, c=orders(2)) == [rows, rows, 2]
