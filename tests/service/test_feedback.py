"""What was predicted can be looked up, and completed by what turned out true."""

import asyncio
import sqlite3
from contextlib import closing

import httpx
import pytest

from lockgate.service import create_app
from lockgate.service.settings import Settings
from tests.artifact.cases import ROW


@pytest.fixture
def path(tmp_path):
    """Return where the journal goes."""
    return tmp_path / "journal.db"


def talk(app, *requests):
    """Start an app, send it requests one after the other, and stop it; return the replies."""

    async def run():
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            replies = []
            for request in requests:
                method, url, content = request(replies) if callable(request) else request
                replies.append(await client.request(method, url, json=content))
            return replies

    return asyncio.run(run())


def served(bundles, path, task="regression", **settings):
    """Return an app with a journal."""
    return create_app(Settings(model=bundles[task], journal=str(path), **settings))


def give(value, at=0, suffix=""):
    """Return a request that gives the truth of the prediction that was made as number `at`."""

    def request(replies):
        name = replies[at].json()["prediction_id"] + suffix
        return "POST", "/feedback", {"prediction_id": name, "value": value}

    return request


def look(suffix=""):
    """Return a request that looks up the first prediction."""
    return lambda replies: (
        "GET",
        f"/predictions/{replies[0].json()['prediction_id']}{suffix}",
        None,
    )


PREDICT = ("POST", "/predict", ROW)
BATCH = ("POST", "/predict/batch", {"flats": [ROW, ROW | {"area": 50.0}]})


def test_a_prediction_is_found_at_once(bundles, path):
    """What was asked, answered, and by which model; then what turned out true."""
    app = served(bundles, path)
    predicted, before, given, after = talk(app, PREDICT, look(), give(700), look())
    answer, found = predicted.json(), before.json()
    (row,) = found["rows"]
    assert row["input"] == ROW
    assert row["output"]["predicted_rent"] == answer["predicted_rent"]
    assert row["output"]["confidence_interval"] == answer["confidence_interval"]
    assert row["truth"] is None
    for name in ("prediction_id", "predicted_at", "model_version", "served_by"):
        assert found[name] == answer[name]
    assert found["request_id"] == predicted.headers["x-request-id"]
    assert given.json() == {"new": 1, "known": 0}
    assert after.json()["rows"][0]["truth"] == 700


def test_feedback_is_idempotent(bundles, path):
    """The same again is fine, also as another kind of number; another value is a conflict."""
    app = served(bundles, path)
    *_, again, other, last = talk(app, PREDICT, give(700), give(700.0), give(701), look())
    assert (again.status_code, again.json()) == (200, {"new": 0, "known": 1})
    assert other.status_code == 409
    assert last.json()["rows"][0]["truth"] == 700


def test_each_row_of_a_batch_has_its_own_feedback(bundles, path):
    """By the id that the batch's answer gave it; the batch's own id names no row."""
    app = served(bundles, path)
    batch, one, whole, row, no_row, all_of_it = talk(
        app, BATCH, give(500, suffix="-1"), give(500), look("-1"), look("-2"), look()
    )
    assert one.json() == {"new": 1, "known": 0}
    assert (whole.status_code, no_row.status_code) == (404, 404)
    assert row.json()["rows"][0]["truth"] == 500
    assert row.json()["rows"][0]["input"]["area"] == 50
    assert [each["truth"] for each in all_of_it.json()["rows"]] == [None, 500]
    assert len(batch.json()["predictions"]) == 2


def test_a_row_that_was_refused_is_no_prediction(bundles, path):
    """The others keep their ids."""
    rows = ("POST", "/predict/batch?bad_rows=report", {"flats": [{"area": -1}, ROW]})
    _, bad, good = talk(served(bundles, path), rows, look("-0"), look("-1"))
    assert (bad.status_code, good.status_code) == (404, 200)


