"""No more requests are at work than allowed; a few wait in order, and the rest are told at once."""

import asyncio
import json
import re
import socket
import sqlite3
import threading
import time
from collections import deque
from contextlib import asynccontextmanager, contextmanager, suppress

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.service import create_app
from lockgate.service.settings import Settings
from lockgate.service.turns import Turns
from tests.artifact.cases import ROW
from tests.service.client import add_route, call, post
from tests.service.test_guarding import refused
from tests.service.test_server import answers, eventually, served

STEPS = st.lists(
    st.tuples(st.sampled_from(["come", "stay", "finish", "cancel"]), st.integers(0, 9)),
    max_size=40,
)


@given(st.integers(1, 3), st.integers(0, 3), STEPS)
@settings(max_examples=150, deadline=None)
def test_turns_are_few_and_in_order(at_work, waiting, steps):
    """Whoever comes, gives up or finishes: no turn is lost, none is given twice or out of order."""

    async def play():
        turns = Turns(at_work, waiting, 60)
        working, queue, refused = [], deque(), []
        named = {}

        async def visit(name, patient):
            granted = await turns.wait(patient)
            (working if granted else refused).append(name)

        async def settle():
            for _ in range(3):
                await asyncio.sleep(0)

        for name, (step, place) in enumerate(steps):
            if step in ("come", "stay"):
                room = len(working) < at_work
                fits = room or len(queue) < waiting or step == "stay"
                named[name] = asyncio.create_task(visit(name, step == "stay"))
                await settle()
                assert (name in refused) == (not fits)
                assert (name in working) == room
                if fits and not room:
                    queue.append(name)
            elif step == "finish" and working:
                working.remove(working[place % len(working)])
                turns.give_back()
                await settle()
                if queue:
                    assert queue.popleft() in working
            elif step == "cancel" and queue:
                leaver = queue[place % len(queue)]
                queue.remove(leaver)
                named[leaver].cancel()
                await settle()
            assert len(working) <= at_work
            assert turns.full == (len(working) == at_work and len(queue) >= waiting)
        for _ in range(len(working) + len(queue)):
            turns.give_back()
        await asyncio.gather(*named.values(), return_exceptions=True)
        assert all(turns.take() for _ in range(at_work))
        assert not turns.take()

    asyncio.run(play())


def test_a_turn_given_to_one_that_leaves_is_not_lost():
    """It was granted and cancelled at the same moment."""

    async def play():
        turns = Turns(1, 1, 60)
        assert turns.take()
        leaver = asyncio.create_task(turns.wait())
        await asyncio.sleep(0)
        turns.give_back()
        leaver.cancel()
        with suppress(asyncio.CancelledError):
            await leaver
        assert turns.take()

    asyncio.run(play())


@pytest.fixture
def slow(bundles):
    """Return an app of one turn and one place to wait, and the event that its slow route awaits."""
    limits = {"max_at_work": 1, "max_waiting": 1, "max_wait": 0.2}
    app = create_app(Settings(model=bundles["regression"], **limits))
    app.state.going = asyncio.Event()
    add_route(app, "/slow", app.state.going.wait)
    return app


