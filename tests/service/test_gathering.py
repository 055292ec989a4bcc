"""Requests that arrive at the same moment are answered together, and each as if it were alone."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import httpx
import pytest

from lockgate.features.inputs import Alone, inputs_of
from lockgate.predict import Predictor
from lockgate.service import create_app
from lockgate.service.breaker import Breaker
from lockgate.service.exchange import Exchange
from lockgate.service.gathering import Gathering
from lockgate.service.settings import Settings
from lockgate.service.turns import Turns
from tests.artifact import cases
from tests.artifact.cases import ROW
from tests.service.client import add_route, post
from tests.service.test_fallback import UNLUCKY, stats, unlucky_app
from tests.service.test_guarding import refused
from tests.service.test_telemetry import lines, metrics, sample

ODD = [
    ROW,
    ROW | {"area": 999.5},
    ROW | {"kind": None, "place": "nowhere"},
    ROW | {"sold_on": "2027-01-31", "new": True},
    ROW | {"built_on": "1900-01-01", "area": 0.0},
    ROW | {"kind": "loft", "place": None, "rooms": 20},
    ROW | {"area": 13.5},
]
OWN = ("prediction_id", "predicted_at")


@asynccontextmanager
async def client(app):
    """Return a client of an app in this process."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def send(client, *rows):
    """Send rows at the same moment, each as a request of its own; return the replies in order."""
    return await asyncio.gather(*(client.post("/predict", json=row) for row in rows))


def together(app, *rows):
    """Send rows to an app at the same moment; return the replies in order."""

    async def play():
        async with client(app) as it:
            return await send(it, *rows)

    return asyncio.run(play())


def watched_app(bundle, asked=lambda: None, **more):
    """Return an app that serves a bundle, and the list of how many rows its model is asked for."""
    app = create_app(Settings(model=bundle, **{"max_at_work": 8, **more}))
    current = app.state.service.router.current
    model, counts = current.predictor.bundle.primary, []

    def form(features):
        counts.append(1 if isinstance(features, Alone) else inputs_of(features).rows)
        asked()
        return model.form(features)

    watched = replace(current.predictor.bundle, primary=replace(model, form=form))
    app.state.switch.take(replace(current, predictor=Predictor(watched)))
    return app, counts


def said(reply):
    """Return what a reply says of its row."""
    return {name: value for name, value in reply.json().items() if name not in OWN}


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_the_model_is_asked_once_and_each_has_its_own_answer(bundles, task):
    """To the last bit that which it has alone, whatever is missing, unseen or out of range."""
    app, counts = watched_app(bundles[task])
    alone = [said(post(app, row)) for row in ODD]
    assert counts == [1] * len(ODD)
    replies = together(app, *ODD)
    assert counts[len(ODD) :] == [len(ODD)]
    assert [said(reply) for reply in replies] == alone
    assert any(answer["warnings"] for answer in alone)


def test_no_more_than_are_at_work_are_taken_together(bundles):
    """Those that wait for their turn are, after them."""
    app, counts = watched_app(bundles["regression"], max_at_work=3)
    alone = [said(post(app, row)) for row in ODD]
    counts.clear()
    assert [said(reply) for reply in together(app, *ODD)] == alone
    assert sum(counts) == len(ODD)
    assert max(counts) == 3


def test_nobody_waits_for_those_who_are_at_work_on_something_else(bundles):
    """However many they are."""
    app, counts = watched_app(bundles["regression"])
    going = asyncio.Event()
    add_route(app, "/slow", going.wait)

    async def play():
        async with client(app) as it:
            slow = [asyncio.create_task(it.get("/slow")) for _ in range(4)]
            for _ in range(20):
                await asyncio.sleep(0)
            replies = await send(it, ROW, ROW, ROW)
            assert not any(task.done() for task in slow)
            going.set()
            await asyncio.gather(*slow)
            return replies

    assert {reply.status_code for reply in asyncio.run(play())} == {200}
    assert counts == [3]


def test_each_has_an_id_and_a_record_of_its_own(bundles, tmp_path):
    """The journal keeps with each id the row that was asked and what was answered."""
    app, counts = watched_app(bundles["regression"], journal=str(tmp_path / "journal.db"))

    async def play():
        async with app.router.lifespan_context(app), client(app) as it:
            replies = await send(it, *ODD)
            names = [reply.json()["prediction_id"] for reply in replies]
            return replies, [(await it.get(f"/predictions/{name}")).json() for name in names]

    replies, records = asyncio.run(play())
    assert counts == [len(ODD)]
    assert len({reply.json()["prediction_id"] for reply in replies}) == len(ODD)
    for row, reply, record in zip(ODD, replies, records, strict=True):
        assert record["request_id"] == reply.headers["x-request-id"]
        (kept,) = record["rows"]
        assert kept["input"] == row
        assert kept["output"]["predicted_rent"] == reply.json()["predicted_rent"]
    (version,) = {reply.json()["model_version"] for reply in replies}
    counted = partial(sample, metrics(app), version=version)
    assert counted("lockgate_predictions_total", served_by="primary") == len(ODD)


