"""A stream of any length, as its sender and its reader really behave."""

import asyncio
import json
import socket
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.service.lines import Endless, lines_of
from tests.artifact.cases import ROW
from tests.service.processes import answers, eventually, served

HEAD = b"POST /predict/stream HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"
LINE = json.dumps(ROW).encode() + b"\n"
# More than the system of a busy service holds of a stream that it has yet to read.
LONG = LINE.rjust(1000)
GROUP = 500
MEGABYTES = 40
# What the system keeps for either side of a connection; left to itself it takes many megabytes.
BUFFER = 1 << 17


@pytest.fixture(scope="module")
def server(bundles):
    """Return the process and the address of a service."""
    with served(bundles["regression"]) as (process, url):
        yield process, url


def resident(process):
    """Return the megabytes of memory that a process holds."""
    (line,) = (
        each
        for each in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if each.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024


class Stream:
    """Sends lines to /predict/stream, and reads the answers when it is told to."""

    def __init__(self, url):
        self.address = url.removeprefix("http://").split(":")
        self.sent = 0

    async def __aenter__(self):
        host, port = self.address
        connection = socket.socket()
        for kind in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            connection.setsockopt(socket.SOL_SOCKET, kind, BUFFER)
        connection.connect((host, int(port)))
        connection.setblocking(False)
        self.reader, self.writer = await asyncio.open_connection(sock=connection)
        self.writer.write(HEAD)
        return self

    async def __aexit__(self, *_):
        self.writer.transport.abort()

    async def send(self, groups, bad=-1, line=LINE):
        """Send groups of lines, in one of them a line that is none, and the end."""
        for place in range(groups):
            lines = line * GROUP
            if place == bad:
                lines = b"{oops}\n" + LINE * (GROUP - 1)
            self.writer.write(b"%x\r\n%b\r\n" % (len(lines), lines))
            await self.writer.drain()
            self.sent += 1
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def answers(self):
        """Yield the answers, some at a time."""
        await self.reader.readuntil(b"\r\n\r\n")
        while size := int(await self.reader.readline(), 16):
            data = await self.reader.readexactly(size + 2)
            yield [json.loads(line) for line in data.splitlines() if line]


async def stalled(stream):
    """Wait until no more is taken from the sender, also by a service that is short of time."""
    before = -1
    while before != stream.sent:
        before = stream.sent
        await asyncio.sleep(3)


def test_a_long_stream_takes_no_more_memory_than_a_short_one(server):
    """200,000 lines in order, and a bad one among them told in its place."""
    process, url = server

    async def run(groups, bad):
        count = 0
        async with asyncio.timeout(200), Stream(url) as stream:
            sending = asyncio.create_task(stream.send(groups, bad))
            async for answered in stream.answers():
                for each in answered:
                    assert each["index"] == count
                    assert ("errors" in each) == (count == bad * GROUP)
                    count += 1
            await sending
        return count

    assert asyncio.run(run(8, 3)) == 8 * GROUP
    before = resident(process)
    assert asyncio.run(run(400, 200)) == 200_000
    assert resident(process) - before < MEGABYTES


def test_a_sender_that_does_not_read_is_slowed(server):
    """What it sends stays with it; others are answered, and so is it, once it reads."""
    process, url = server
    before = resident(process)

    async def run():
        async with asyncio.timeout(200), Stream(url) as stream:
            sending = asyncio.create_task(stream.send(200, line=LONG))
            await stalled(stream)
            taken = stream.sent
            assert resident(process) - before < MEGABYTES
            assert await asyncio.to_thread(answers, url, 30)
            count = 0
            async for answered in stream.answers():
                count += len(answered)
            await sending
            return taken, count

    taken, count = asyncio.run(run())
    assert taken < 200
    assert count == 100_000


def test_a_caller_that_goes_away_is_forgotten(server):
    """In the middle of its lines, with answers unread: nothing is left of it."""
    _, url = server

    async def run():
        async with asyncio.timeout(60), Stream(url) as stream:
            sending = asyncio.create_task(stream.send(400))
            await stalled(stream)
            sending.cancel()

    asyncio.run(run())
    eventually(lambda: httpx.get(f"{url}/stats", timeout=30).json()["in_flight"] == 1)
    assert answers(url, 30)


def gathered(chunks, longest=1_000):
    """Return the lines of chunks, and whether they ended."""

    async def arriving():
        for chunk in chunks:
            yield chunk

    async def run():
        found = []
        try:
            async for group in lines_of(arriving(), longest):
                assert 0 < len(group) <= 200
                found += group
        except Endless:
            return found, False
        return found, True

    return asyncio.run(run())


@given(
    st.lists(st.sampled_from([b"a", b"bc", b"", b"  ", b"\r"]), max_size=12).map(b"\n".join),
    st.lists(st.integers(0, 30), max_size=8),
)
def test_lines_do_not_depend_on_how_they_arrive(text, cuts):
    """Whatever the pieces, the lines are those of the whole; blank ones are none."""
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[start:end] for start, end in pairwise(places)]
    assert gathered(chunks) == ([line for line in text.split(b"\n") if line.strip()], True)


def test_a_line_in_very_many_pieces_is_put_together_once():
    """Its length is limited all the same, and what came before it is answered."""
    assert gathered([b"x"] * 999 + [b"\n"]) == ([b"x" * 999], True)
    assert gathered([b"a\nb\n", *[b"x"] * 1_001, b"\n"]) == ([b"a", b"b"], False)


def test_a_line_that_a_lost_connection_cut_is_not_answered(app):
    """Half a row may be a row too, but not the one that was meant."""
    messages = [
        {"type": "http.request", "body": LINE + b'{"area": 8', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/predict/stream",
        "headers": [],
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
    asyncio.run(app(scope, receive, send))
    bodies = [each["body"] for each in sent if each["type"] == "http.response.body"]
    assert len(bodies) == 1
    assert json.loads(bodies[0])["index"] == 0
