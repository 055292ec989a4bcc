"""The service as processes: how it starts, survives a killed worker, and stops."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import httpx
import pytest
import uvicorn
from uvicorn.supervisors.multiprocess import Process

from lockgate.errors import ParamsError
from lockgate.service.listening import address, check_certificate, listening
from lockgate.service.server import let_go
from lockgate.service.settings import Settings
from tests.artifact.cases import ROW
from tests.service.processes import answers, eventually, served, workers


def test_a_killed_worker_is_replaced(bundles):
    """The other goes on; what both counted until a second ago stays, nothing stays in flight."""
    with served(bundles["regression"], WORKERS="2") as (server, url):
        eventually(lambda: len(workers(server)) == 2)
        for _ in range(20):
            assert answers(url)
        time.sleep(2)
        victim = workers(server)[0]
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: len(set(workers(server)) - {victim}) == 2)
        eventually(lambda: answers(url))
        stats = httpx.get(f"{url}/stats", timeout=10).json()
        assert stats["latency_ms"]["/predict"]["requests"] >= 21
        assert stats["in_flight"] == 1
    assert server.returncode == 0


def test_a_worker_that_dies_while_it_is_asked_is_not_waited_for():
    """Its supervisor need not look whether it lives until the patience with it ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = "starlette.applications:Starlette"
        process = Process(uvicorn.Config(app, factory=True, lifespan="off"), [listener])
        process.start()
        let_go([process])
        try:
            assert process.wait_until_ready(60)
            os.kill(process.pid, signal.SIGSTOP)
            asking = threading.Thread(target=process.ping, args=(600,), daemon=True)
            asking.start()
            time.sleep(0.5)
            os.kill(process.pid, signal.SIGKILL)
            asking.join(30)
            assert not asking.is_alive()
        finally:
            process.kill()


def test_a_killed_worker_loses_at_most_what_it_was_answering(bundles):
    """Of callers that connect anew for each request, each loses one at most."""
    answered, failures, done = [], [], threading.Event()

    def load(url):
        while not done.is_set():
            (answered if answers(url, 10) else failures).append(time.monotonic())

    with served(bundles["regression"], WORKERS="2") as (server, url):
        eventually(lambda: len(workers(server)) == 2 and answers(url))
        callers = [threading.Thread(target=load, args=(url,)) for _ in range(4)]
        for each in callers:
            each.start()
        eventually(lambda: len(answered) > 50)
        victim = workers(server)[0]
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: len(set(workers(server)) - {victim}) == 2)
        back = len(answered)
        eventually(lambda: len(answered) > back + 50)
        done.set()
        for each in callers:
            each.join(20)
    assert len(failures) <= len(callers)


@pytest.mark.parametrize("count", ["1", "2"])
def test_a_stop_loses_nothing(bundles, count):
    """Not ready first; callers that go elsewhere when asked to are all answered."""
    failures, answered = [], []

    def load(url):
        with httpx.Client(timeout=10) as client:
            while True:
                try:
                    reply = client.post(f"{url}/predict", json=ROW)
                except httpx.TransportError as problem:
                    failures.append(problem)
                    return
                answered.append(reply.status_code)
                if reply.headers.get("connection") == "close":
                    return

    with served(bundles["regression"], WORKERS=count, LOCKGATE_DRAIN_SECONDS="2") as (server, url):
        callers = [threading.Thread(target=load, args=(url,)) for _ in range(4)]
        for each in callers:
            each.start()
        eventually(lambda: len(answered) > 50)
        server.send_signal(signal.SIGTERM)
        for each in callers:
            each.join(20)
        ready = httpx.get(f"{url}/ready", timeout=5)
        assert ready.status_code == 503
        assert ready.headers["content-type"] == "application/problem+json"
        assert httpx.get(f"{url}/health", timeout=5).status_code == 200
        assert server.wait(20) == 0
    assert failures == []
    assert set(answered) == {200}


@pytest.mark.parametrize("count", ["1", "2"])
def test_a_stop_loses_nothing_of_a_load_balancer(bundles, count):
    """One that connects anew for each request, and asks every half second whether to go on."""
    failures, answered, gone = [], [], threading.Event()

    def look(url):
        while not gone.wait(0.5):
            if httpx.get(f"{url}/ready", timeout=10).status_code != 200:
                gone.set()

    def load(url):
        while not gone.is_set():
            try:
                reply = httpx.post(f"{url}/predict", json=ROW, timeout=10)
            except httpx.TransportError as problem:
                failures.append(problem)
                return
            answered.append(reply.status_code)

    with served(bundles["regression"], WORKERS=count, LOCKGATE_DRAIN_SECONDS="3") as (server, url):
        eventually(lambda: answers(url))
        callers = [threading.Thread(target=each, args=(url,)) for each in (look, *[load] * 4)]
        for each in callers:
            each.start()
        eventually(lambda: len(answered) > 50)
        server.send_signal(signal.SIGTERM)
        before = len(answered)
        for each in callers:
            each.join(30)
        assert gone.is_set()
        assert server.wait(20) == 0
    assert failures == []
    assert len(answered) > before
    assert set(answered) == {200}


