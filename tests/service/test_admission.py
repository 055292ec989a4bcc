"""No more requests are at work than allowed; a few wait in order, and the rest are told at once."""

import asyncio
import json
import socket
from collections import deque
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.service import create_app
from lockgate.service.admission import Turns
from lockgate.service.settings import Settings
from tests.artifact.cases import ROW
from tests.service.client import call, post
from tests.service.test_guarding import refused
from tests.service.test_server import answers, served

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

    @app.get("/slow")
    async def slow():
        await app.state.going.wait()

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


def test_whoever_waits_too_long_is_told_so(slow):
    """And is counted as any other answer."""

    async def play():
        async with client(slow) as it:
            first = await started(it, "GET", "/slow")
            second = await it.post("/predict", json=ROW)
            slow.state.going.set()
            return await first, second

    first, second = asyncio.run(play())
    assert first.status_code == 200
    refused(second, 503)
    assert second.headers["retry-after"] == "1"
    metrics = call(slow, "GET", "/metrics").text
    assert 'lockgate_refusals_total{reason="late"} 1.0' in metrics


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

    @app.get("/fails")
    async def fails():
        raise RuntimeError

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
