"""Whatever is wrong with a request is said, and the connection and the service stand."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.service import create_app
from lockgate.service.settings import Settings
from tests.service.v2.tensors import HEADER, encoded, infer, plain, refused, send, tensor, texts


def rows_of(area):
    """Return a request of rows with these areas."""
    return plain(area=("FP64", area), rooms=("INT64", [3] * len(area)))


# Each stands in a request beside what is right, in place of the tensor of that name.
TENSORS = {
    "no data": ({"name": "area", "shape": [2], "datatype": "FP64"}, "either data or"),
    "both": (
        {
            "name": "area",
            "shape": [2],
            "datatype": "FP64",
            "data": [1, 2],
            "parameters": {"binary_data_size": 0},
        },
        "either data or",
    ),
    "shared memory": (
        {
            "name": "area",
            "shape": [2],
            "datatype": "FP64",
            "parameters": {"shared_memory_region": "x", "shared_memory_byte_size": 16},
        },
        "either data or",
    ),
    "too few": ({"name": "area", "shape": [2], "datatype": "FP64", "data": [1]}, "1 values"),
    "too many": ({"name": "area", "shape": [2], "datatype": "FP64", "data": [1, 2, 3]}, "3 values"),
    "other rows": ({"name": "area", "shape": [3], "datatype": "FP64", "data": [1, 2, 3]}, "shape"),
    "a matrix": ({"name": "area", "shape": [2, 2], "datatype": "FP64", "data": [1] * 4}, "shape"),
    "a row": ({"name": "area", "shape": [1, 2], "datatype": "FP64", "data": [1, 2]}, "shape"),
    "no dimension": ({"name": "area", "shape": [], "datatype": "FP64", "data": [1]}, "shape"),
    "a cube": ({"name": "area", "shape": [2, 1, 1], "datatype": "FP64", "data": [1, 2]}, "shape"),
    "negative": ({"name": "area", "shape": [-2], "datatype": "FP64", "data": []}, "shape.0"),
    "fractional": ({"name": "area", "shape": [2.0], "datatype": "FP64", "data": [1, 2]}, "shape.0"),
    "true": ({"name": "area", "shape": [True], "datatype": "FP64", "data": [1]}, "shape.0"),
    "vast": ({"name": "area", "shape": [2**63], "datatype": "FP64", "data": [1, 2]}, "shape"),
    "a product": (
        {"name": "area", "shape": [2**32, 2**32], "datatype": "FP64", "data": [1, 2]},
        "shape",
    ),
    "vaster": ({"name": "area", "shape": [2**80], "datatype": "FP64", "data": [1, 2]}, "shape.0"),
    "unknown type": ({"name": "area", "shape": [2], "datatype": "FP8", "data": [1, 2]}, "datatype"),
    "no type": ({"name": "area", "shape": [2], "data": [1, 2]}, "datatype"),
    "a text": ({"name": "area", "shape": [2], "datatype": "BYTES", "data": ["1", "2"]}, "is BYTES"),
    "a truth": ({"name": "area", "shape": [2], "datatype": "BOOL", "data": [True, True]}, "BOOL"),
    "texts": ({"name": "area", "shape": [2], "datatype": "FP64", "data": ["1", "2"]}, "numbers"),
    "truths": ({"name": "area", "shape": [2], "datatype": "FP64", "data": [True, 1]}, "numbers"),
    "nested": (
        {"name": "area", "shape": [2, 1], "datatype": "FP64", "data": [[1], 2]},
        "one value",
    ),
    "deeper": ({"name": "area", "shape": [2, 1], "datatype": "FP64", "data": [[1], [[2]]]}, "num"),
    "objects": ({"name": "area", "shape": [2], "datatype": "FP64", "data": [{}, {}]}, "numbers"),
    "fractions": ({"name": "rooms", "shape": [2], "datatype": "INT64", "data": [1, 1.5]}, "whole"),
    "narrow": ({"name": "rooms", "shape": [2], "datatype": "INT8", "data": [1, 300]}, "INT8"),
    "below": ({"name": "rooms", "shape": [2], "datatype": "UINT8", "data": [1, -1]}, "UINT8"),
    "inexact": ({"name": "rooms", "shape": [2], "datatype": "INT64", "data": [1, 2**60]}, "2**53"),
    "a number": ({"name": "kind", "shape": [2], "datatype": "BYTES", "data": ["flat", 3]}, "texts"),
    "no list": ({"name": "area", "shape": [2], "datatype": "FP64", "data": 3}, "data"),
    "no name": ({"shape": [2], "datatype": "FP64", "data": [1, 2]}, "name"),
    "bad size": (
        {"name": "area", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": -1}},
        "binary_data_size",
    ),
    "no size": (
        {"name": "area", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": "9"}},
        "binary_data_size",
    ),
    "size alone": (
        {"name": "area", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": 16}},
        "16 bytes",
    ),
}


@pytest.mark.parametrize("case", TENSORS)
def test_a_tensor_that_is_none(app, case):
    """It is a 400 that says which input is wrong and what is wrong with it."""
    wrong, words = TENSORS[case]
    others = [each for each in plain()["inputs"] if each["name"] != wrong.get("name", "area")]
    for inputs in ([wrong, *others], [*others, wrong]):
        assert words in refused(send(app, {"inputs": inputs}), 400)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("area", [-1.0, 50.0], "row 0, area must be at least 0"),
        ("area", [80.0, None], "row 1, area must not be null"),
        ("area", [80.0, 1e300], "row 1, area must be at most 1000"),
        ("rooms", [2.5, 3.0], "row 0, rooms must be a whole number"),
        ("new", [0.0, 0.5], "row 1, new must be true or false"),
    ],
)
def test_values_are_held_to_the_contract(app, name, data, words):
    """By the rules and in the words of /predict, with row and column."""
    body = plain(**{name: ("FP64", data)})
    assert words in refused(send(app, body), 422)


@pytest.mark.parametrize("name", ["", "NaN"])
def test_what_is_passed_by_is_not_nested_deep_either(app, name):
    """Also where a missing number is written as Triton's client writes it."""
    deep: list = []
    for _ in range(40):
        deep = [deep]
    request = rows_of([80.0])
    assert send(app, request | {"more": name}).status_code == 200
    assert "nested" in refused(send(app, request | {"more": {name: deep}}), 400)


