"""What no route should see is refused before it, and every answer is hardened."""

import asyncio
import gzip
import json
import socket
import time

import httpx
import pytest
from starlette.middleware import Middleware

from lockgate.service import create_app
from lockgate.service.problems import Problem
from lockgate.service.settings import Settings
from tests.artifact import cases
from tests.artifact.cases import ROW
from tests.service.client import add_route, call, post
from tests.service.test_app import free_port, run


def refused(reply, status):
    """Return the detail of an answer that must be problem details of a status."""
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.json()["status"] == status
    return reply.json()["detail"]


@pytest.fixture(scope="module")
def small(bundles):
    """Return an app that takes bodies of 200 bytes."""
    return create_app(Settings(model=bundles["regression"], max_body=200))


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Return the port of a server process."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "models").mkdir()
    cases.copy_bundle(folder / "models" / "model")
    number = free_port()
    server = run(folder, PORT=str(number))
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", number)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    yield number
    server.terminate()
    server.communicate(timeout=30)


def test_a_body_that_is_too_large_is_refused(small):
    """By its declared length at once, and one byte less than the limit is not."""
    row = json.dumps(ROW).encode()
    assert post(small, row.ljust(200)).status_code == 200
    assert "larger than 200 bytes" in refused(post(small, row.ljust(201)), 413)


@pytest.mark.parametrize("length", ["201", "9" * 5000, "0" * 5000 + "201"])
def test_the_declared_length_counts(small, length):
    """However large the number, and nothing is read."""
    refused(post(small, ROW, **{"content-length": length}), 413)


def test_a_body_of_no_declared_length_is_counted(small):
    """While it is read."""

    async def chunks():
        for _ in range(3):
            yield b" " * 100

    refused(call(small, "POST", "/predict", content=chunks()), 413)


def test_a_stream_may_be_longer(small):
    """Only its lines are limited."""
    line = json.dumps(ROW) + "\n"
    reply = post(small, line * 50, "/predict/stream")
    assert reply.status_code == 200
    assert len(reply.text.splitlines()) == 50


@pytest.mark.parametrize("url", ["/predict", "/predict/batch", "/predict/stream"])
def test_a_compressed_body_is_refused(app, url):
    """So that a few bytes cannot become gigabytes."""
    bomb = gzip.compress(b"0" * 10_000_000)
    reply = post(app, bomb, url, **{"content-encoding": "gzip"})
    assert "compressed" in refused(reply, 415)
    assert reply.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("url", ["/predict", "/predict/stream", "/feedback"])
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "Multipart/Form-Data; boundary=x"]
)
def test_a_foreign_page_sends_nothing_through_a_browser(app, url, kind):
    """The types that browsers send anywhere without asking are refused, and told what to send."""
    reply = post(app, ROW, url, **{"content-type": kind})
    assert "content-type: application/json" in refused(reply, 415)


def test_a_body_without_a_type_is_no_pages(app):
    """A program may leave the type out; a page in a browser, which names its origin, may not."""
    body = json.dumps(ROW)
    assert call(app, "POST", "/predict", content=body).status_code == 200
    foreign = {"origin": "https://elsewhere.example"}
    refused(call(app, "POST", "/predict", content=body, headers=foreign), 415)


def test_headers_are_limited(app):
    """In number and in size."""
    many = {f"x-{number}": "1" for number in range(101)}
    assert "100 headers" in refused(post(app, ROW, **many), 431)
    assert "32,768 bytes" in refused(post(app, ROW, **{"x-long": "1" * 40_000}), 431)


@pytest.mark.parametrize("depth", [33, 1000, 1100, 100_000])
@pytest.mark.parametrize("url", ["/predict", "/predict/batch", "/feedback"])
def test_deep_nesting_is_refused(app, depth, url):
    """Beyond 32 levels by the service, beyond 1,024 by the JSON parser."""
    for left, right in (("[", "]"), ('{"a":', "}")):
        detail = refused(post(app, left * depth + "1" + right * depth, url), 400)
        assert "nested deeper than 32 levels" in detail or "not JSON" in detail


@pytest.mark.parametrize("open_close", [("[", "]"), ('{"a":[', "]}")], ids=["lists", "both"])
def test_deep_nesting_in_a_long_body_is_refused(app, open_close):
    """However much stands around it."""
    left, right = open_close
    body = left * 40 + "1" + right * 40
    for long in (body + " " * 5000, f"[{body}{',1' * 5000}]"):
        assert "nested deeper than 32 levels" in refused(post(app, long), 400)
    assert post(app, f"{'[' * 31}{'[],' * 2000}1{']' * 31}").status_code == 422


def test_nesting_is_counted_and_not_brackets(app):
    """A list of many rows is not deep, nor is a text of many brackets."""
    assert post(app, "[" * 32 + "]" * 32).status_code == 422
    assert post(app, {"houses": [ROW] * 40}, "/predict/batch").status_code != 400
    assert post(app, json.dumps(ROW | {"place": "[" * 40})).status_code == 422


