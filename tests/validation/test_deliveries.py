"""Deliveries: what is one, what they must have in common, and how their rows come."""

from pathlib import Path

import numpy as np
import pytest

from lockgate.errors import DeliveryError, TableError
from lockgate.tables import ParquetSink
from lockgate.validation.deliveries import Delivery, check_header, find_deliveries, read_delivery
from tests.validation.shop import HEADER, ORDERS, column, deliver, orders, schema


def one(folder: Path) -> Delivery:
    """Return the only delivery of a project."""
    (delivery,) = find_deliveries(folder, folder.parents[1])
    return delivery


def test_deliveries_are_sorted_by_path(tmp_path: Path) -> None:
    """Order is that of the names, folders included; hidden files are passed over."""
    folder = deliver(tmp_path, b=orders(1), a=orders(1))
    (folder / "2023").mkdir()
    (folder / "2023/z.CSV.GZ").write_bytes(b"")
    (folder / ".DS_Store").write_bytes(b"")
    names = [delivery.name for delivery in find_deliveries(folder, tmp_path)]
    assert names == ["2023/z.CSV.GZ", "a.csv", "b.csv"]


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    """A workbook among the deliveries stops the pipeline instead of being passed over."""
    folder = deliver(tmp_path, jan=orders(1))
    (folder / "feb.xlsx").write_bytes(b"PK")
    with pytest.raises(DeliveryError, match=r"feb\.xlsx.*no delivery"):
        find_deliveries(folder, tmp_path)


def test_no_deliveries(tmp_path: Path) -> None:
    """An empty or absent folder says where the files should be."""
    with pytest.raises(DeliveryError, match="there are no deliveries"):
        find_deliveries(tmp_path / "data/raw", tmp_path)


def test_order_of_columns_is_free() -> None:
    """Columns may come in any order, and optional ones may be absent."""
    contract = schema(column("a"), column("b"), column("c", delivered=False))
    check_header(("b", "a"), contract, "jan.csv")
    check_header(("c", "b", "a"), contract, "jan.csv")


def test_missing_and_unknown_columns_are_named_with_the_file() -> None:
    """Both are named at once, the unknown one with the nearest that is missing."""
    contract = schema(column("price"), column("pieces"), column("kind"))
    with pytest.raises(DeliveryError) as caught:
        check_header(("prise", "kind", "colour"), contract, "data/raw/jan.csv")
    message = str(caught.value)
    assert message.startswith("data/raw/jan.csv: ")
    assert "the contract's columns price, pieces are missing" in message
    assert "prise (did you mean 'price'?)" in message
    assert "colour" in message
    assert "data/contract.yaml" in message
    with pytest.raises(DeliveryError, match="the contract's column pieces is missing"):
        check_header(("price", "kind"), contract, "jan.csv")


def test_wrong_separator() -> None:
    """One single column where several are expected is a wrong separator."""
    contract = schema(column("price"), column("pieces"))
    with pytest.raises(DeliveryError, match="one single column: price:pieces"):
        check_header(("price:pieces",), contract, "jan.csv")


def test_header_missing(tmp_path: Path) -> None:
    """A file that starts with data is told apart from one with wrong columns."""
    folder = deliver(tmp_path, jan="o1,12.5,3,book,yes,2024-05-06\no2,1,1,toy,no,2024-05-06\n")
    with pytest.raises(DeliveryError, match=r"jan\.csv.*is no header: o1, 12\.5"):
        list(read_delivery(one(folder), ORDERS, 10))


def test_header_only(tmp_path: Path) -> None:
    """A delivery without rows is a mistake somewhere, not an empty month."""
    folder = deliver(tmp_path, jan=HEADER + "\n")
    with pytest.raises(DeliveryError, match=r"jan\.csv: the file has a header and no rows"):
        list(read_delivery(one(folder), ORDERS, 10))


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    """What the reader of tables says of a broken file reaches the user."""
    folder = deliver(tmp_path, jan="")
    with pytest.raises(TableError, match=r"jan\.csv"):
        list(read_delivery(one(folder), ORDERS, 10))


def test_rows_of_a_text_file(tmp_path: Path) -> None:
    """Rows come with their lines and their text, malformed records beside them."""
    folder = deliver(tmp_path, jan=orders(2) + "o3,1\n" + '"o4", 7,1,toy,,\n')
    (batch,) = read_delivery(one(folder), ORDERS, 10)
    assert batch.lines.tolist() == [2, 3, 5]
    assert [record.line for record in batch.malformed] == [4]
    assert batch.rows == 4
    assert batch.text(2) == '"o4", 7,1,toy,,'
    assert batch.cell("id", 2) == "o4"
    assert batch.cell("colour", 2) == ""


def test_rows_of_a_parquet_file(tmp_path: Path) -> None:
    """A typed file has row numbers for lines, and its rows are written as CSV."""
    folder = deliver(tmp_path)
    columns = {
        "a": np.array([1.0, np.nan, 3.5]),
        "b": np.array(["x", 'y "z", w', ""], dtype=object),
        "c": np.array(["2024-01-01", "NaT", "2024-01-02T03:04:05"], "datetime64[s]"),
    }
    with ParquetSink(folder / "jan.parquet") as sink:
        sink.write(columns)
    contract = schema(column("a"), column("b", "string"), column("c", "timestamp"))
    first, second = read_delivery(one(folder), contract, 2)
    assert first.lines.tolist() == [1, 2]
    assert second.lines.tolist() == [3]
    assert first.text(1) == ',"y ""z"", w",'
    assert second.text(0).startswith("3.5,,2024-01-02 03:04:05")
