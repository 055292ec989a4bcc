"""Requests made up from the OpenAPI document are answered as the document says."""

import json
from datetime import date

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.service.test_server import served

CASES = 60
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Whether a key is one, or a tensor a column's, is more than the document can say.
EXACT = ("/predict", "/predict/batch", "/predict/stream", "/feedback")
# JSON Schema has no bounds for dates: those of the document are beyond what schemathesis reads.
schemathesis.openapi.format("date", st.dates(min_value=date(1900, 1, 1)).map(str))


@schemathesis.serializer("application/x-ndjson")
def as_line(_context, value):
    """Send text as it is, anything else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace")


@pytest.fixture(scope="module", params=["regression", "multiclass"])
def url(request, bundles):
    """Return the address of a service that runs."""
    with served(bundles[request.param]) as (_, url):
        yield url


def modes(operation):
    """Return which kinds of requests there are: without a body none is invalid."""
    return list(GenerationMode) if operation.body else [GenerationMode.POSITIVE]


def ask(operation, mode):
    """Make requests of one kind up; return how many were answered as documented."""
    asked = 0
    exact = mode is GenerationMode.POSITIVE and operation.path in EXACT
    valid = [positive_data_acceptance] if exact else []

    @seed(4)
    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def one(case):
        nonlocal asked
        case.call_and_validate(checks=CHECKS + valid, timeout=10)
        asked += 1

    one()
    return asked


def test_every_answer_is_documented(url):
    """A thousand valid and invalid requests: no 5xx, each status, type and body as documented.

    What is valid by the document is answered.
    """
    document = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [each.ok() for each in document.get_all_operations()]
    asked = [ask(each, mode) for each in operations for mode in modes(each)]
    assert sum(asked) >= 1000


def test_another_method_is_refused(url):
    """By 405, which names those that there are."""
    paths = httpx.get(f"{url}/openapi.json").json()["paths"]
    for path, methods in paths.items():
        reply = httpx.delete(url + path.replace("{", "").replace("}", ""))
        assert reply.status_code == 405
        assert reply.json()
        assert {each.lower() for each in reply.headers["allow"].split(", ")} >= methods.keys()


def test_an_unknown_path_is_refused(url):
    """As a problem too."""
    reply = httpx.get(f"{url}/nowhere")
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
