"""A body is not larger than its sender says, and not larger than it may be."""

import socket
from contextlib import closing

import httpx
import pytest

from tests.service.processes import served

MOST = 10_000
HEAD = b"POST /predict HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (10 * MOST, b" " * (10 * MOST))


@pytest.fixture(scope="module")
def url(bundles):
    """Return the address of a service that takes small bodies."""
    with served(bundles["regression"], LOCKGATE_MAX_BODY=str(MOST)) as (_, url):
        yield url


def status(url, sent):
    """Send bytes, and return the status of the answer."""
    at = httpx.URL(url)
    with closing(socket.create_connection((at.host, at.port), timeout=30)) as connection:
        connection.sendall(sent)
        return int(connection.recv(65_536).split()[1])


@pytest.mark.parametrize(
    ("head", "body", "said"),
    [
        (b"content-length: %d\r\n" % (MOST + 1), b"", 413),
        (CHUNKED, CHUNKS, 413),
        (b"content-length: 10\r\n" + CHUNKED, b"", 400),
        (CHUNKED + b"content-length: 10\r\n", b"", 400),
        (b"content-length: 10\r\ncontent-length: %d\r\n" % (MOST + 1), b"", 400),
        (b"content-length: +%d\r\n" % (MOST + 1), b"", 400),
    ],
)
def test_no_way_of_telling_a_length_lets_a_large_body_in(url, head, body, said):
    """Declared, in chunks, or both at once, which smugglers do."""
    assert status(url, HEAD + head + b"\r\n" + body) == said
