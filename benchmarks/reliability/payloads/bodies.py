"""Bodies of /predict that are no row, or one with impossible values."""

import json
from collections.abc import Iterator

from reliability.payloads.payload import DEEP, EITHER, Payload
from reliability.plan import text
from reliability.wire import request


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


def _with(row: dict[str, object], name: str, literal: str) -> bytes:
    rest = {key: value for key, value in row.items() if key != name}
    return text(rest)[:-1] + f', "{name}": {literal}}}'.encode()
