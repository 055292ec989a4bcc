"""A model that raises, hangs and recovers: requests are answered all the same."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from anyio import to_thread

from lockgate.features.inputs import columns_of
from lockgate.predict import Predictor
from lockgate.service import create_app
from lockgate.service.models import Router
from lockgate.service.settings import Settings
from tests.artifact import cases
from tests.artifact.cases import ROW
from tests.service.client import call, post
from tests.service.processes import eventually, served
from tests.service.test_guarding import refused
from tests.service.test_telemetry import lines, metrics, sample
from tests.service.v2.tensors import plain

UNLUCKY = ROW | {"area": 13.0}
LONG = 60_000


@pytest.fixture(scope="module")
def moody(tmp_path_factory):
    """Return a bundle without compiled form, and the file that decides on its mood."""
    folder = tmp_path_factory.mktemp("moody")
    switch = folder / "mood"
    model = cases.fit("regression", "tests.service.moody.Moody", {"switch": str(switch)})
    return cases.save_bundle(folder / "model", model), switch


@pytest.fixture
def mood(moody):
    """Return the function that sets the mood; in the end the model works."""
    _, switch = moody

    def set_mood(word):
        fresh = switch.with_suffix(".fresh")
        fresh.write_text(word)
        fresh.replace(switch)

    Path(f"{switch}.hangs").unlink(missing_ok=True)
    set_mood("works")
    yield set_mood
    set_mood("works")


@pytest.fixture
def fresh(moody):
    """Return an app that serves the moody model, with a deadline that a busy machine can keep."""
    return lambda **more: create_app(Settings(model=moody[0], **{"deadline_ms": LONG, **more}))


def unlucky_app(bundle, *names):
    """Return an app whose models of these names raise for an area of 13, and its true predictor."""
    app = create_app(Settings(model=bundle))
    router: Router = app.state.service.router
    true = router.current.predictor

    def raising(model):
        def form(features):
            if (columns_of(features)["area"] == 13).any():
                raise RuntimeError("unlucky")
            return model.form(features)

        return replace(model, form=form)

    broken = {name: raising(getattr(true.bundle, name)) for name in names}
    predictor = Predictor(replace(true.bundle, **broken))
    app.state.switch.take(replace(router.current, predictor=predictor))
    return app, true


def stats(app):
    """Return what /stats says of the one model."""
    found = call(app, "GET", "/stats").json()
    return {name: next(iter(found[name].values()), {}) for name in ("breakers", "fallbacks")}


def baseline_of(app, row):
    """Return the answer of the baseline that an app has loaded, as the service writes it."""
    answer = app.state.service.router.current.predictor.predict(row, baseline=True)
    interval = {"lower": answer.lower, "upper": answer.upper, "level": answer.level}
    return {"predicted_rent": answer.value, "confidence_interval": interval}


@pytest.mark.parametrize("word", ["raises", "rambles"])
def test_a_model_that_fails_is_stood_in_for(fresh, mood, word):
    """By the baseline, with the baseline's own interval; no finite number is no answer."""
    app = fresh()
    mood(word)
    reply = post(app, ROW)
    assert reply.status_code == 200
    body = reply.json()
    assert body["served_by"] == "fallback"
    assert body | baseline_of(app, ROW) == body


def test_the_cache_keeps_the_models_answers_and_not_the_baselines(fresh, mood):
    """So that a model that works again is heard, and one that fails is not needed."""
    app = fresh(cache="memory")
    mood("raises")
    stood_in = post(app, ROW).json()
    mood("works")
    answered = post(app, ROW).json()
    mood("raises")
    cached, other = post(app, ROW).json(), post(app, ROW | {"area": 50.0}).json()
    served_by = [each["served_by"] for each in (stood_in, answered, cached, other)]
    assert served_by == ["fallback", "primary", "primary", "fallback"]
    assert cached["predicted_rent"] == answered["predicted_rent"] != stood_in["predicted_rent"]


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_a_compiled_model_that_raises_is_stood_in_for(bundles, task):
    """For the rows that it cannot answer; the others have its own answers."""
    app, true = unlucky_app(bundles[task], "primary")
    lucky, unlucky = post(app, ROW).json(), post(app, UNLUCKY).json()
    assert (lucky["served_by"], unlucky["served_by"]) == ("primary", "fallback")
    expected = [true.predict(ROW), true.predict(UNLUCKY, baseline=True)]
    name = "value" if task == "regression" else "label"
    assert [each["predicted_rent"] for each in (lucky, unlucky)] == [
        getattr(each, name) for each in expected
    ]
    assert stats(app)["fallbacks"] == {"error": 1}