def test_infinite_numbers_are_no_numbers(app):
    """Also those that only FP32 cannot hold; a NaN is a missing value."""
    for datatype, number in (("FP64", np.inf), ("FP64", -np.inf), ("FP32", np.inf)):
        values = np.array([number], np.float32 if datatype == "FP32" else np.float64)
        body, headers = encoded([tensor("area", values, datatype), tensor("rooms", [3])])
        assert "finite" in refused(send(app, body, headers), 422)
    body = plain(area=("FP32", [1e300, 1.0]))
    assert "row 0, area must be a finite number" in refused(send(app, body), 422)
    body, headers = encoded([tensor("area", [np.nan]), tensor("rooms", [3])])
    assert "area must not be null" in refused(send(app, body, headers), 422)


def test_allowed_values_and_dates_are_checked(app):
    """As in /predict."""
    for name, text, words in (
        ("kind", "castle", "must be one of flat"),
        ("built_on", "yesterday", "must be a date such as"),
        ("place", "P 1", "pattern"),
    ):
        inputs = [tensor("area", [80.0]), tensor("rooms", [3]), tensor(name, texts(text))]
        reply = send(app, *encoded(inputs))
        assert words in refused(reply, 422)
        assert text not in reply.text


def test_columns_that_are_not_there(app):
    """Unknown ones are told with the nearest, missing ones by name, the target as what it is."""
    unknown = ("FP64", [1.0, 2.0])
    assert "did you mean 'area'" in refused(send(app, plain(aera=unknown)), 422)
    assert "leave it out" in refused(send(app, plain(rent=unknown)), 422)
    lacking = {"inputs": plain()["inputs"][:1]}
    assert refused(send(app, lacking), 422) == "input rooms is required"
    long = refused(send(app, plain(**{"x" * 100_000: unknown})), 422)
    assert len(long) < 200


