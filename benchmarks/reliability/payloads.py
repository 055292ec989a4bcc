"""Requests that mean harm, or that somebody's broken program sends."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass

from reliability.plan import Plan, text
from reliability.wire import chunked, request

REFUSED = frozenset(range(400, 500))
ANSWERED = frozenset({200})
EITHER = REFUSED | ANSWERED
DEEP = 100_000


@dataclass(frozen=True)
class Payload:
    """What is sent on a connection of its own, and the statuses that may answer it."""

    name: str
    sent: bytes
    allowed: frozenset[int] = REFUSED
    answers: int = 1


def payloads(plan: Plan) -> list[Payload]:
    """Return them all, made from a row that is answered."""
    row = plan.rows[0]
    found = [*numbers(row), *texts(row), *shapes(row), *batches(plan), *others(row)]
    return [*found, *heads(row), *paths(row), *framings(row), *protocols(row)]


def numbers(row: dict[str, object]) -> Iterator[Payload]:
    """Yield rows with numbers that are none, or too much for somebody."""
    name = next(name for name, value in row.items() if isinstance(value, int | float))
    literals = {
        "NaN": "NaN",
        "Infinity": "Infinity",
        "minus Infinity": "-Infinity",
        "1e400": "1e400",
        "minus 1e999": "-1e999",
        "1e308": "1e308",
        "2 to the 63": str(2**63),
        "2 to the 64": str(2**64),
        "minus 2 to the 63, less one": str(-(2**63) - 1),
        "400 digits": "9" * 400,
        "100,000 digits": "9" * 100_000,
        "100,000 decimals": "0." + "3" * 100_000,
        "hexadecimal": "0x10",
        "leading zeros": "007",
        "leading plus": "+7",
        "a digit of another script": "٣",
        "null": "null",
        "true": "true",
        "text": '"2000"',
        "empty text": '""',
        "object": "{}",
        "list": "[1]",
    }
    for what, literal in literals.items():
        yield Payload(f"number: {what}", request(body=_with(row, name, literal)))
    for what, literal in {"1e-999": "1e-999", "minus zero": "-0.0"}.items():
        yield Payload(f"number: {what}", request(body=_with(row, name, literal)), EITHER)


def texts(row: dict[str, object]) -> Iterator[Payload]:
    """Yield rows with texts that no text should hold; one that may be is answered."""
    name = next((name for name, value in row.items() if isinstance(value, str)), min(row))
    literals = {
        "lone surrogate": r'"\ud800"',
        "reversed surrogates": r'"\udc00\ud800"',
        "escaped NUL": r'"\u0000"',
        "number": "1",
        "1 MB": '"' + "x" * 10**6 + '"',
        "7 MB": '"' + "x" * 7 * 10**6 + '"',
        "SQL": '"x\'); DROP TABLE predictions; --"',
        "markup": '"<script>alert(1)</script>"',
        "template": '"${jndi:ldap://127.0.0.1/x} {{7*7}} %s%n"',
        "right to left": r'"\u202etxt"',
        "line ends": r'"a\r\nb"',
        "combining marks": '"' + "\u0301" * 10_000 + '"',
    }
    for what, literal in literals.items():
        yield Payload(f"text: {what}", request(body=_with(row, name, literal)), EITHER)
    bytes_ = {
        "raw NUL": b'"\x00"',
        "Latin-1": '"Zürich"'.encode("latin-1"),
        "overlong UTF-8": b'"\xc0\xaf"',
        "UTF-8 of a surrogate": b'"\xed\xa0\x80"',
        "cut-off UTF-8": b'"\xe2\x82"',
        "raw line end": b'"a\nb"',
    }
    for what, literal_ in bytes_.items():
        body = _with(row, name, '"@"').replace(b'"@"', literal_)
        yield Payload(f"text: {what}", request(body=body))


def shapes(row: dict[str, object]) -> Iterator[Payload]:
    """Yield bodies that are no row."""
    whole = text(row)
    bodies = {
        "nothing": b"",
        "white space": b" \n\t ",
        "a list": b"[" + whole + b"]",
        "a text": b'"row"',
        "a number": b"1",
        "null": b"null",
        "true": b"true",
        "an empty object": b"{}",
        "an empty list": b"[]",
        "cut off": whole[:-5],
        "two objects": whole + whole,
        "a comma too many": whole[:-1] + b",}",
        "a comment": whole[:-1] + b"/* */}",
        "single quotes": whole.replace(b'"', b"'"),
        "byte order mark": b"\xef\xbb\xbf" + whole,
        "UTF-16": json.dumps(row).encode("utf-16"),
        "binary": bytes(range(256)) * 40,
        "deep lists": b"[" * DEEP + b"]" * DEEP,
        "deep lists without an end": b"[" * DEEP,
        "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        "an unknown field": whole[:-1] + b', "surprise": 1}',
        "10,000 unknown fields": text(row | {f"f{at}": at for at in range(10_000)}),
        "a field called __proto__": whole[:-1] + b', "__proto__": {}}',
        "a field without a name": whole[:-1] + b', "": 1}',
        "a field's name of 1 MB": whole[:-1] + b', "' + b"n" * 10**6 + b'": 1}',
        "a field's name with a lone surrogate": whole[:-1] + rb', "\ud800": 1}',
        "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "a form": b"a=1&b=2",
        "a pickle": b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.",
    }
    for what, body in bodies.items():
        yield Payload(f"body: {what}", request(body=body))
    name = next(iter(row))
    twice = whole[:-1] + b", " + text({name: row[name]})[1:]
    yield Payload("body: a field twice", request(body=twice), EITHER)


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


def others(row: dict[str, object]) -> Iterator[Payload]:
    """Yield streams and feedback; a stream answers line by line, so it begins with 200."""
    lines = {
        "garbage": b"\x00\xff\n{}\n[]\nnull\nNaN\n" + text(row) + b"\n",
        "a line without an end": b"x" * 10**6,
        "empty lines": b"\n" * 100_000,
        "deep lists": b"[" * DEEP + b"\n",
    }
    for what, body in lines.items():
        yield Payload(f"stream: {what}", request("/predict/stream", body), EITHER)
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


def heads(row: dict[str, object]) -> Iterator[Payload]:
    """Yield good bodies with bad heads."""
    body = text(row)
    yield Payload("head: 300 headers", _lines(body, [f"x-{at}: 1" for at in range(300)]))
    yield Payload("head: 20,000 headers", _lines(body, [f"x-{at}: 1" for at in range(20_000)]))
    yield Payload("head: a header of 60 KB", _lines(body, ["x: " + "y" * 60_000]))
    yield Payload("head: a header of 1 MB", _lines(body, ["x: " + "y" * 10**6]))
    yield Payload("head: a header without a colon", _lines(body, ["nonsense"]))
    yield Payload("head: a space in a header's name", _lines(body, ["a b: 1"]))
    yield Payload("head: a folded header", _lines(body, ["a: 1", " 2"]), EITHER)
    yield Payload("head: NUL in a header", _lines(body, ["a: \0"]), EITHER)
    yield Payload("head: other bytes in a header", _lines(body, ["a: \xff\xfe"]), EITHER)
    yield Payload(
        "head: a request id that would split", _with_head(row, "x-request-id: a%0d%0ab"), ANSWERED
    )
    yield Payload(
        "head: a request id of 10 KB", _with_head(row, "x-request-id: " + "a" * 10_000), ANSWERED
    )
    yield Payload(
        "head: a trace that is none", _with_head(row, "traceparent: " + "0" * 55), ANSWERED
    )
    yield Payload(
        "head: a key of other bytes", _with_head(row, "authorization: Bearer \xff"), EITHER
    )
    for kind in ("text/plain", "application/xml", "multipart/form-data", "x" * 8000, "\xff"):
        sent = request(body=body, content_type=kind)
        yield Payload(f"head: content type {kind[:20]!a}", sent, EITHER)
    for coding in ("gzip", "br", "deflate", "gzip, gzip", "banana"):
        packed = gzip.compress(body)
        yield Payload(f"head: coding {coding}", request(body=packed, content_encoding=coding))


def paths(row: dict[str, object]) -> Iterator[Payload]:
    """Yield paths and methods that lead nowhere."""
    tricks = (
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%5c..",
        "//predict",
        "/predict%00",
    )
    odd = ("/predict/../health", "/PREDICT", "/predict;a=1", "/%zz", "/%ff%fe", "/" + "a" * 8000)
    for path in (*tricks, *odd):
        yield Payload(f"path: {path[:30]}", request(path, method="GET"))
    yield Payload("path: 64 KB", request("/" + "a" * 65_536, method="GET"))
    yield Payload("path: a slash more", request("/predict/", text(row)), EITHER | {307})
    yield Payload("path: a query of 32 KB", request("/predict?" + "a=1&" * 8000, text(row)), EITHER)
    yield Payload("path: a whole URL", request("http://localhost/predict", text(row)), EITHER)
    yield Payload("path: other bytes", b"GET /\xff\xfe HTTP/1.1\r\nhost: a\r\n\r\n")
    for method in ("GET", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "BREW", "get"):
        yield Payload(f"method: {method}", request("/predict", method=method), EITHER)
    yield Payload("method: 10 KB", request("/predict", method="A" * 10_000))


def framings(row: dict[str, object]) -> Iterator[Payload]:
    """Yield bodies whose beginning or end is in doubt."""
    body = text(row)
    lengths = ("-1", "+5", "1e3", "0x10", "9" * 30, "", "5, 5")
    for length in lengths:
        yield Payload(
            f"length: {length or 'empty'}", request(body=body, content_length=length), EITHER
        )
    yield Payload("length: two", _lines(body, ["content-length: 3"]))
    yield Payload("length: and chunks", _lines(chunked(body), ["transfer-encoding: chunked"]))
    chunks = _chunks()
    yield Payload("chunks: good", chunks + chunked(body, 7), ANSWERED)
    yield Payload("chunks: one byte each", chunks + chunked(body, 1), ANSWERED)
    yield Payload("chunks: a size that is none", chunks + b"zz\r\n" + body)
    yield Payload("chunks: a size without end", chunks + b"F" * 64 + b"\r\n" + body)
    yield Payload("chunks: a negative size", chunks + b"-5\r\n" + body)
    extended = b"%x;a=%b\r\n%b\r\n0\r\n\r\n" % (len(body), b"b" * 5000, body)
    yield Payload("chunks: extensions", chunks + extended, EITHER)
    trailing = b"%x\r\n%b\r\n0\r\nx-a: 1\r\n\r\n" % (len(body), body)
    yield Payload("chunks: trailers", chunks + trailing, EITHER)
    coded = _chunks("gzip, chunked") + chunked(gzip.compress(body))
    yield Payload("chunks: packed", coded, EITHER)
    yield Payload("chunks: an unknown coding", _chunks("banana") + chunked(body))


def protocols(row: dict[str, object]) -> Iterator[Payload]:
    """Yield other versions, other protocols, and several requests at once."""
    body = text(row)
    whole = request(body=body)
    yield Payload("protocol: HTTP/1.0", whole.replace(b"HTTP/1.1", b"HTTP/1.0"), ANSWERED)
    yield Payload("protocol: HTTP/3.7", whole.replace(b"HTTP/1.1", b"HTTP/3.7"), EITHER)
    yield Payload("protocol: HTTP/2 by surprise", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    yield Payload("protocol: TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500)
    yield Payload("protocol: garbage", b"\xde\xad\xbe\xef" * 100 + b"\r\n\r\n")
    yield Payload("protocol: no host", whole.replace(b"host: localhost\r\n", b""), EITHER)
    yield Payload("protocol: another host", whole.replace(b"localhost", b"example.org"), EITHER)
    yield Payload("protocol: line ends of Unix", whole.replace(b"\r\n", b"\n"), EITHER)
    yield Payload("protocol: empty lines before", b"\r\n" * 20 + whole, ANSWERED)
    for value, allowed in {"100-continue": ANSWERED, "banana": EITHER}.items():
        yield Payload(f"protocol: expects {value}", request(body=body, expect=value), allowed)
    web = request("/predict", method="GET", connection="upgrade", upgrade="websocket")
    yield Payload("protocol: WebSocket", web, REFUSED | {501})
    later = request(body=body, connection="upgrade", upgrade="h2c", http2_settings="AAMAAABk")
    yield Payload("protocol: h2c", later, EITHER)
    yield Payload("pipelining: 50 good ones", whole * 50, ANSWERED, 50)
    yield Payload("pipelining: a bad one between", whole + request(body=b"{") + whole, EITHER, 3)
    yield Payload("pipelining: garbage after a good one", whole + b"\0\0\0\r\n\r\n", EITHER)


def _with(row: dict[str, object], name: str, literal: str) -> bytes:
    rest = {key: value for key, value in row.items() if key != name}
    return text(rest)[:-1] + f', "{name}": {literal}}}'.encode()


def _lines(body: bytes, lines: list[str]) -> bytes:
    head = request(body=body)[: -len(body) - 2]
    return head + "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def _with_head(row: dict[str, object], line: str) -> bytes:
    return _lines(text(row), [line])


def _chunks(coding: str = "chunked") -> bytes:
    lines = f"host: a\r\ncontent-type: application/json\r\ntransfer-encoding: {coding}\r\n\r\n"
    return b"POST /predict HTTP/1.1\r\n" + lines.encode()