def test_failures_in_a_row_open_the_breaker_and_time_closes_it(fresh, mood, capfd):
    """While it is open the model is not asked; one log line says so each time."""
    app = fresh(breaker_failures=2, breaker_seconds=0.2)
    capfd.readouterr()
    mood("raises")
    for _ in range(2):
        assert post(app, ROW).json()["served_by"] == "fallback"
    mood("works")
    assert stats(app)["breakers"] == {"closed": 0, "open": 1, "half-open": 0}
    assert call(app, "GET", "/ready").status_code == 200
    eventually(lambda: post(app, ROW).json()["served_by"] == "primary")
    found = stats(app)
    assert found["breakers"] == {"closed": 1, "open": 0, "half-open": 0}
    assert found["fallbacks"]["error"] == 2
    told = [line["event"] for line in lines(capfd) if line["event"].startswith("breaker")]
    assert told == [
        "breaker opened: the fallback answers",
        "breaker closed: the model answers again",
    ]


def test_an_open_breaker_leaves_the_model_alone(fresh, mood):
    """Even one that would work again."""
    app = fresh(breaker_failures=1, breaker_seconds=600)
    mood("raises")
    post(app, ROW)
    mood("works")
    assert [post(app, ROW).json()["served_by"] for _ in range(3)] == ["fallback"] * 3
    assert stats(app)["fallbacks"] == {"error": 1, "open": 3}


def test_fallbacks_and_breakers_are_counted(fresh, mood):
    """A trial that fails is no further opening."""
    app = fresh(breaker_failures=1, breaker_seconds=0.05)
    mood("raises")
    version = post(app, ROW).json()["model_version"]
    eventually(lambda: post(app, ROW) and stats(app)["fallbacks"]["error"] == 2)
    found = metrics(app)
    assert sample(found, "lockgate_breaker_openings_total", version=version) == 1
    assert sample(found, "lockgate_breaker_state", version=version, state="closed") == 0
    assert sample(found, "lockgate_fallbacks_total", version=version, reason="error") == 2
    rows = sample(found, "lockgate_predictions_total", version=version, served_by="fallback")
    assert rows == sum(stats(app)["fallbacks"].values())


def test_the_line_of_a_request_says_what_its_model_raised(fresh, mood, capfd):
    """With the traceback, once, and why the fallback answered."""
    app = fresh(breaker_failures=2)
    capfd.readouterr()
    mood("raises")
    for _ in range(3):
        post(app, ROW)
    requests = [line for line in lines(capfd) if line["event"] == "request"]
    assert [line["fallback"] for line in requests] == ["error", "error", "open"]
    assert [line["level"] for line in requests] == ["warning", "warning", "info"]
    assert "RuntimeError: a bad mood" in requests[0]["exception"]
    assert "exception" not in requests[2]


def test_a_model_that_hangs_is_stood_in_for(fresh, mood):
    """After its deadline, and at once when all its threads hang."""
    app = fresh(deadline_ms=200, deadline_threads=2, breaker_failures=5, breaker_seconds=0.05)
    mood("hangs")
    for _ in range(6):
        assert post(app, ROW).json()["served_by"] == "fallback"
    found = stats(app)
    assert found["fallbacks"]["deadline"] >= 5
    assert found["breakers"]["closed"] == 0
    mood("works")
    eventually(lambda: post(app, ROW).json()["served_by"] == "primary")


@pytest.mark.parametrize("url", ["/predict/batch", "/predict/stream"])
def test_rows_of_a_batch_and_of_a_stream_are_stood_in_for(fresh, mood, url):
    """All of them, each with its own answer."""
    app = fresh(deadline_ms=30)
    rows = [ROW | {"area": float(area)} for area in range(50, 120, 10)]
    mood("hangs")
    if url == "/predict/batch":
        reply = post(app, {"flats": rows}, url).json()
        predictions = [each | {"served_by": reply["served_by"]} for each in reply["predictions"]]
    else:
        body = "\n".join(map(json.dumps, rows))
        predictions = [json.loads(line) for line in post(app, body, url).text.splitlines()]
    for row, each in zip(rows, predictions, strict=True):
        assert each | baseline_of(app, row) | {"served_by": "fallback"} == each


def test_the_other_protocol_is_stood_in_for_too(fresh, mood):
    """With the same mark."""
    app = fresh(deadline_ms=30)
    mood("hangs")
    reply = post(app, plain(), "/v2/models/flat/infer").json()
    assert reply["parameters"]["served_by"] == "fallback"


def test_what_stood_in_is_not_cached(fresh, mood):
    """Once the model works again, its own answer is."""
    app = fresh(cache="memory")
    served_by = []
    for word in ("raises", "works", "raises"):
        mood(word)
        served_by.append(post(app, ROW).json()["served_by"])
    assert served_by == ["fallback", "primary", "primary"]


def together(app, count, *others):
    """Send requests at the same time; return the replies to them, then those to the others."""

    async def send():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            posts = [client.post("/predict", json=ROW) for _ in range(count)]
            return await asyncio.gather(*posts, *(client.get(url) for url in others))

    return asyncio.run(send())


def test_many_requests_while_the_model_hangs_are_all_answered(fresh, mood):
    """With no thread more than the model may have."""
    app = fresh(deadline_ms=50, deadline_threads=2)
    before = sum(each.name == "model" for each in threading.enumerate())
    mood("hangs")
    *replies, health = together(app, 50, "/health")
    assert health.json() == {"status": "ok"}
    assert {reply.json()["served_by"] for reply in replies} == {"fallback"}
    assert sum(each.name == "model" for each in threading.enumerate()) <= before
    assert stats(app)["breakers"]["open"] + stats(app)["fallbacks"].get("busy", 0) > 0


