"""Many rows a request, and as many as there are in a stream."""

import asyncio
import json
import time

import pytest

from tests.artifact.cases import ROW
from tests.service.client import post

BAD = ROW | {"area": -1}


def rows_name(app):
    """Return what the contract calls several entities."""
    return app.state.service.router.current.predictor.bundle.schema.entities


def batch(app, rows, url="/predict/batch"):
    """Send rows as one request."""
    return post(app, {rows_name(app): rows}, url)


def answer_of(reply):
    """Return what an answer says of the row alone."""
    own = {"prediction_id", "predicted_at", "model_version", "served_by", "index"}
    return {name: value for name, value in reply.items() if name not in own}


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_a_batch_is_answered_row_by_row(apps, task):
    """In order, each with the answer that it gets alone and an id of its own."""
    rows = [ROW | {"area": area} for area in (50, 80, 110)] * 40
    reply = batch(apps[task], rows).json()
    alone = [answer_of(post(apps[task], row).json()) for row in rows[:3]]
    assert [answer_of(each) for each in reply["predictions"]] == alone * 40
    ids = [each["prediction_id"] for each in reply["predictions"]]
    assert ids == [f"{reply['prediction_id']}-{place}" for place in range(120)]


def test_a_bad_row_refuses_the_batch(app):
    """By its index and field."""
    reply = batch(app, [ROW, BAD])
    assert reply.status_code == 422
    assert reply.json()["errors"] == [{"row": 1, "field": "area", "problem": "must be at least 0"}]


def test_a_bad_row_may_be_reported_among_the_answers(app):
    """With bad_rows=report the others are answered."""
    predictions = batch(app, [ROW, BAD, ROW], "/predict/batch?bad_rows=report").json()[
        "predictions"
    ]
    errors = [{"field": "area", "problem": "must be at least 0"}]
    assert predictions[1] == {"index": 1, "errors": errors}
    assert (
        answer_of(predictions[0]) == answer_of(predictions[2]) == answer_of(post(app, ROW).json())
    )


def test_a_batch_in_which_no_row_fits_is_refused(app):
    """There is nothing to answer."""
    reply = batch(app, [BAD, BAD], "/predict/batch?bad_rows=report")
    assert reply.status_code == 422
    assert [each["row"] for each in reply.json()["errors"]] == [0, 1]


@pytest.mark.parametrize("body", [[], {}, {"rows": [ROW]}, None, 3])
def test_what_is_no_batch_is_refused(app, body):
    """With the name that the list of rows must have."""
    reply = post(app, body, "/predict/batch")
    assert reply.status_code == 422
    assert rows_name(app) in reply.json()["detail"]


def test_an_unknown_way_with_bad_rows_is_refused(app):
    """The two that there are are named."""
    reply = batch(app, [ROW], "/predict/batch?bad_rows=skip")
    assert reply.status_code == 422
    assert "refuse or report" in reply.json()["detail"]


def test_more_rows_than_allowed_are_refused(app):
    """And the stream is pointed to."""
    reply = batch(app, [1] * 10_001)
    assert reply.status_code == 413
    assert "/predict/stream" in reply.json()["detail"]


def test_a_stream_is_answered_line_by_line(app):
    """In order; blank lines are nothing, and a bad line is told in its place."""
    lines = [json.dumps(ROW), "", json.dumps(BAD), "{", json.dumps(ROW | {"area": 50})]
    reply = post(app, "\n".join(lines), "/predict/stream")
    assert reply.headers["content-type"] == "application/x-ndjson"
    replies = [json.loads(line) for line in reply.text.splitlines()]
    assert [each["index"] for each in replies] == [0, 1, 2, 3]
    assert answer_of(replies[0]) == answer_of(post(app, ROW).json())
    assert replies[1]["errors"] == [{"field": "area", "problem": "must be at least 0"}]
    assert replies[2]["errors"] == [{"field": "", "problem": "is not JSON"}]
    assert answer_of(replies[3]) == answer_of(post(app, ROW | {"area": 50}).json())


def test_a_long_stream_is_answered_in_full(app):
    """Whatever its length and however its lines fall into chunks."""
    reply = post(app, "\n".join([json.dumps(ROW)] * 3_000), "/predict/stream")
    answers = {json.dumps(answer_of(json.loads(line))) for line in reply.text.splitlines()}
    assert len(reply.text.splitlines()) == 3_000
    assert len(answers) == 1


def test_a_line_without_end_ends_the_stream(app):
    """So that it cannot fill the memory."""
    reply = post(app, json.dumps(ROW) + "\n" + "x" * 9_000_000, "/predict/stream")
    last = json.loads(reply.text.splitlines()[-1])
    assert "longer than 8,000,000 bytes" in last["errors"][0]["problem"]


def test_large_batches_are_worked_on_one_after_the_other(app):
    """More at once would be no faster, and would keep whoever is to be refused waiting."""
    loaded = app.state.service.router.current
    at_work, seen = [], []

    def work():
        at_work.append(1)
        time.sleep(0.001)
        seen.append(len(at_work))
        at_work.pop()

    async def several():
        await asyncio.gather(*(loaded.aside(work, many=True) for _ in range(8)))

    asyncio.run(several())
    assert seen == [1] * 8


def test_a_long_stream_leaves_room_for_others(app):
    """However much of it has arrived, others get their turn between its rows."""
    message = {"type": "http.request", "body": (json.dumps(ROW) + "\n").encode() * 2000}
    scope = {
        **{"type": "http", "http_version": "1.1", "method": "POST", "scheme": "http"},
        **{"path": "/predict/stream", "raw_path": b"/predict/stream", "query_string": b""},
        **{"root_path": "", "headers": [], "client": ("127.0.0.1", 1), "server": ("test", 80)},
    }
    sent = []

    async def receive():
        return message

    async def send(part):
        sent.append(part)

    async def turns():
        stream, count = asyncio.create_task(app(scope, receive, send)), 0
        while not stream.done():
            await asyncio.sleep(0)
            count += 1
        return count

    assert asyncio.run(turns()) >= 10
    assert b"".join(part.get("body", b"") for part in sent).count(b"\n") == 2000