def test_a_stop_finishes_what_it_has_begun(bundles):
    """A stream that is being answered when the time is up is answered to its end."""
    begun = threading.Event()

    def lines():
        for _ in range(10):
            yield json.dumps(ROW).encode() + b"\n"
            begun.set()
            time.sleep(0.3)

    replies = []

    def stream(url):
        replies.append(httpx.post(f"{url}/predict/stream", content=lines(), timeout=20).text)

    with served(bundles["regression"]) as (server, url):
        caller = threading.Thread(target=stream, args=(url,))
        caller.start()
        assert begun.wait(10)
        server.send_signal(signal.SIGTERM)
        caller.join(20)
        assert server.wait(20) == 0
    assert len(replies[0].splitlines()) == 10


@pytest.mark.parametrize("count", ["1", "2"])
def test_every_line_of_the_log_is_json(bundles, tmp_path, count):
    """Also what the server and its supervisor say, and nothing is said twice."""
    path = tmp_path / "log"
    with (
        path.open("w") as log,
        served(bundles["regression"], log, WORKERS=count) as (server, url),
    ):
        eventually(lambda: answers(url))
        if count == "2":
            eventually(lambda: len(workers(server)) == 2)
            victim = workers(server)[0]
            os.kill(victim, signal.SIGKILL)
            eventually(lambda: len(set(workers(server)) - {victim}) == 2 and answers(url))
        at = httpx.URL(url)
        with socket.create_connection((at.host, at.port), timeout=10) as connection:
            connection.sendall(b"NONSENSE\r\n\r\n")
            assert b" 400 " in connection.recv(4096)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        assert {"event", "level", "timestamp"} <= line.keys()
    events = [line["event"] for line in lines]
    assert events.count("Invalid HTTP request received.") == 1
    if count == "2":
        assert any(str(victim) in event for event in events)


def test_a_busy_port_is_said_in_a_sentence(bundles):
    """Which one, and what to do; exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environment = {**os.environ, "PORT": port, "LOCKGATE_MODEL": str(bundles["regression"])}
        done = subprocess.run(
            [sys.executable, "-m", "lockgate.service"],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert f"127.0.0.1:{port}: cannot listen: address already in use" in done.stderr
    assert "set PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_is_none_is_said_once(tmp_path):
    """Not by each worker, and none is started again and again."""
    done = subprocess.run(
        [sys.executable, "-m", "lockgate.service"],
        check=False,
        env={**os.environ, "PORT": "0", "WORKERS": "2", "LOCKGATE_MODEL": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.count("no model bundle") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("count", ["1", "2"])
def test_without_keys_nobody_else_can_even_connect(count):
    """It is said in two lines, with how to make a key, and before a model is loaded."""
    done = subprocess.run(
        [sys.executable, "-m", "lockgate.service"],
        check=False,
        env={**os.environ, "PORT": "0", "HOST": "0.0.0.0", "WORKERS": count},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert "no API keys are set" in said[0]
    assert "lockgate keys new" in said[1]
    assert len(said) == 2


def test_https_with_a_certificate(bundles, tmp_path):
    """The start-up line says so."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", cert),
        ],
        check=True,
        capture_output=True,
    )
    paths = {"LOCKGATE_TLS_CERT": str(cert), "LOCKGATE_TLS_KEY": str(key)}
    with served(bundles["regression"], **paths) as (_, url):
        assert url.startswith("https://")
        assert (
            httpx.get(
                f"{url}/ready", verify=ssl.create_default_context(cafile=cert), timeout=10
            ).status_code
            == 200
        )
    with pytest.raises(ParamsError, match="need each other"):
        check_certificate(Settings(tls_cert=cert))
    key.write_text("none")
    with pytest.raises(ParamsError, match="do not belong together"):
        check_certificate(Settings(tls_cert=cert, tls_key=key))


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_the_address_can_be_opened(host):
    """Also where the service listens on every address."""
    settings = Settings(host=host, port=0)
    with listening(settings) as listener:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address(settings, listener))


def test_a_name_that_is_none_is_refused():
    """With what to set."""
    with (
        pytest.raises(ParamsError, match="(?s)cannot listen.*set HOST"),
        listening(Settings(host="nowhere.invalid", port=0)),
    ):
        pass


def test_an_address_of_another_machine_is_refused():
    """By name."""
    with (
        pytest.raises(ParamsError, match=r"192\.0\.2\.1:0: cannot listen"),
        listening(Settings(host="192.0.2.1", port=0)),
    ):
        pass
