"""The service answers what the predict module answers, and refuses what it refuses, as JSON."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate import load_predictor
from lockgate.errors import BundleError
from lockgate.service import create_app
from lockgate.service.settings import Settings
from tests.artifact import cases
from tests.artifact.cases import ROW
from tests.service.client import call, post

ROOT = Path(__file__).parents[2]


def test_a_number_is_answered_with_its_interval(apps, bundles):
    """The same numbers, to the last digit, as the predict module gives."""
    answer = load_predictor(bundles["regression"]).predict(ROW)
    reply = post(apps["regression"], ROW)
    assert reply.status_code == 200
    body = reply.json()
    assert re.fullmatch(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", body.pop("prediction_id"))
    predicted_at = datetime.fromisoformat(body.pop("predicted_at"))
    assert abs((datetime.now(UTC) - predicted_at).total_seconds()) < 60
    assert body == {
        "predicted_rent": answer.value,
        "confidence_interval": {"lower": answer.lower, "upper": answer.upper, "level": 0.9},
        "model_version": f"unreleased-{answer.lineage.model_hash[:8]}",
        "served_by": "primary",
        "warnings": list(answer.warnings),
    }


def test_a_class_is_answered_with_its_probabilities(apps, bundles):
    """Of every class of the contract."""
    answer = load_predictor(bundles["multiclass"]).predict(ROW)
    reply = post(apps["multiclass"], ROW).json()
    assert reply["predicted_rent"] == answer.label
    assert reply["probability"] == answer.probability
    assert reply["probabilities"] == answer.probabilities
    assert reply["prediction_set"] == {"classes": list(answer.prediction_set), "level": 0.9}


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_balancer_may_ask_for_the_head_alone(apps, path):
    """Some do."""
    assert call(apps["regression"], "HEAD", path).status_code == 200


def test_a_wrong_path_or_method_is_told_where_to_look(apps):
    """The paths are in /docs, the methods in a header."""
    nowhere = call(apps["regression"], "GET", "/prediction")
    assert nowhere.status_code == 404
    assert "/docs" in nowhere.json()["detail"]
    other = call(apps["regression"], "GET", "/predict")
    assert other.status_code == 405
    assert other.headers["allow"] == "POST"
    assert "Allow" in other.json()["detail"]


def test_info_says_what_is_served(apps):
    """Version, model and data hash, for whoever asks where an answer comes from."""
    reply = call(apps["regression"], "GET", "/model/info").json()
    assert reply["lineage"]["data_hash"] == cases.DATA_HASH
    assert reply["version"] == f"unreleased-{reply['lineage']['model_hash'][:8]}"
    assert call(apps["regression"], "GET", "/ready").json()["model_version"] == reply["version"]
    assert call(apps["regression"], "GET", "/health").json() == {"status": "ok"}


def test_the_documentation_needs_no_network(apps):
    """It names every field and what is allowed, and loads nothing from anywhere."""
    page = call(apps["regression"], "GET", "/docs").text
    for word in ("area", "m2", "at least 0, at most 1,000", "flat, house, loft", "1900-01-01"):
        assert word in page
    assert not re.search(r"(src|href)=\"?(https?:)?//", page)
    assert call(apps["regression"], "GET", "/redoc").status_code == 404


def test_openapi_describes_the_request(apps):
    """With the contract's bounds, derived from the schema that the bundle embeds."""
    description = call(apps["regression"], "GET", "/openapi.json").json()
    content = description["paths"]["/predict"]["post"]["requestBody"]["content"]
    row = content["application/json"]["schema"]
    assert row["required"] == ["area", "rooms"]
    assert row["properties"]["area"]["maximum"] == 1000
    assert row["properties"]["area"]["description"] == "m2"
    assert row["properties"]["rooms"]["type"] == "integer"
    assert "rent" not in row["properties"]


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_openapi_and_the_check_of_a_row_are_of_one_model(apps, task):
    """What the document calls valid is what is checked, of a single row and of one in a batch."""
    document = call(apps[task], "GET", "/openapi.json").json()
    predictor = apps[task].state.service.router.current.predictor
    checked = json.loads(json.dumps(predictor.row_model.model_json_schema()))
    for field in checked["properties"].values():
        # FastAPI writes no null, and what is absent has no other default.
        assert field.pop("default", None) is None
    assert body_of(document, "/predict") == checked
    (rows,) = body_of(document, "/predict/batch")["properties"].values()
    home, name = rows["items"]["$ref"].rsplit("/", 1)
    assert home == "#/components/schemas"
    assert document["components"]["schemas"][name] == checked


