"""What is counted, timed and logged of each request."""

import json
import re
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from lockgate.predict import load_predictor
from lockgate.service import create_app
from lockgate.service.breaker import Breaker
from lockgate.service.confidence import Confidence
from lockgate.service.settings import Settings
from lockgate.service.statistics import quantile
from tests.artifact.cases import ROW
from tests.service.client import add_route, call, post

NEVER = {"wide_interval": 1e6, "low_probability": 0.0}
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def fresh(bundles):
    """Return an app that has counted nothing, for a task."""
    return lambda task="regression", **more: create_app(Settings(model=bundles[task], **more))


def metrics(app):
    """Return each sample's value by its name and labels."""
    text = call(app, "GET", "/metrics").text
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def sample(found, name, **labels):
    """Return one sample's value."""
    return found[(name, *sorted(labels.items()))]


@pytest.fixture
def full():
    """Return a file on a disk without space, which cannot even be closed in order."""
    with suppress(OSError), Path("/dev/full").open("w") as file:
        yield file


def test_a_full_disk_for_the_log_fails_no_request(fresh, full, monkeypatch):
    """What cannot be logged is counted."""
    monkeypatch.setattr(sys, "stderr", full)
    app = fresh()
    assert [post(app, ROW).status_code for _ in range(3)] == [200] * 3
    assert sample(metrics(app), "lockgate_log_failures_total") >= 3


def test_requests_are_counted_by_route_method_and_status(fresh):
    """An unknown path is one label value, whatever it says, and so is an unknown method."""
    app = fresh()
    post(app, ROW)
    post(app, {"area": -1})
    for path in ("/secret/a", "/secret/b"):
        call(app, "GET", path)
    call(app, "BREW", "/predict")
    found = metrics(app)
    name = "lockgate_requests_total"
    assert sample(found, name, route="/predict", method="POST", status="200") == 1
    assert sample(found, name, route="/predict", method="POST", status="422") == 1
    assert sample(found, name, route="unknown", method="GET", status="404") == 2
    assert sample(found, name, route="/predict", method="other", status="405") == 1
    assert sample(found, "lockgate_request_duration_seconds_count", route="/predict") == 3
    assert sample(found, "lockgate_requests_in_flight") == 1
    assert not any("secret" in str(key) for key in found)


def test_rows_and_their_values_are_counted(fresh):
    """A batch counts each of its rows."""
    app = fresh()
    name = app.state.service.router.current.predictor.bundle.schema.entities
    replies = post(app, {name: [ROW] * 7}, "/predict/batch").json()
    values = [each["predicted_rent"] for each in replies["predictions"]]
    found = metrics(app)
    version = replies["model_version"]
    assert sample(found, "lockgate_predictions_total", version=version, served_by="primary") == 7
    missing = {"kind": "missing", "field": "built_on"}
    assert sample(found, "lockgate_input_remarks_total", **missing) == 7
    assert sample(found, "lockgate_prediction_count", version=version) == 7
    assert sample(found, "lockgate_prediction_sum", version=version) == pytest.approx(sum(values))


def test_unusual_values_of_a_batch_are_counted_by_field(fresh):
    """However they are spread over its rows."""
    app = fresh()
    name = app.state.service.router.current.predictor.bundle.schema.entities
    rows = [ROW | {"place": f"zz{place % 2}"} for place in range(6)]
    assert post(app, {name: rows}, "/predict/batch").status_code == 200
    unseen = {"kind": "unseen", "field": "place"}
    assert sample(metrics(app), "lockgate_input_remarks_total", **unseen) == 6


def test_classes_are_counted(fresh):
    """By the label that was answered."""
    app = fresh("multiclass")
    reply = post(app, ROW).json()
    labels = {"version": reply["model_version"], "label": reply["predicted_rent"]}
    assert sample(metrics(app), "lockgate_predicted_labels_total", **labels) == 1


def test_unusual_inputs_are_counted_by_field(fresh):
    """What is missing, unseen in training, or outside of its range."""
    app = fresh()
    post(app, {"area": 999, "rooms": 3, "place": "zz9"})
    found = metrics(app)
    name = "lockgate_input_remarks_total"
    assert sample(found, name, kind="outside", field="area") == 1
    assert sample(found, name, kind="unseen", field="place") == 1
    assert sample(found, name, kind="missing", field="kind") == 1


def test_the_model_is_named(fresh):
    """So that a chart can show when it changed."""
    found = metrics(fresh())
    (info,) = [key for key in found if key[0] == "lockgate_model_info"]
    assert dict(info[1:])["version"].startswith("unreleased-")
    assert found[info] == 1


def test_a_breaker_that_was_open_is_forgotten_with_its_model(fresh):
    """So that no alarm goes on after a rollback."""
    app = fresh("regression")
    state = app.state.service
    old = state.router.current
    for _ in range(state.settings.breaker_failures):
        old.breaker.failed()
    found = metrics(app)
    assert sample(found, "lockgate_breaker_state", version=old.version, state="open") == 1
    state.telemetry.serves(replace(old, version="v2.0.0", breaker=Breaker(5, 30)), old)
    found = metrics(app)
    assert sample(found, "lockgate_breaker_state", version=old.version, state="open") == 0
    assert sample(found, "lockgate_breaker_state", version="v2.0.0", state="closed") == 1