def test_a_deep_line_of_a_stream_is_refused_alone(app):
    """Those before and after it are answered."""
    line = json.dumps(ROW) + "\n"
    reply = post(app, line + "[" * 33 + "]" * 33 + "\n" + line, "/predict/stream")
    first, second, third = (json.loads(each) for each in reply.text.splitlines())
    assert second["errors"][0]["problem"] == "is nested deeper than 32 levels"
    assert (first["index"], second["index"], third["index"]) == (0, 1, 2)
    assert "prediction_id" in first
    assert "prediction_id" in third


def test_a_wrong_address_or_method_is_told_as_a_problem(app):
    """With the methods that are right."""
    refused(call(app, "GET", "/nothing"), 404)
    reply = call(app, "GET", "/predict")
    refused(reply, 405)
    assert reply.headers["allow"] == "POST"


def test_a_failure_is_told_without_its_cause(bundles):
    """The id leads to the traceback in the log."""
    app = create_app(Settings(model=bundles["regression"]))

    async def fails():
        raise RuntimeError("secret")

    add_route(app, "/fails", fails)

    reply = call(app, "GET", "/fails", headers={"x-request-id": "mine"})
    assert refused(reply, 500).endswith("under the id mine")
    assert reply.headers["x-request-id"] == "mine"
    assert "secret" not in reply.text


def test_every_answer_is_hardened(app):
    """Nothing is framed, sniffed, cached, or shared with another origin."""
    page = call(app, "GET", "/docs", headers={"origin": "http://elsewhere.example"})
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-store"
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "access-control-allow-origin" not in page.headers
    data = post(app, ROW)
    assert data.headers["content-security-policy"].startswith("default-src 'none'; frame")


SHOP = "https://shop.example"


def preflight(app, origin, method="POST"):
    """Ask whether a page of an origin may predict."""
    wish = {"access-control-request-method": method, "access-control-request-headers": "x-api-key"}
    return call(app, "OPTIONS", "/predict", headers={"origin": origin} | wish)


def test_no_other_origin_may_ask_unless_set(app, bundles):
    """The one that is set may, and is also told why it is refused."""
    assert "access-control-allow-origin" not in preflight(app, SHOP).headers
    opened = create_app(Settings(model=bundles["regression"], cors_origins=f"{SHOP}, http://b:81"))
    asked = preflight(opened, SHOP)
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == SHOP
    assert "access-control-allow-credentials" not in asked.headers
    assert preflight(opened, "https://elsewhere.example").status_code == 400
    assert preflight(opened, SHOP, "DELETE").status_code == 400
    for body, status in ((ROW, 200), ("{", 400)):
        reply = post(opened, body, origin=SHOP)
        assert reply.status_code == status
        assert reply.headers["access-control-allow-origin"] == SHOP
    assert "access-control-allow-origin" not in post(opened, ROW, origin="http://b").headers
    everyone = create_app(Settings(model=bundles["regression"], cors_origins="*"))
    assert post(everyone, ROW, origin=SHOP).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "text", ["", "shop.example", f"{SHOP}/", f"{SHOP},*", "https://Shop.example", "ftp://a", "null"]
)
def test_what_is_no_origin_is_refused(text):
    """It would never match what a browser sends."""
    with pytest.raises(ValueError, match="must be origins"):
        Settings(cors_origins=text)


def test_a_server_refuses_ten_megabytes_and_lives(port):
    """Declared or not."""

    def chunks():
        for _ in range(100):
            yield b" " * 100_000

    url = f"http://127.0.0.1:{port}/predict"
    refused(httpx.post(url, content=b" " * 10_000_000), 413)
    refused(httpx.post(url, content=chunks()), 413)
    assert httpx.post(url, json=ROW).status_code == 200


def test_a_server_refuses_a_compressed_body(port):
    """And lives."""
    url = f"http://127.0.0.1:{port}/predict"
    bomb = gzip.compress(b"0" * 10_000_000)
    refused(httpx.post(url, content=bomb, headers={"content-encoding": "gzip"}), 415)
    assert httpx.post(url, json=ROW).status_code == 200


@pytest.mark.parametrize("error", [Problem(503, "too late"), RuntimeError("too late")])
def test_what_fails_in_the_middle_of_an_answer_ends_it(bundles, error):
    """A second answer is never begun; the server closes the connection."""
    sent = []

    async def failing(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        raise error

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    app = create_app(Settings(model=bundles["regression"]))
    app.user_middleware[-1] = Middleware(lambda _: failing)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(type(error)):
        asyncio.run(app(scope, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]


def test_a_caller_that_leaves_is_no_failure(bundles, capfd):
    """The log has the line of the request, with the status 499, and no traceback."""
    app = create_app(Settings(model=bundles["regression"]))
    capfd.readouterr()
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        **{"type": "http", "http_version": "1.1", "method": "POST", "scheme": "http"},
        **{"path": "/predict", "raw_path": b"/predict", "query_string": b"", "root_path": ""},
        **{"headers": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)},
    }
    asyncio.run(app(scope, receive, send))
    (line,) = map(json.loads, capfd.readouterr().err.splitlines())
    assert (line["event"], line["status"]) == ("request", 499)
    assert not sent