def test_feedback_comes_in_batches(bundles, path):
    """All or none."""

    def both(values):
        def request(replies):
            name = replies[0].json()["prediction_id"]
            items = [
                {"prediction_id": f"{name}-{place}", "value": value}
                for place, value in enumerate(values)
            ]
            return "POST", "/feedback", {"feedback": items}

        return request

    app = served(bundles, path)
    _, three, two, other, found = talk(
        app, BATCH, both([1, 2, 3]), both([1, 2]), both([1, 5]), look()
    )
    assert (three.status_code, three.json()["errors"][0]["row"]) == (404, 2)
    assert two.json() == {"new": 2, "known": 0}
    assert (other.status_code, other.json()["errors"][0]["row"]) == (409, 1)
    assert [each["truth"] for each in found.json()["rows"]] == [1, 2]


def test_a_stream_is_kept_too(bundles, path):
    """Each row under the id that its line was answered with."""
    app = served(bundles, path)

    def named(replies):
        return "GET", f"/predictions/{replies[0].json()['prediction_id']}", None

    stream, found = talk(app, ("POST", "/predict/stream", ROW), named)
    assert found.json()["rows"][0]["output"]["predicted_rent"] == stream.json()["predicted_rent"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"prediction_id": "0" * 32, "value": 1}, 404),
        ({"prediction_id": "\0", "value": 1}, 404),
        ({"prediction_id": 3, "value": 1}, 422),
        ({"prediction_id": "x", "value": "much"}, 422),
        ({"prediction_id": "x", "value": True}, 422),
        ({"prediction_id": "x"}, 422),
        ({"feedback": []}, 422),
        ({"feedback": 3}, 422),
        ({"feedback": [3]}, 422),
        ({"feedback": [3] * 10_001}, 413),
        ([], 422),
        (None, 400),
    ],
)
def test_what_is_no_feedback_is_refused(bundles, path, body, status):
    """As problem details."""
    (reply,) = talk(served(bundles, path), ("POST", "/feedback", body))
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_class_must_be_one_of_the_contract(bundles, path):
    """The classes are named."""
    app = served(bundles, path, "multiclass")
    _, wrong, right = talk(app, PREDICT, give("huge"), give("top"))
    assert wrong.status_code == 422
    assert "low, middle, high, top" in wrong.json()["detail"]
    assert right.status_code == 200


def test_a_batch_is_kept_side_by_side(bundles, path):
    """The names of its fields stand in the journal once, and each row is found."""
    app = served(bundles, path)
    rows = [ROW | {"area": 50.0 + at} for at in range(20)]
    _, found = talk(app, ("POST", "/predict/batch", {"flats": rows}), look())
    with closing(sqlite3.connect(path)) as connection:
        ((inputs, outputs),) = connection.execute("select inputs, outputs from predictions")
    assert inputs.count("area") == outputs.count("predicted_rent") == 1
    assert [row["input"] for row in found.json()["rows"]] == rows


def test_without_a_journal_predictions_are_answered_all_the_same(bundles):
    """Nothing is known of them afterwards."""
    predicted, found = talk(served(bundles, "off"), PREDICT, look())
    assert (predicted.status_code, found.status_code) == (200, 404)


def test_a_journal_that_cannot_be_reached_stops_no_prediction(bundles, tmp_path):
    """Who asks the journal itself is told to come again."""
    path = tmp_path / "journal.db"
    path.write_text("this is no database" * 1000)
    predicted, found = talk(served(bundles, path), PREDICT, look())
    assert predicted.status_code == 200
    assert found.status_code == 503
    assert found.headers["retry-after"] == "5"


def test_a_normal_stop_keeps_every_prediction(bundles, path):
    """One record a request."""
    talk(served(bundles, path), *[PREDICT] * 50, BATCH)
    found = sqlite3.connect(path).execute("select count(*), sum(rows) from predictions")
    assert found.fetchone() == (51, 52)