def test_stats_say_it_in_json(fresh):
    """Totals, errors, latency of each route, and rows of each version."""
    app = fresh()
    for _ in range(3):
        post(app, ROW)
    post(app, "{")
    stats = call(app, "GET", "/stats").json()
    assert (stats["requests"], stats["client_errors"], stats["server_errors"]) == (4, 1, 0)
    assert stats["in_flight"] == 1
    assert list(stats["predictions"].values()) == [{"primary": 3}]
    latency = stats["latency_ms"]["/predict"]
    assert latency["requests"] == 4
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"]


def test_quantiles_are_interpolated():
    """Evenly within a bucket; beyond the last bound, that bound."""
    assert quantile([(1.0, 0), (2.0, 10), (float("inf"), 10)], 0.5) == 1.5
    assert quantile([(1.0, 5), (2.0, 10), (float("inf"), 20)], 0.99) == 2.0
    assert quantile([(1.0, 0), (float("inf"), 0)], 0.5) == 0.0


@given(st.lists(st.integers(0, 50), min_size=2, max_size=8), st.floats(0.01, 1))
@settings(max_examples=50)
def test_quantiles_lie_within_the_bounds(counts, share):
    """Whatever was counted."""
    totals = [sum(counts[: place + 1]) for place in range(len(counts))]
    bounds = [*map(float, range(1, len(counts))), float("inf")]
    assert 0 <= quantile(list(zip(bounds, totals, strict=True)), share) <= len(counts) - 1


def lines(capfd):
    """Return the log lines that were written."""
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


def test_each_request_is_one_line(fresh, capfd):
    """With the caller's trace, what was asked and what it took; not what was sent."""
    app = fresh()
    capfd.readouterr()
    traced = f"00-{TRACE}-b7ad6b7169203331-01"
    post(app, ROW, **{"traceparent": traced, "x-request-id": "mine"})
    (line,) = lines(capfd)
    assert line.pop("ms") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line.pop("timestamp"))
    assert line.pop("version").startswith("unreleased-")
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "mine",
        "trace_id": TRACE,
        "method": "POST",
        "route": "/predict",
        "status": 200,
        "rows": 1,
        "served_by": "primary",
    }


@pytest.mark.parametrize(
    "sent", ["", "00-" + "0" * 32 + "-b7ad6b7169203331-01", f"ff-{TRACE}-b7ad6b7169203331-01", "x"]
)
def test_a_trace_that_is_none_is_left_out(fresh, capfd, sent):
    """All zeros, version ff, and what is no traceparent at all."""
    app = fresh()
    capfd.readouterr()
    call(app, "GET", "/health", headers={"traceparent": sent})
    assert "trace_id" not in lines(capfd)[0]


def test_a_higher_level_is_quieter(fresh, capfd):
    """Requests that were answered are info."""
    app = fresh(log_level="warning")
    capfd.readouterr()
    post(app, ROW)
    assert capfd.readouterr().err == ""


def test_a_failure_is_counted_and_logged_with_its_traceback(fresh, capfd):
    """And with the id that the line of the request has."""
    app = fresh()

    async def broken():
        raise RuntimeError("no luck")

    add_route(app, "/broken", broken)
    capfd.readouterr()
    assert call(app, "GET", "/broken").status_code == 500
    failure, line = lines(capfd)
    assert "RuntimeError: no luck" in failure["exception"]
    assert failure["request_id"] == line["request_id"]
    assert (line["level"], line["status"]) == ("error", 500)
    assert call(app, "GET", "/stats").json()["server_errors"] == 1


@pytest.mark.parametrize(
    ("task", "setting"),
    [("regression", {"wide_interval": 0.001}), ("multiclass", {"low_probability": 1.0})],
)
def test_doubtful_answers_are_counted_and_logged(fresh, capfd, task, setting):
    """As a warning in the line of the request."""
    for app, doubtful in ((fresh(task, **setting), 3), (fresh(task, **NEVER), 0)):
        name = app.state.service.router.current.predictor.bundle.schema.entities
        version = app.state.service.router.current.version
        capfd.readouterr()
        post(app, ROW)
        post(app, {name: [ROW] * 2}, "/predict/batch")
        levels = [(line["level"], line.get("doubtful", 0)) for line in lines(capfd)]
        assert levels == ([("warning", 1), ("warning", 2)] if doubtful else [("info", 0)] * 2)
        found = metrics(app)
        label = ("lockgate_doubtful_predictions_total", ("version", version))
        assert found.get(label, 0) == doubtful


def test_an_interval_is_wide_beside_what_is_usual(bundles):
    """The usual width is that of the median of rows like those of training."""
    predictor = load_predictor(bundles["regression"])
    golden = predictor.answer(predictor.bundle.golden)
    rows = len(golden)
    assert Confidence(predictor, Settings(wide_interval=1e6)).doubtful(golden) == 0
    assert Confidence(predictor, Settings(wide_interval=1e-6)).doubtful(golden) == rows
    assert Confidence(predictor, Settings(wide_interval=1.0)).doubtful(golden) <= rows / 2
