"""JSON helpers."""

import json

import numpy as np
import pytest

from lockgate.errors import TableError
from lockgate.tables import read_json, rounded, write_json


def test_the_order_of_keys_does_not_change_the_bytes(tmp_path):
    """Equal content is written as equal bytes, in folders that are made when they are missing."""
    write_json(tmp_path / "a" / "one.json", {"b": 1, "a": {"d": [1.5], "c": "é"}})
    write_json(tmp_path / "two.json", {"a": {"c": "é", "d": [1.5]}, "b": 1})
    first = (tmp_path / "a" / "one.json").read_bytes()
    assert first == (tmp_path / "two.json").read_bytes()
    assert first.endswith(b"}\n")
    assert read_json(tmp_path / "two.json") == {"a": {"c": "é", "d": [1.5]}, "b": 1}


def test_a_number_that_json_cannot_hold_is_refused_and_leaves_the_old_file(tmp_path):
    """NaN never reaches a file, and a failed write harms nothing."""
    path = tmp_path / "metrics.json"
    write_json(path, {"mae": 1.0})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"mae": float("nan")})
    assert read_json(path) == {"mae": 1.0}
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.json"]


def test_rounded_cuts_floats_and_nothing_else():
    """Floats keep six significant digits; whole numbers, words and truth values stay."""
    assert rounded({"a": 123456.789, "b": [1e-9 / 3, 1234567], "c": (True, None, "x")}) == {
        "a": 123457.0,
        "b": [3.33333e-10, 1234567],
        "c": [True, None, "x"],
    }
    assert rounded(2 / 3, digits=2) == 0.67


def test_rounded_turns_numpy_into_plain_python():
    """Numpy scalars and arrays come out as what JSON knows; what is not finite as null."""
    result = rounded({"n": np.int64(3), "x": np.float64(0.1234567), "v": np.array([1, np.nan])})
    assert json.dumps(result) == '{"n": 3, "x": 0.123457, "v": [1.0, null]}'
    assert rounded([float("inf"), -float("inf")]) == [None, None]


@pytest.mark.parametrize(
    ("content", "what"),
    [(b'{\n"a": 1,\n}', "line 3"), (b"", "line 1"), (b"\xff\x80", "not text")],
)
def test_a_file_that_is_not_json_is_named(tmp_path, content, what):
    """A broken file says where it is broken."""
    path = tmp_path / "metrics.json"
    path.write_bytes(content)
    with pytest.raises(TableError, match=what) as error:
        read_json(path)
    assert "metrics.json" in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    """A file that is not there says so, without a traceback of the system."""
    with pytest.raises(TableError, match="nothing.json: the file does not exist"):
        read_json(tmp_path / "nothing.json")
