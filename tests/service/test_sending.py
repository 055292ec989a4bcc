"""An answer reaches its client whole and well formed, however the app sends it."""

import asyncio
import socket
import time
from contextlib import closing

import pytest
import uvicorn

from lockgate.service.patience import PatientProtocol

GET = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n"
PLAIN = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}
BODY = {"type": "http.response.body", "body": b"body"}


def start(*headers):
    """Return the beginning of an answer."""
    return PLAIN | {"headers": list(headers)}


def answered(messages, *requests):
    """Return what a client gets for each request, which an app answers with these messages."""

    async def app(_scope, _receive, send):
        for message in messages:
            await send(message)

    return asked(app, *requests)


def asked(app, *requests):
    """Return what a client gets of an app for each request."""
    return run(app, lambda address: ask(address, requests))


def run(app, play):
    """Serve an app while somebody plays with it, and return what that returns."""

    async def serve():
        config = uvicorn.Config(
            app, http=connection, lifespan="off", log_config=None, date_header=False
        )
        config.load()
        server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listener]))
        try:
            return await asyncio.to_thread(play, listener.getsockname())
        finally:
            server.should_exit = True
            await serving

    return asyncio.run(serve())


def connection(**named):
    """Return the protocol of a connection, as the service has it."""
    return PatientProtocol(patience=5.0, **named)


def ask(address, requests):
    """Send requests one after the other, and return what comes until a pause or the end."""
    with closing(socket.create_connection(address)) as client:
        client.settimeout(0.5)
        answers = []
        for request in requests:
            client.sendall(request)
            answers.append(b"".join(pieces(client)))
    return answers


def pieces(client):
    """Yield what arrives until a pause or the end."""
    try:
        while piece := client.recv(65_536):
            yield piece
    except TimeoutError:
        pass


def test_an_answer_of_known_length_is_head_and_body():
    """One after the other on a connection that goes on."""
    expected = b"HTTP/1.1 200 OK\r\nserver: uvicorn\r\ncontent-length: 4\r\n\r\nbody"
    assert answered([PLAIN, BODY], GET, GET) == [expected, expected]


def test_requests_that_were_sent_at_once_are_answered_in_order():
    """A client need not wait for an answer before it asks again."""
    (answers,) = answered([PLAIN, BODY], GET * 3)
    assert answers.count(b"\r\n\r\nbody") == answers.count(b"HTTP/1.1 200 OK") == 3
    assert answers.endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\nb", b"a\x00b", b"a\x7fb"])
def test_a_header_cannot_be_made_two(value):
    """Whoever gets a line end into a value ends the connection, and splits no answer."""
    head = start((b"content-length", b"4"), (b"x-value", value))
    assert answered([head, BODY], GET) == [b""]


def test_a_tab_and_other_bytes_may_stand_in_a_header():
    """As RFC 9110 has it."""
    (answer,) = answered([start((b"content-length", b"4"), (b"x-value", b"a\t\xff")), BODY], GET)
    assert b"\r\nx-value: a\t\xff\r\n" in answer


@pytest.mark.parametrize("body", [b"bod", b"bodyy"], ids=["short", "long"])
def test_a_body_of_another_length_is_no_answer(body):
    """The connection ends before the body is whole, so that nobody takes it for one."""
    (answer,) = answered([PLAIN, BODY | {"body": body}], GET)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.endswith(b"content-length: 4")
    assert len(rest) < 4


def test_the_head_of_a_stream_does_not_wait_for_its_first_piece():
    """A client may want to see it before it sends more."""
    (answer,) = answered([start(), BODY | {"more_body": True}, BODY], GET)
    assert b"transfer-encoding: chunked" in answer
    assert answer.endswith(b"\r\n\r\n4\r\nbody\r\n4\r\nbody\r\n0\r\n\r\n")


def test_pieces_of_known_length_arrive_as_one_body():
    """What comes in pieces is complete."""
    (answer,) = answered([start((b"content-length", b"8")), BODY | {"more_body": True}, BODY], GET)
    assert answer.endswith(b"\r\n\r\nbodybody")


def test_a_head_alone_is_all_that_head_asks_for():
    """The length is told, the body is not sent."""
    (answer,) = answered([PLAIN, BODY], GET.replace(b"GET", b"HEAD"))
    assert b"content-length: 4\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("head", "request_line"),
    [
        (start((b"content-length", b"4"), (b"connection", b"close")), GET),
        (PLAIN, GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")),
    ],
    ids=["server", "client"],
)
def test_the_last_answer_of_a_connection_says_so(head, request_line):
    """Whoever of both wishes it to end."""
    (answer,) = answered([head, BODY], request_line)
    assert answer.count(b"connection: close\r\n") == 1
    assert answer.endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize(
    "begun",
    [[PLAIN, BODY], [start(), BODY | {"more_body": True}]],
    ids=["answered", "in the middle"],
)
def test_nobody_gets_two_answers_to_one_request(begun):
    """On a connection that goes on, the second would be taken for that to the next request."""
    (answer,) = answered([*begun, PLAIN, BODY], GET)
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("listens", [True, False], ids=["read before", "unread"])
def test_an_app_that_listens_on_hears_that_its_answer_is_sent(listens):
    """Whoever waits for more of a request after its answer does not wait for ever."""
    heard = []

    async def app(_scope, receive, send):
        if listens:
            await receive()
        await send(PLAIN)
        await send(BODY)
        heard.append((await receive())["type"])

    expecting = GET.replace(b"\r\n\r\n", b"\r\nexpect: 100-continue\r\n\r\n")
    (answer,) = asked(app, expecting)
    assert heard == ["http.disconnect"]
    assert answer.endswith(b"\r\n\r\nbody")
    assert answer.count(b"HTTP/1.1 100 Continue") == listens


def test_a_client_that_does_not_read_is_not_written_to_without_end():
    """What it asks for at once is answered as it reads."""
    size = 4 << 20
    large = start((b"content-length", b"%d" % size))
    sent = []

    async def app(_scope, _receive, send):
        await send(large)
        await send({"type": "http.response.body", "body": b"x" * size})
        sent.append(size)

    def play(address):
        with closing(socket.create_connection(address)) as client:
            client.sendall(GET * 50)
            time.sleep(2)
            written = len(sent)
            client.settimeout(30)
            received = sum(len(client.recv(1 << 20)) for _ in range(8))
            return written, received

    written, received = run(app, play)
    assert written < 25
    assert received


def test_an_app_that_fails_between_head_and_body_has_answered_500():
    """No half of an answer is left."""
    (answer,) = answered([PLAIN], GET)
    assert answer.startswith(b"HTTP/1.1 500 ")