def test_an_input_twice_is_refused(app):
    """Neither is taken."""
    inputs = plain()["inputs"]
    assert "area is there twice" in refused(send(app, {"inputs": [*inputs, inputs[0]]}), 400)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ({"name": "lowr"}, "did you mean 'lower'"),
        ({"name": "upper", "parameters": {"classification": 3}}, "classification"),
        ({"name": "upper", "parameters": {"binary_data": "yes"}}, "binary_data"),
        ({}, "outputs.0.name"),
    ],
)
def test_outputs_that_are_not_there(app, output, words):
    """Are refused before anything is predicted."""
    assert words in refused(send(app, plain() | {"outputs": [output]}), 400)


def test_an_output_twice_is_refused(app):
    """Which of the two is meant nobody knows."""
    twice = [{"name": "upper"}, {"name": "upper"}]
    assert "twice" in refused(send(app, plain() | {"outputs": twice}), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"inputs": []}',
        b'{"inputs": {}}',
        b'{"inputs": [3]}',
        b'{"id": 3, "inputs": []}',
        b'{"parameters": 3}',
        b"[" * 100_000,
        b'{"NaN": ' + b"[" * 100_000,
        b'{"NaN": ' + b"9" * 5_000 + b"}",
        b'{"NaN": "\xff"}',
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_no_request(app, body):
    """Is a 400."""
    reply = send(app, body)
    refused(reply, 400)
    assert len(reply.content) < 500


@pytest.mark.parametrize("shape", [[2**63], [2**62, 1], [10_001]])
def test_more_rows_than_there_can_be(app, shape):
    """Are refused by their number, before anything is made of them."""
    body = plain()
    for each in body["inputs"]:
        each["shape"] = shape
    assert "more than the 10,000" in refused(send(app, body), 413)


def test_no_rows_and_too_many(bundles):
    """None is nothing to answer; the limit is that of /predict/batch."""
    app = create_app(Settings(model=bundles["regression"], max_rows=3))
    assert "no rows" in refused(send(app, plain(area=("FP64", []), rooms=("INT64", []))), 400)
    three, four = (rows_of([80.0] * count) for count in (3, 4))
    assert "more than the 3" in refused(send(app, four), 413)
    assert send(app, three).status_code == 200


def test_a_bad_row_among_many_is_named(app):
    """Also where the rows are answered in another thread."""
    body = rows_of([80.0] * 200 + [-1.0])
    assert "row 200, area" in refused(send(app, body), 422)


def packed(*parts, rows=2):
    """Return the body and head of a request whose `place` has these bytes."""
    sent = b"".join(parts)
    body = rows_of([80.0] * rows)
    place = {"name": "place", "shape": [rows], "datatype": "BYTES"}
    body["inputs"].append(place | {"parameters": {"binary_data_size": len(sent)}})
    head = json.dumps(body).encode()
    return head + sent, {HEADER: str(len(head))}


def text(value, length=None):
    """Return a text as the binary extension has it, perhaps with a false length."""
    return struct.pack("<I", len(value) if length is None else length) + value


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([text(b"p1")], "ends within value 1"),
        ([text(b"p1"), b"\x01\x00"], "ends within value 1"),
        ([text(b"p1"), text(b"p2", 3)], "ends within value 1"),
        ([text(b"p1", 2**32 - 1), text(b"p2")], "ends within value 0"),
        ([text(b"p1"), text(b"p2"), text(b"p3")], "6 bytes more"),
        ([text(b"p1"), text(b"p2"), b"\x00"], "1 bytes more"),
        ([text(b"p1"), text(b"\xff\xfe")], "UTF-8 in value 1"),
        ([text(b"\xed\xa0\x80"), text(b"p1")], "UTF-8 in value 0"),
    ],
)
def test_texts_that_do_not_fit_their_lengths(app, parts, words):
    """Are a 400 that says in which value."""
    assert packed(text(b"p1"), text(b"p2"))
    assert send(app, *packed(text(b"p1"), text(b"p2"))).status_code == 200
    assert words in refused(send(app, *packed(*parts)), 400)