def body_of(document, path):
    """Return the JSON Schema of a route's request."""
    content = document["paths"][path]["post"]["requestBody"]["content"]
    return content["application/json"]["schema"]


HOSTILE = [
    '{"area": NaN, "rooms": 3}',
    '{"area": Infinity, "rooms": 3}',
    '{"area": 1e400, "rooms": 3}',
    '{"area": ' + "9" * 400 + ', "rooms": 3}',
    '{"area": ' + "9" * 5000 + ', "rooms": 3}',
    '{"area": "80", "rooms": true}',
    '{"area": [[]], "rooms": {}}',
    '{"area": 80, "rooms": 3, "place": "\\ud800"}',
    '{"area": 80, "rooms": 3, "\\ud800": 1}',
    '{"area": 80, "rooms": 3, "' + "x" * 100_000 + '": 1}',
    '{"area": 80, "rooms": 3, "rent": NaN}',
    '{"area": 80, "rooms": 3, "built_on": 1e300}',
    "[" * 100_000,
    "[]",
    "null",
    "3",
    "",
    "{",
    b"\xff\xfe",
    b"\x00",
]


@pytest.mark.parametrize("body", HOSTILE)
def test_what_does_not_fit_is_refused_in_plain_json(apps, body):
    """Never a server error, and never the input in the reply."""
    reply = post(apps["regression"], body)
    assert reply.status_code in (400, 422)
    assert len(reply.content) < 1000
    assert "NaN" not in reply.text
    json.loads(reply.content, parse_constant=pytest.fail)


def test_a_refusal_names_each_field(apps):
    """So that a caller can mend the request."""
    reply = post(apps["regression"], '{"area": -1, "aera": 2}')
    assert reply.headers["content-type"] == "application/problem+json"
    body = reply.json()
    assert body.pop("detail").startswith("area must be at least 0; rooms is required; aera is not")
    assert body == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "errors": [
            {"field": "area", "problem": "must be at least 0"},
            {"field": "rooms", "problem": "is required"},
            {
                "field": "aera",
                "problem": "is not a column of the contract (did you mean 'area'?)",
            },
        ],
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(list(ROW)), inner),
        max_leaves=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_json_is_answered_or_refused(apps, body):
    """Whatever it is."""
    reply = post(apps["regression"], json.dumps(body))
    assert reply.status_code in (200, 422)
    json.loads(reply.content, parse_constant=pytest.fail)


def test_a_damaged_bundle_is_not_served(tmp_path):
    """The app does not come up."""
    directory = cases.copy_bundle(tmp_path / "model")
    (directory / "levels.json").write_text("{}")
    with pytest.raises(BundleError, match=r"levels\.json"):
        create_app(Settings(model=directory))


def run(folder, **variables):
    """Start the service in a folder."""
    environment = {**os.environ, **variables, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "lockgate.service"],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_service_runs_as_a_module(tmp_path):
    """On the port in PORT, until it is told to stop."""
    (tmp_path / "models").mkdir()
    cases.copy_bundle(tmp_path / "models" / "model")
    port = free_port()
    server = run(tmp_path, PORT=str(port))
    try:
        for _ in range(200):
            try:
                reply = httpx.post(f"http://127.0.0.1:{port}/predict", json=ROW, timeout=30)
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        assert reply.json()["predicted_rent"] > 0
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_a_service_that_cannot_start_says_why(tmp_path):
    """Without a traceback: no bundle, or a port that is none."""
    server = run(tmp_path)
    assert "no model bundle" in server.communicate(timeout=60)[1]
    assert server.returncode == 2
    (tmp_path / "models").mkdir()
    cases.copy_bundle(tmp_path / "models" / "model")
    server = run(tmp_path, PORT="http")
    assert "PORT: Input should be a valid integer" in server.communicate(timeout=60)[1]
    assert server.returncode == 2
