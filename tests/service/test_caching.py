"""What was predicted before is answered from the cache, and never otherwise than it would be."""

import asyncio
import signal
import time

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from lockgate import load_predictor
from lockgate.errors import ParamsError
from lockgate.predict import NumberAnswer, Remark
from lockgate.service import create_app, remote
from lockgate.service.entries import decoded, encoded
from lockgate.service.keepers import Memory
from lockgate.service.settings import Settings
from tests.artifact import cases
from tests.artifact.cases import ROW
from tests.service.client import call
from tests.service.test_feedback import talk
from tests.service.test_server import answers, eventually, workers
from tests.service.test_server import served as service

PREDICT = ("POST", "/predict", ROW)
STATS = ("GET", "/stats", None)


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Wait for Redis on a busy machine too."""
    monkeypatch.setattr(remote, "PATIENCE", 5.0)


def served(bundle, cache="memory", **options):
    """Return an app with a cache."""
    return create_app(Settings(model=bundle, cache=cache, **{"journal": "off"} | options))


def answered(reply):
    """Return an answer without what is its own alone."""
    assert reply.status_code == 200
    own = {"prediction_id", "predicted_at"}
    return {name: value for name, value in reply.json().items() if name not in own}


def counts(app, *requests):
    """Send requests; return hits and misses."""
    found = talk(app, *requests, STATS)[-1].json()["cache"]
    return found["hits"], found["misses"]


def predict(**changes):
    """Return a request."""
    return "POST", "/predict", ROW | changes


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_a_cached_answer_equals_a_fresh_one(bundles, task):
    """To the last digit, with its warnings; id and time are its own."""
    app, bare = served(bundles[task]), served(bundles[task], "off")
    odd = predict(area=999, place="nowhere", sold_on="2031-01-01")
    for request in (PREDICT, odd):
        first, second = talk(app, request, request)
        (fresh,) = talk(bare, request)
        assert answered(first) == answered(second) == answered(fresh)
        assert first.json()["prediction_id"] != second.json()["prediction_id"]
        assert first.json()["predicted_at"] < second.json()["predicted_at"]
    assert len(second.json()["warnings"]) == 3
    assert counts(app) == (2, 2)


@pytest.mark.parametrize(
    ("row", "same"),
    [
        ({"area": 80}, True),
        ({"area": 80.0, "kind": None, "place": " p1 ", "new": None}, False),
        ({"place": " p1 ", "new": None}, True),
        ({"id": "r7", "note": "not looked at", "owner": 3}, True),
        ({"area": 80.00000000000001}, False),
        ({"kind": "loft"}, False),
        ({"new": False}, False),
        ({"sold_on": "2025-03-01"}, False),
        ({"built_on": "1990-01-01"}, False),
    ],
)
def test_rows_share_an_answer_when_the_model_sees_no_difference(bundles, row, same):
    """However numbers and missing values are written, and whatever no feature reads."""
    assert counts(served(bundles["regression"]), PREDICT, predict(**row)) == (same, 2 - same)


def test_the_order_of_the_fields_does_not_matter(bundles):
    """An object has none."""
    turned = ("POST", "/predict", dict(reversed(ROW.items())))
    assert counts(served(bundles["regression"]), PREDICT, turned) == (1, 1)


def test_each_answer_is_a_prediction_of_its_own(bundles, tmp_path):
    """It is in the journal, and counted with the others."""
    app = served(bundles["regression"], journal=str(tmp_path / "journal.db"))

    def look(replies):
        return "GET", f"/predictions/{replies[1].json()['prediction_id']}", None

    _, second, found, stats = talk(app, PREDICT, PREDICT, look, STATS)
    assert found.json()["rows"][0]["input"] == ROW
    assert found.json()["served_by"] == "primary"
    version = second.json()["model_version"]
    assert stats.json()["predictions"] == {version: {"primary": 2}}


def test_a_row_is_forgotten_in_time(bundles):
    """After the seconds that are set."""
    app = served(bundles["regression"], cache_seconds=0.001)

    def later(_):
        time.sleep(0.01)
        return PREDICT

    assert counts(app, PREDICT, later) == (0, 2)


def test_memory_is_bounded():
    """The entry that was not used for longest makes room."""

    async def run():
        memory = Memory(3, 60.0)
        for name in "abc":
            await memory.put(name, b"1")
        await memory.get("a")
        await memory.put("d", b"2")
        await memory.put("d", b"3")
        return len(memory), [await memory.get(name) for name in "abcd"]

    assert asyncio.run(run()) == (3, [b"1", None, b"1", b"3"])


def test_a_row_that_is_refused_is_not_looked_up(bundles):
    """It is checked before."""
    app = served(bundles["regression"])
    refused, stats = talk(app, predict(area=-1), STATS)
    assert refused.status_code == 422
    assert stats.json()["cache"] == {"hits": 0, "misses": 0, "errors": 0}


def test_without_a_cache_nothing_is_counted_of_it(bundles):
    """It is off unless it is asked for."""
    app = served(bundles["regression"], "off")
    assert talk(app, PREDICT, PREDICT, STATS)[-1].json()["cache"] == {}
    assert "lockgate_cache" not in call(app, "GET", "/metrics").text


def test_hits_misses_and_errors_are_metrics(bundles):
    """By names as Prometheus has them."""
    text = talk(served(bundles["regression"]), PREDICT, PREDICT, ("GET", "/metrics", None))[-1].text
    for line in ("hits_total 1.0", "misses_total 1.0", "errors_total 0.0"):
        assert f"\nlockgate_cache_{line}\n" in text


def personal(folder):
    """Return a bundle whose contract says that places are personal."""
    directory = cases.copy_bundle(folder / "model")
    schema = cases.make_schema()
    columns = [
        each.model_copy(update={"personal": each.name == "place"}) for each in schema.columns
    ]
    schema = schema.model_copy(update={"columns": tuple(columns)})
    (directory / "schema.json").write_text(schema.to_json())
    cases.reseal(directory)
    return directory


def test_a_warning_that_could_name_a_personal_value_is_not_kept(tmp_path):
    """An answer without one is."""
    app = served(personal(tmp_path))
    odd = predict(place="nowhere")
    assert counts(app, PREDICT, PREDICT, odd, odd) == (1, 3)


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.builds(Remark, st.sampled_from(["unseen", "late"]), st.text(), st.text())),
)
@settings(max_examples=50)
def test_any_prediction_comes_back_as_it_was(app, value, remarks):
    """Whatever the number and the words."""
    predictor = app.state.service.router.current.predictor
    answer = NumberAnswer(value, value, value, 0.9, tuple(remarks), predictor.lineage)
    assert decoded(encoded(answer), predictor) == answer


def through(redis, bundle, **options):
    """Return an app whose cache is in Redis."""
    return served(bundle, "redis", redis_url=redis.url, **options)


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_workers_share_a_redis(redis, bundles, task):
    """What one has answered the other need not predict, and says the same."""
    one, other = (through(redis, bundles[task]) for _ in range(2))
    (first,), (second,) = talk(one, PREDICT), talk(other, PREDICT)
    assert answered(first) == answered(second)
    assert (counts(one), counts(other)) == ((0, 1), (1, 0))


def test_a_new_model_never_answers_from_an_old_ones_entries(redis, bundles, tmp_path):
    """Entries are those of a model, by its hash."""
    other = cases.save_bundle(tmp_path / "other", cases.linear("regression"))
    (old,) = talk(through(redis, bundles["regression"]), PREDICT)
    app = through(redis, other)
    (new,) = talk(app, PREDICT)
    assert counts(app) == (0, 1)
    assert answered(new)["predicted_rent"] == load_predictor(other).predict(ROW).value
    assert answered(new) != answered(old)


def test_redis_forgets_in_time(redis, bundles):
    """After the seconds that are set."""
    app = through(redis, bundles["regression"], cache_seconds=0.05)

    def later(_):
        time.sleep(0.2)
        return PREDICT

    assert counts(app, PREDICT, later) == (0, 2)


def test_a_dead_redis_costs_no_answer_and_is_used_again_when_it_is_back(
    redis, bundles, monkeypatch
):
    """It comes back empty."""
    monkeypatch.setattr(remote, "REST", 0.2)

    def kill(_):
        redis.kill()
        return PREDICT

    def start(_):
        redis.start()
        time.sleep(0.3)
        return PREDICT

    app = through(redis, bundles["regression"])
    *replies, stats = talk(app, PREDICT, kill, PREDICT, start, PREDICT, STATS)
    assert {each.status_code for each in replies} == {200}
    assert len({str(answered(each)) for each in replies}) == 1
    cache = stats.json()["cache"]
    assert (cache["hits"], cache["misses"]) == (1, 4)
    assert cache["errors"] >= 2


def test_a_hung_redis_is_waited_for_once_and_briefly(redis, bundles, monkeypatch, capfdbinary):
    """Then it is left alone; many requests at the same time wait at the same time."""
    monkeypatch.setattr(remote, "PATIENCE", 0.2)
    monkeypatch.setattr(remote, "REST", 60.0)
    app = through(redis, bundles["regression"])

    async def run():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            first = await client.post("/predict", json=ROW)
            redis.send(signal.SIGSTOP)
            began = time.perf_counter()
            replies = await asyncio.gather(*(client.post("/predict", json=ROW) for _ in range(50)))
            replies += [await client.post("/predict", json=ROW) for _ in range(50)]
            return first, replies, time.perf_counter() - began

    first, replies, seconds = asyncio.run(run())
    redis.send(signal.SIGCONT)
    assert {str(answered(each)) for each in replies} == {str(answered(first))}
    # A hundred waits one after the other would be twice as long.
    assert seconds < 10
    assert capfdbinary.readouterr().err.count(b"redis fails") == 1


def test_an_entry_that_is_damaged_is_predicted_anew(redis, bundles):
    """And replaced."""
    app = through(redis, bundles["regression"])
    client = Redis.from_url(redis.url)

    def damage(_):
        for name in client.keys("lockgate:cache:*"):
            client.set(name, b'{"value": 1}')
        return PREDICT

    first, second, third, stats = talk(app, PREDICT, damage, PREDICT, STATS)
    assert answered(first) == answered(second) == answered(third)
    assert stats.json()["cache"] == {"hits": 1, "misses": 2, "errors": 1}


def test_what_redis_is_asked_never_shows_a_row(redis, bundles):
    """Keys are hashes, and entries predictions."""
    client = Redis.from_url(redis.url)
    talk(through(redis, bundles["regression"]), PREDICT)
    (name,) = client.keys()
    assert b"flat" not in name + client.get(name)
    assert 0 < client.ttl(name) <= 3600


@pytest.mark.parametrize("options", [{}, {"redis_url": "http://nowhere"}])
def test_a_redis_needs_a_url(bundles, options):
    """That of Redis."""
    with pytest.raises(ParamsError, match="URL") as refused:
        served(bundles["regression"], "redis", **options)
    assert "nowhere" not in str(refused.value)


def test_worker_processes_share_a_redis_and_outlive_its_hanging(redis, bundles):
    """What they counted is counted together."""
    variables = {"LOCKGATE_CACHE": "redis", "LOCKGATE_REDIS_URL": redis.url}
    with service(bundles["regression"], WORKERS="2", **variables) as (server, url):
        eventually(lambda: len(workers(server)) == 2)

        def hits():
            assert answers(url)
            return httpx.get(f"{url}/stats", timeout=10).json()["cache"]["hits"]

        eventually(lambda: hits() >= 5)
        redis.send(signal.SIGSTOP)
        assert all(answers(url) for _ in range(30))
        redis.send(signal.SIGCONT)
        found = hits()
        eventually(lambda: hits() > found + 1)
        cache = httpx.get(f"{url}/stats", timeout=10).json()["cache"]
        assert cache["errors"] >= 1