@pytest.mark.parametrize("length", ["", "-1", "x", "1.5", "9" * 5_000, "99999", "\u00b2", " 7 8"])
def test_a_header_that_is_no_length(app, length):
    """Is a 400 that names the header."""
    body, _ = packed(text(b"p1"), text(b"p2"))
    headers = {HEADER: length.encode("latin-1")}
    assert HEADER in refused(send(app, body, headers), 400)


@pytest.mark.parametrize("off", [-1, 1, -400])
def test_a_header_with_a_false_length(app, off):
    """Is a 400, whatever it makes of the JSON."""
    body, headers = packed(text(b"p1"), text(b"p2"))
    refused(send(app, body, {HEADER: str(int(headers[HEADER]) + off)}), 400)
    refused(send(app, body), 400)


def test_binary_numbers_of_another_length(app):
    """Are a 400 that says how long they should be."""
    for values in (np.array([80.0]), np.array([80.0, 50.0, 20.0])):
        body, headers = encoded([tensor("area", values), tensor("rooms", [3, 3])])
        size = int(headers[HEADER])
        head = body[:size].replace(f"[{len(values)}]".encode(), b"[2]")
        reply = send(app, head + body[size:], {HEADER: str(len(head))})
        assert f"has {8 * len(values)} bytes; 2 values of FP64 are 16" in refused(reply, 400)


def test_bytes_behind_the_last_tensor_are_refused(app):
    """Nothing is passed over in silence."""
    body, headers = encoded([tensor("area", [80.0]), tensor("rooms", [3])])
    assert "binary_data_size 16 bytes" in refused(send(app, body + b"\0", headers), 400)
    assert "binary_data_size 16 bytes" in refused(send(app, body[:-1], headers), 400)


def test_truths_are_0_and_1(app):
    """Any other byte is none."""
    inputs = [tensor("area", [80.0]), tensor("rooms", [3]), tensor("new", np.array([True]))]
    body, headers = encoded(inputs)
    assert "0 and 1" in refused(send(app, body[:-1] + b"\x02", headers), 400)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_requests_are_answered_or_refused(app, data):
    """Whatever byte was changed, lost or added."""
    inputs = [tensor("area", [80.0, 50.0]), tensor("rooms", [3, 2]), tensor("kind", texts("", ""))]
    body, headers = encoded(inputs)
    at = data.draw(st.integers(0, len(body)))
    sent = data.draw(st.binary(max_size=3))
    body = body[:at] + sent + body[at + data.draw(st.integers(0, 3)) :]
    reply = send(app, body, headers)
    assert reply.status_code in (200, 400, 413, 422)
    if reply.status_code != 200:
        refused(reply, reply.status_code)


PLACES = st.from_regex(r"[a-z]{1,5}[0-9]{0,5}", fullmatch=True) | st.just("")


@given(st.lists(st.tuples(st.floats(0, 1000), PLACES), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_json_and_binary_are_the_same(app, rows):
    """Any numbers and any texts, to the last bit."""
    area, place = (list(each) for each in zip(*rows, strict=True))
    columns = [("area", np.array(area)), ("place", texts(*place)), ("rooms", [3] * len(rows))]
    answers = [
        infer(app, [tensor(*each, binary=binary) for each in columns]).as_numpy("predicted_rent")
        for binary in (True, False)
    ]
    assert answers[0].tolist() == answers[1].tolist()
