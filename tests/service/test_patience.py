"""Clients that connect and go silent."""

import json
import socket
import threading
import time
from contextlib import ExitStack, closing

import httpx
import pytest

from tests.artifact.cases import ROW
from tests.service.processes import answers, served

SILENT = 500
HEAD = b"POST /predict HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
STREAM = b"POST /predict/stream HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"
PIECES = (
    b"",
    b"\r\n",
    b"POST /pre",
    HEAD,
    HEAD + b"content-length: 1000\r\n\r\n",
    HEAD + b'content-length: 1000\r\n\r\n{"area": 8',
    HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\n{",
    STREAM,
    b"POST /nowhere HTTP/1.1\r\nhost: test\r\ncontent-length: 1000\r\n\r\n",
)


@pytest.fixture(scope="module")
def impatient(bundles):
    """Return the address of a service that waits for a second."""
    with served(bundles["regression"], LOCKGATE_IDLE_SECONDS="1") as (_, url):
        yield url


def connect(url):
    """Return a socket to the service."""
    at = httpx.URL(url)
    return socket.create_connection((at.host, at.port), timeout=30)


def until_closed(connection):
    """Return all that is sent before the connection ends."""
    received = b""
    while True:
        try:
            piece = connection.recv(65_536)
        except ConnectionResetError:
            return received
        if not piece:
            return received
        received += piece


def test_half_open_connections_are_closed_and_harm_nobody(impatient):
    """Whatever they have sent; other callers are answered meanwhile."""
    with ExitStack() as stack:
        silent = [stack.enter_context(closing(connect(impatient))) for _ in range(SILENT)]
        for place, connection in enumerate(silent):
            connection.sendall(PIECES[place % len(PIECES)])
        assert all(answers(impatient) for _ in range(20))
        for connection in silent:
            until_closed(connection)
    assert answers(impatient)


def drip(connection, drop, end, pause):
    """Send the same again and again until a moment."""
    while time.monotonic() < end:
        connection.sendall(drop)
        time.sleep(pause)


@pytest.mark.parametrize("start", [b"", b"GET /health HTTP/1.1\r\nhost: test\r\nx-a: "])
def test_a_trickle_is_no_request(impatient, start):
    """The head has to be whole in time, however it is sent."""
    drop = b"a" if start else b"\r\n"
    with closing(connect(impatient)) as connection:
        connection.sendall(start)
        end = time.monotonic() + 30
        with pytest.raises(OSError, match="pipe|reset"):
            drip(connection, drop, end, 0.2)


def test_a_slow_stream_is_answered_to_its_end(impatient):
    """As long as no pause is too long."""

    def lines():
        for _ in range(8):
            time.sleep(0.4)
            yield json.dumps(ROW).encode() + b"\n"

    reply = httpx.post(f"{impatient}/predict/stream", content=lines(), timeout=30)
    assert len(reply.text.splitlines()) == 8


def test_a_connection_waits_longer_for_its_next_request(impatient):
    """That is another setting."""
    with httpx.Client(base_url=impatient, timeout=10) as client:
        stream = client.get("/health").extensions["network_stream"]
        time.sleep(2.5)
        again = client.get("/health").extensions["network_stream"]
        assert stream.get_extra_info("client_addr") == again.get_extra_info("client_addr")


def test_an_answer_that_is_not_read_is_given_up(impatient):
    """However much of it is still to come; what is sent meanwhile is not taken."""
    rows = (json.dumps(ROW).encode() + b"\n") * 500
    with closing(connect(impatient)) as connection:
        connection.sendall(STREAM)
        with pytest.raises(OSError, match="pipe|reset"):
            drip(connection, b"%x\r\n%s\r\n" % (len(rows), rows), time.monotonic() + 60, 0)


def test_a_slow_reader_gets_all(impatient):
    """As long as it reads on."""
    rows = json.dumps({"flats": [ROW] * 10_000}).encode()
    received = bytearray()
    with (
        httpx.Client(timeout=30) as client,
        client.stream("POST", f"{impatient}/predict/batch", content=rows) as reply,
    ):
        for piece in reply.iter_raw(400_000):
            received += piece
            time.sleep(0.5)
    assert len(json.loads(received)["predictions"]) == 10_000


def test_a_stop_does_not_wait_for_the_silent(bundles):
    """Requests that never become whole end with their time."""
    with (
        served(bundles["regression"], LOCKGATE_IDLE_SECONDS="1") as (server, url),
        ExitStack() as s,
    ):
        for piece in PIECES:
            s.enter_context(closing(connect(url))).sendall(piece)
        assert answers(url)
        stopping = threading.Thread(target=server.terminate)
        stopping.start()
        assert server.wait(20) == 0
        stopping.join()
