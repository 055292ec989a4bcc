"""Good bodies in bad HTTP."""

import gzip
from collections.abc import Iterator

from reliability.payloads.payload import ANSWERED, EITHER, REFUSED, Payload
from reliability.plan import text
from reliability.wire import chunked, request


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


def _lines(body: bytes, lines: list[str]) -> bytes:
    head = request(body=body)[: -len(body) - 2]
    return head + "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def _with_head(row: dict[str, object], line: str) -> bytes:
    return _lines(text(row), [line])


def _chunks(coding: str = "chunked") -> bytes:
    lines = f"host: a\r\ncontent-type: application/json\r\ntransfer-encoding: {coding}\r\n\r\n"
    return b"POST /predict HTTP/1.1\r\n" + lines.encode()