def test_a_model_that_hangs_holds_up_nobody_else(fresh, mood):
    """Health is answered while predictions still wait, and the model answers in the end."""
    app = fresh()
    mood("hangs")

    async def send():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            waiting = [asyncio.create_task(client.post("/predict", json=ROW)) for _ in range(3)]
            health = [await client.get(url) for url in ("/health", "/ready", "/stats")]
            pending = [task.done() for task in waiting]
            mood("works")
            return health, pending, [await task for task in waiting]

    health, done, replies = asyncio.run(send())
    assert [reply.status_code for reply in health] == [200, 200, 200]
    assert not any(done)
    assert {reply.json()["served_by"] for reply in replies} == {"primary"}


def test_requests_that_wait_for_a_database_leave_predictions_alone(fresh, app):
    """Both those of a model without compiled form, and large batches of any."""

    async def send(app, content, url):
        others = to_thread.current_default_thread_limiter()
        for _ in range(int(others.available_tokens)):
            others.acquire_on_behalf_of_nowait(object())
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await asyncio.wait_for(client.post(url, json=content), 60)

    assert asyncio.run(send(fresh(), ROW, "/predict")).status_code == 200
    batch = {"flats": [ROW] * 100}
    assert asyncio.run(send(app, batch, "/predict/batch")).status_code == 200


def test_a_crowd_is_no_failure_of_the_model(fresh, mood, moody):
    """Whoever finds no thread in time has the baseline's answer, and the breaker stays closed."""
    app = fresh(deadline_ms=100, deadline_threads=1, breaker_failures=1)
    mood("hangs")
    with ThreadPoolExecutor(1) as pool:
        # As many rows as have 10 seconds.
        first = pool.submit(post, app, {"flats": [ROW] * 10_000}, "/predict/batch")
        eventually(Path(f"{moody[1]}.hangs").exists)
        assert post(app, ROW).json()["served_by"] == "fallback"
        mood("works")
        assert first.result().json()["served_by"] == "primary"
    found = stats(app)
    assert found["fallbacks"] == {"busy": 1}
    assert found["breakers"]["closed"] == 1


def test_where_the_baseline_fails_too_the_caller_is_to_come_again(bundles, capfd):
    """503 with Retry-After, as problem details; the breaker is not for rows that nobody answers."""
    app, _ = unlucky_app(bundles["regression"], "primary", "baseline")
    capfd.readouterr()
    for _ in range(10):
        reply = post(app, UNLUCKY)
        assert "try again" in refused(reply, 503)
        assert int(reply.headers["retry-after"]) > 0
    refused(post(app, {"flats": [ROW, UNLUCKY]}, "/predict/batch"), 503)
    assert "RuntimeError: unlucky" in lines(capfd)[0]["exception"]
    reply = post(app, ROW).json()
    assert reply["served_by"] == "primary"
    version = reply["model_version"]
    assert sample(metrics(app), "lockgate_unanswered_total", version=version) == 11
    assert stats(app)["breakers"]["closed"] == 1


def test_a_stream_goes_on_where_nobody_can_answer(bundles):
    """The lines that were read together are refused in their places, and those after answered."""
    app, _ = unlucky_app(bundles["regression"], "primary", "baseline")

    async def chunks():
        for row in (ROW, UNLUCKY, ROW):
            yield json.dumps(row).encode() + b"\n"

    replies = call(app, "POST", "/predict/stream", content=chunks()).text.splitlines()
    first, second, third = map(json.loads, replies)
    assert first["served_by"] == third["served_by"] == "primary"
    assert second["index"] == 1
    assert "try again" in second["errors"][0]["problem"]


def test_a_process_whose_model_hangs_answers_and_stops(moody, mood):
    """Each of several; their breakers are shown together, and the journal says who answered."""
    variables = {"WORKERS": "2", "LOCKGATE_DEADLINE_MS": "50", "LOCKGATE_BREAKER_FAILURES": "1"}
    with served(moody[0], **variables) as (server, address):

        def breakers():
            (found,) = httpx.get(f"{address}/stats").json()["breakers"].values()
            return found

        eventually(lambda: breakers()["closed"] == 2)
        mood("hangs")
        for _ in range(12):
            reply = httpx.post(f"{address}/predict", json=ROW)
            assert reply.json()["served_by"] == "fallback"
        kept = httpx.get(f"{address}/predictions/{reply.json()['prediction_id']}").json()
        assert kept["served_by"] == "fallback"
        assert httpx.get(f"{address}/health").status_code == 200
        found = breakers()
        assert sum(found.values()) == 2
        assert found["open"] >= 1
        server.terminate()
        assert server.wait(timeout=30) == 0
        assert not Path(f"/proc/{server.pid}").exists()