def test_a_row_that_the_model_cannot_answer_is_its_own_requests_trouble(bundles, capfd):
    """The baseline stands in for it alone; the breaker counts one failure."""
    app, true = unlucky_app(bundles["regression"], "primary")
    capfd.readouterr()
    rows = [ROW, UNLUCKY, ODD[1], ODD[2]]
    replies = [reply.json() for reply in together(app, *rows)]
    served = [reply["served_by"] for reply in replies]
    assert served == ["primary", "fallback", "primary", "primary"]
    expected = [true.predict(row, baseline=row is UNLUCKY).value for row in rows]
    assert [reply["predicted_rent"] for reply in replies] == expected
    found = stats(app)
    assert found["fallbacks"] == {"error": 1}
    assert found["breakers"]["closed"] == 1
    requests = [line for line in lines(capfd) if line["event"] == "request"]
    assert ["exception" in line for line in requests].count(True) == 1


def test_a_row_that_nobody_can_answer_is_refused_alone(bundles):
    """And a row that does not fit the contract is."""
    app, _ = unlucky_app(bundles["regression"], "primary", "baseline")
    replies = together(app, ROW, UNLUCKY, ROW | {"area": -1.0}, ROW)
    assert "try again" in refused(replies[1], 503)
    assert "area" in refused(replies[2], 422)
    assert [reply.status_code for reply in replies] == [200, 503, 422, 200]


def test_an_open_breaker_leaves_the_model_alone(bundles):
    """All who come together are answered by the baseline."""
    app, counts = watched_app(bundles["regression"])
    current = app.state.service.router.current
    breaker = Breaker(1, 600)
    breaker.failed()
    app.state.switch.take(replace(current, breaker=breaker))
    counts.clear()
    replies = together(app, *ODD)
    assert {reply.json()["served_by"] for reply in replies} == {"fallback"}
    assert counts == []


def gathering(app, at_work):
    """Return a gathering of an app's model where so many have a turn."""
    turns = Turns(8, 0, 1.0)
    for _ in range(at_work):
        turns.take()
    return Gathering(app.state.service.router.current, turns)


@pytest.mark.parametrize("leaver", [0, 1, 2, 3])
def test_whoever_goes_away_takes_nobody_along(bundles, leaver):
    """Nor is the model asked for its row."""
    app, counts = watched_app(bundles["regression"])
    predictor = app.state.service.router.current.predictor
    rows = [predictor.read_row(row) for row in ODD[:4]]

    async def play():
        gathered = gathering(app, len(rows))
        asked = [Exchange("", {}, lambda _: 0) for _ in rows]
        pairs = zip(rows, asked, strict=True)
        tasks = [asyncio.create_task(gathered.answer(row, each)) for row, each in pairs]
        await asyncio.sleep(0)
        tasks[leaver].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(play())
    assert isinstance(outcomes.pop(leaver), asyncio.CancelledError)
    rows.pop(leaver)
    assert counts == [3]
    assert [each.answers[0] for each in outcomes] == [predictor.answer(row)[0] for row in rows]


def test_clients_that_ask_again_are_taken_together_again(bundles):
    """Though one after the other; whoever stays away is waited for once, and not long."""
    app, counts = watched_app(bundles["regression"])
    current = app.state.service.router.current
    row, turns = current.predictor.read_row(ROW), Turns(8, 0, 1.0)

    async def play():
        gathered = Gathering(current, turns)

        async def ask(later):
            for _ in range(later):
                await asyncio.sleep(0)
            await gathered.answer(row, Exchange("", {}, lambda _: 0))

        assert turns.take()
        assert turns.take()
        await asyncio.gather(ask(0), ask(0), ask(0))
        turns.give_back()
        await asyncio.gather(ask(0), ask(1), ask(2))
        await ask(0)
        alone = gathered.answer(row, Exchange("", {}, lambda _: 0))
        with pytest.raises(StopIteration):
            alone.send(None)

    asyncio.run(asyncio.wait_for(play(), 10))
    assert counts == [3, 3, 1, 1]


def test_a_failure_to_count_is_its_own_requests_too(bundles):
    """The others are answered: nobody waits for ever."""
    app, _ = watched_app(bundles["regression"])
    row = app.state.service.router.current.predictor.read_row(ROW)

    def fails(_):
        raise OSError("no space left")

    async def play():
        gathered = gathering(app, 3)
        notes = [lambda _: 0, fails, lambda _: 0]
        asked = [gathered.answer(row, Exchange("", {}, note)) for note in notes]
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 10)

    first, second, third = asyncio.run(play())
    assert isinstance(second, OSError)
    assert first.answers == third.answers


@pytest.mark.parametrize("turns", range(0, 24, 3))
def test_a_model_that_is_taken_up_meanwhile_answers_none_that_came_before(bundles, tmp_path, turns):
    """Whenever it comes, each answer is of the model that it names."""
    other = cases.fit("regression", "sklearn.linear_model.Ridge")
    app, _ = watched_app(bundles["regression"])
    before = app.state.service.router.current
    after = create_app(Settings(model=cases.save_bundle(tmp_path / "other", other)))
    after = replace(after.state.service.router.current, version="2")

    async def play():
        async def swap():
            for _ in range(turns):
                await asyncio.sleep(0)
            app.state.switch.take(after)

        async with client(app) as it:
            replies, _ = await asyncio.gather(send(it, *ODD), swap())
            return replies

    by_version = {each.version: each.predictor for each in (before, after)}
    for row, reply in zip(ODD, asyncio.run(play()), strict=True):
        told = reply.json()
        expected = by_version[told["model_version"]].predict(row)
        assert told["predicted_rent"] == expected.value
