"""What the other routes should not be sent."""

from collections.abc import Iterator
from typing import Any

from reliability.payloads.payload import ANSWERED, DEEP, EITHER, Payload
from reliability.plan import Plan, text
from reliability.wire import request

HEADER = "inference_header_content_length"


def batches(plan: Plan) -> Iterator[Payload]:
    """Yield batches that are none, and one of which half is good."""
    row, rows = plan.rows[0], plan.entities
    bodies = {
        "no rows": {rows: []},
        "no list": {rows: row},
        "a list of lists": {rows: [[1, 2], [3]]},
        "a list of nulls": {rows: [None] * 1000},
        "ragged rows": {rows: [row, {}, {"surprise": 1}]},
        "another name": {"rows_of_another_table": [row]},
        "a list alone": [row],
        "something beside the rows": {rows: [row], "more": 1},
        "too many rows": {rows: [row] * 10_001},
        "too many nulls": {rows: [None] * 10**6},
        "a batch in a batch": {rows: [{rows: [row]}]},
    }
    for what, body in bodies.items():
        yield Payload(f"batch: {what}", request("/predict/batch", text(body)))
    path = "/predict/batch?bad_rows="
    yield Payload("batch: an unknown choice", request(f"{path}x", text({rows: [row]})))
    mixed = text({rows: [row, None, {}, row]})
    yield Payload("batch: half of it good", request(f"{path}report", mixed), ANSWERED)
    yield Payload("batch: nothing of it good", request(f"{path}report", text({rows: [None]})))


def streams(row: dict[str, object]) -> Iterator[Payload]:
    """Yield streams; one is answered line by line, so it begins with 200."""
    lines = {
        "garbage": b"\x00\xff\n{}\n[]\nnull\nNaN\n" + text(row) + b"\n",
        "a line without an end": b"x" * 10**6,
        "empty lines": b"\n" * 100_000,
        "deep lists": b"[" * DEEP + b"\n",
    }
    for what, body in lines.items():
        yield Payload(f"stream: {what}", request("/predict/stream", body), EITHER)


def feedback() -> Iterator[Payload]:
    """Yield true values of predictions that there are not."""
    bodies = {
        "an unknown id": b'{"prediction_id": "' + b"0" * 32 + b'", "value": 1}',
        "no id": b'{"prediction_id": "../../etc/passwd", "value": 1}',
        "an id of 1 MB": b'{"prediction_id": "' + b"a" * 10**6 + b'", "value": 1}',
        "an id with a lone surrogate": rb'{"prediction_id": "\ud800", "value": 1}',
        "NaN": b'{"prediction_id": "' + b"0" * 32 + b'", "value": NaN}',
        "a list": b"[1]",
        "nothing given": b'{"feedback": []}',
        "an object as value": b'{"prediction_id": "' + b"0" * 32 + b'", "value": {}}',
    }
    for what, body in bodies.items():
        yield Payload(f"feedback: {what}", request("/feedback", body))
    for what, name in {"odd": "%00%ff", "long": "9" * 8000}.items():
        yield Payload(
            f"feedback: {what} id asked for", request(f"/predictions/{name}", method="GET")
        )


def tensors(plan: Plan) -> Iterator[Payload]:
    """Yield tensors of the Open Inference Protocol that do not hold what they say."""
    path = f"/v2/models/{plan.entity}/infer"
    whole = [_tensor(name, value) for name, value in plan.rows[0].items() if value is not None]
    yield Payload("tensors: good ones", request(path, text({"inputs": whole})), ANSWERED)
    one = next(each for each in whole if each["datatype"] == "FP64")
    others = [each for each in whole if each is not one]
    bodies: dict[str, object] = {
        "a list": [],
        "no inputs": {},
        "inputs that are none": {"inputs": 1},
        "another input": {"inputs": [*whole, one | {"name": "surprise"}]},
        "the same twice": {"inputs": [*whole, one]},
        "an unknown output": {"inputs": whole, "outputs": [{"name": "surprise"}]},
    }
    changes: dict[str, dict[str, Any]] = {
        "a negative shape": {"shape": [-1]},
        "a shape of 0": {"shape": [0], "data": []},
        "a shape of 2 to the 62": {"shape": [2**62]},
        "a shape of 2 to the 70": {"shape": [2**70]},
        "a shape of 1,000 dimensions": {"shape": [1] * 1000},
        "more rows than the others": {"shape": [2], "data": [1.0, 2.0]},
        "fewer values than the shape": {"shape": [1], "data": []},
        "an unknown type": {"datatype": "FP128"},
        "text as numbers": {"data": ["x"]},
        "deeply nested data": {"data": [[[[1.0]]]]},
        "a number of 400 digits": {"data": [10**400]},
    }
    bodies |= {what: {"inputs": [*others, one | change]} for what, change in changes.items()}
    for what, body in bodies.items():
        yield Payload(f"tensors: {what}", request(path, text(body)))
    yield from _binary(path, others, one)
    elsewhere = request("/v2/models/%00/infer", text({"inputs": whole}))
    yield Payload("tensors: another model", elsewhere)


def known(plan: Plan) -> Iterator[Payload]:
    """Yield keys of entities that there are not."""
    for key in ("%00", "%ff", "x" * 8000, "..%2f..%2f", "1'%20OR%20'1"):
        sent = request(f"/predict/{plan.entity}/{key}", method="GET")
        yield Payload(f"known entities: {key[:20]}", sent)


def _binary(path: str, others: list[dict[str, Any]], one: dict[str, Any]) -> Iterator[Payload]:
    bare = {name: value for name, value in one.items() if name != "data"}

    def head(size: int) -> bytes:
        return text({"inputs": [*others, bare | {"parameters": {"binary_data_size": size}}]})

    said = head(8)
    for length in ("-1", "x", "9" * 30, str(len(said) + 100), "0", ""):
        sent = request(path, said + bytes(8), **{HEADER: length})
        yield Payload(f"tensors: JSON of length {length or 'empty'}", sent)
    for size in (0, 7, 9, 2**31, 2**62):
        said = head(size)
        sent = request(path, said + bytes(8), **{HEADER: str(len(said))})
        yield Payload(f"tensors: 8 bytes, said to be {size:,}", sent)
    not_a_number = request(path, head(8) + b"\xff" * 8, **{HEADER: str(len(head(8)))})
    yield Payload("tensors: binary NaN", not_a_number, EITHER)


def _tensor(name: str, value: object) -> dict[str, Any]:
    kind = {bool: "BOOL", str: "BYTES"}.get(type(value), "FP64")
    return {"name": name, "datatype": kind, "shape": [1], "data": [value]}