@asynccontextmanager
async def client(app):
    """Return a client of an app in this process."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def started(client, method, url, **content):
    """Send a request, and go on once it is at work or waits."""
    task = asyncio.create_task(client.request(method, url, **content))
    for _ in range(20):
        await asyncio.sleep(0)
    return task


def test_one_works_one_waits_the_third_is_told_at_once(slow):
    """When to come again; the one that waited is answered, and the refusal is counted."""

    async def play():
        async with client(slow) as it:
            first = await started(it, "GET", "/slow")
            second = await started(it, "POST", "/predict", json=ROW)
            third = await it.post("/predict", json=ROW)
            assert not second.done()
            slow.state.going.set()
            return [third, await first, await second]

    third, first, second = asyncio.run(play())
    assert "try again" in refused(third, 503)
    assert third.headers["retry-after"] == "1"
    assert third.headers["cache-control"] == "no-store"
    assert (first.status_code, second.status_code) == (200, 200)
    metrics = call(slow, "GET", "/metrics").text
    assert 'lockgate_refusals_total{reason="crowded"} 1.0' in metrics


@pytest.mark.parametrize(("method", "url"), [("POST", "/predict"), ("GET", "/model/info")])
def test_whoever_waits_too_long_is_told_so(slow, method, url):
    """With a body or without."""

    async def play():
        async with client(slow) as it:
            first = await started(it, "GET", "/slow")
            second = await it.request(method, url, json=ROW)
            slow.state.going.set()
            return await first, second

    first, second = asyncio.run(play())
    assert first.status_code == 200
    refused(second, 503)
    assert second.headers["retry-after"] == "1"
    assert "connection" not in second.headers
    metrics = call(slow, "GET", "/metrics").text
    assert 'lockgate_refusals_total{reason="late"} 1.0' in metrics


def test_a_service_that_stops_sends_those_away_whom_it_refuses(slow):
    """Or they would ask again where soon nobody is."""

    async def play():
        async with client(slow) as it:
            tasks = [await started(it, "GET", "/slow") for _ in range(2)]
            slow.state.service.stopping.set()
            reply = await it.post("/predict", json=ROW)
            slow.state.going.set()
            await asyncio.gather(*tasks)
            return reply

    reply = asyncio.run(play())
    refused(reply, 503)
    assert reply.headers["connection"] == "close"


@pytest.mark.parametrize("url", ["/health", "/ready", "/metrics"])
def test_whoever_watches_the_service_never_waits(slow, url):
    """A crowded service is alive, and its figures are wanted most then."""

    async def play():
        async with client(slow) as it:
            tasks = [await started(it, "GET", "/slow") for _ in range(2)]
            reply = await it.get(url)
            slow.state.going.set()
            await asyncio.gather(*tasks)
            return reply

    assert asyncio.run(play()).status_code == 200


def test_a_failure_ends_its_turn(bundles):
    """Whatever goes wrong, the next one is answered."""
    settings = Settings(model=bundles["regression"], max_at_work=1, max_waiting=0)
    app = create_app(settings)

    async def fails():
        raise RuntimeError

    add_route(app, "/fails", fails)

    for _ in range(3):
        refused(call(app, "GET", "/fails"), 500)
        refused(post(app, "{"), 400)
        assert post(app, ROW).status_code == 200
        assert post(app, json.dumps(ROW) + "\n", "/predict/stream").status_code == 200


def test_half_a_request_keeps_nobody_waiting(bundles):
    """Neither half a body nor half a stream has a turn while it waits for the rest."""
    limits = {"LOCKGATE_MAX_AT_WORK": "1", "LOCKGATE_MAX_WAITING": "0"}
    with served(bundles["regression"], **limits) as (_, url):
        host, port = url.removeprefix("http://").split(":")
        halves = []
        for path in ["/predict", "/predict/stream"] * 5:
            half = socket.create_connection((host, int(port)))
            head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n" + '{"area"'
            half.sendall(head.encode())
            halves.append(half)
        assert all(answers(url) for _ in range(5))
        for half in halves:
            half.close()


def test_parts_of_a_stream_wait_for_their_turn(slow):
    """A stream that has begun is slowed and not refused, and it ends as it should."""
    line = json.dumps(ROW).encode() + b"\n"

    async def lines():
        for _ in range(4):
            yield line
            await asyncio.sleep(0.01)

    async def play():
        async with client(slow) as it:
            stream = await started(it, "POST", "/predict/stream", content=lines())
            first = await started(it, "GET", "/slow")
            await asyncio.sleep(0.3)
            assert not stream.done()
            slow.state.going.set()
            await first
            return await stream

    reply = asyncio.run(play())
    assert [json.loads(each)["index"] for each in reply.text.splitlines()] == [0, 1, 2, 3]


@contextmanager
def repeated(ask):
    """Ask the same again and again, meanwhile."""
    done = threading.Event()

    def asking():
        while not done.is_set():
            ask()

    thread = threading.Thread(target=asking)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_database_that_hangs_keeps_no_prediction_waiting(bundles, tmp_path):
    """Those that ask the journal have turns of their own, and are refused when it has none left."""
    database = tmp_path / "journal.db"
    settings = {
        "LOCKGATE_JOURNAL": str(database),
        "LOCKGATE_MAX_AT_WORK": "1",
        "LOCKGATE_MAX_WAITING": "0",
    }
    with served(bundles["regression"], **settings) as (_, url), httpx.Client(base_url=url) as it:
        name = it.post("/predict", json=ROW).json()["prediction_id"]
        truth = {"prediction_id": name, "value": 500}
        eventually(lambda: it.get(f"/predictions/{name}").status_code == 200)
        other = sqlite3.connect(database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with repeated(lambda: httpx.post(f"{url}/feedback", json=truth, timeout=30)):
            eventually(lambda: "too many" in it.post("/feedback", json=truth).text)
            assert it.post("/predict", json=ROW).status_code == 200
            other.execute("ROLLBACK")
        eventually(lambda: it.post("/feedback", json=truth).status_code == 200)
        other.close()


@pytest.fixture(scope="module")
def narrow(bundles):
    """Return the address of a server of one turn, where nobody may wait."""
    limits = {"LOCKGATE_MAX_AT_WORK": "1", "LOCKGATE_MAX_WAITING": "0"}
    with served(bundles["regression"], **limits) as (_, url):
        yield url


def busy(url):
    """Keep a server at work with large batches, one after another."""
    batch = json.dumps({"flats": [ROW] * 10_000})
    return repeated(lambda: httpx.post(f"{url}/predict/batch", content=batch, timeout=60))


def first_refusal(client, path="/predict", **content):
    """Ask until a server is too busy; return what it says."""
    deadline = time.monotonic() + 60
    while (reply := client.post(path, **content)).status_code != 503:
        assert time.monotonic() < deadline
    return reply


@pytest.mark.parametrize("path", ["/predict", "/predict?bad_rows=report", "/v2/models/flat/infer"])
def test_a_busy_server_refuses_and_the_connection_goes_on(narrow, path):
    """The whole refusal is there at once, body or not, and the next request is answered."""
    with httpx.Client(base_url=narrow, timeout=60) as client:
        with busy(narrow):
            for body in (json.dumps(ROW), " " * 300_000):
                reply = first_refusal(client, path, content=body)
                assert "try again" in reply.text
                assert reply.headers["retry-after"] == "1"
                assert client.get("/health").status_code == 200
                assert "lockgate_refusals_total" in client.get("/metrics").text
        eventually(lambda: client.post("/predict", json=ROW).status_code == 200)


def test_the_refusal_is_that_of_every_other_error(narrow):
    """A hardened problem with a length; a client that wants the connection closed gets that too."""
    with busy(narrow):
        with httpx.Client(base_url=narrow, timeout=60) as client:
            reply = first_refusal(client, json=ROW)
        refused(reply, 503)
        assert int(reply.headers["content-length"]) == len(reply.content)
        assert "connection" not in reply.headers
        with httpx.Client(headers={"connection": "close"}, base_url=narrow, timeout=60) as client:
            assert first_refusal(client, json=ROW).headers["connection"] == "close"


def test_requests_sent_at_once_are_answered_in_their_order(narrow):
    """Also where some of them are refused."""
    host, port = narrow.removeprefix("http://").split(":")
    body = json.dumps(ROW)
    ask = f"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n{body}"
    last = "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    with busy(narrow):
        for _ in range(20):
            with socket.create_connection((host, int(port)), timeout=60) as connection:
                connection.sendall((ask * 3 + last).encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
            assert len(re.findall(rb"HTTP/1.1 (200|503)", answer)) == 4
            assert answer.endswith(b'{"status":"ok"}')
