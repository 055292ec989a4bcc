"""Each caller may ask so often; then it is told when to ask again."""

import asyncio
import json
import signal
import time

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.errors import ParamsError
from lockgate.service import create_app
from lockgate.service.addresses import client
from lockgate.service.counts import MOST_KNOWN, Local
from lockgate.service.formats import Rate, networks, rate
from lockgate.service.settings import Settings
from tests.artifact.cases import ROW
from tests.service.client import call, post
from tests.service.test_access import entry
from tests.service.test_guarding import refused
from tests.service.test_server import served


@pytest.fixture
def keys(tmp_path):
    """Return a file of two keys."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps([entry("shop", "predict"), entry("desk", "predict")]))
    return path


def limited(bundles, **settings):
    """Return an app with limits."""
    return create_app(Settings(model=bundles["regression"], **settings))


def statuses(app, count, **headers):
    """Return what so many predictions are answered with."""
    return [post(app, ROW, **headers).status_code for _ in range(count)]


def test_whoever_asks_too_often_is_told_when_to_ask_again(bundles):
    """In the headers of the IETF's draft, and in Retry-After."""
    app = limited(bundles, rate_per_address="2/hour")
    first, second, third = (post(app, ROW) for _ in range(3))
    assert first.headers["ratelimit-policy"] == '"address";q=2;w=3600'
    assert first.headers["ratelimit"] == '"address";r=1;t=3600'
    assert second.headers["ratelimit"].startswith('"address";r=0;t=')
    assert "more than 2 requests of one address in 3,600 s" in refused(third, 429)
    assert 3590 <= int(third.headers["retry-after"]) <= 3600
    assert third.headers["ratelimit"] == f'"address";r=0;t={third.headers["retry-after"]}'
    metrics = call(app, "GET", "/metrics")
    assert metrics.status_code == 200
    assert 'lockgate_refusals_total{reason="rate"} 1.0' in metrics.text


def test_without_a_limit_nobody_is_counted(app):
    """And no header speaks of it."""
    assert "ratelimit" not in post(app, ROW).headers


def test_a_new_window_begins_anew(bundles):
    """After the seconds that Retry-After told."""
    app = limited(bundles, rate_per_address="1/second")
    assert 429 in statuses(app, 3)
    time.sleep(int(post(app, ROW).headers.get("retry-after", "1")))
    assert post(app, ROW).status_code == 200


def test_each_key_has_its_own(bundles, keys):
    """One that asks too often does not keep another from asking."""
    app = limited(bundles, keys_file=keys, rate_per_key="2/hour")
    assert statuses(app, 3, authorization="Bearer shop") == [200, 200, 429]
    reply = post(app, ROW, authorization="Bearer desk")
    assert reply.headers["ratelimit"].startswith('"key";r=1')
    assert statuses(app, 3) == [401, 401, 401]


def test_guessing_keys_is_limited(bundles, keys):
    """As the address is counted before the key is looked at."""
    app = limited(bundles, keys_file=keys, rate_per_address="2/hour", rate_per_key="9/hour")
    assert statuses(app, 4, authorization="Bearer guess") == [401, 401, 429, 429]
    assert call(app, "GET", "/health").status_code == 200
    app = limited(bundles, keys_file=keys, rate_per_address="2/hour", rate_per_key="9/hour")
    told = post(app, ROW, authorization="Bearer shop").headers.get_list("ratelimit")
    assert sorted(each.partition(";")[0] for each in told) == ['"address"', '"key"']


@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(1, 10))
@settings(max_examples=50, deadline=None)
def test_exactly_so_many_pass(callers, amount):
    """Of each caller, whatever the others do."""
    local = Local(Rate(amount, 3600))
    passed = [who for who in callers if local.hit(who)[0] <= amount]
    for who in "abc":
        assert passed.count(who) == min(amount, callers.count(who))


def test_memory_has_an_end():
    """Beyond so many callers the new ones are counted together; the known ones are not."""
    local = Local(Rate(5, 3600))
    for number in range(MOST_KNOWN):
        local.hit(str(number))
    assert [local.hit(f"new-{number}")[0] for number in range(3)] == [1, 2, 3]
    assert local.hit("7")[0] == 2


PROXIES = networks("10.0.0.0/8, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "sent", "found"),
    [
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.2.3.4", "198.51.100.1"),
        ("10.0.0.1", "10.2.3.4", "10.2.3.4"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_a_trusted_proxy_is_believed_and_nobody_else(peer, sent, found):
    """Only what the last of them saw itself, as anybody can send the header."""
    headers = [(b"x-forwarded-for", sent.encode())]
    assert client({"type": "http", "client": (peer, 1), "headers": headers}, PROXIES) == found


def test_without_trusted_proxies_the_peer_counts():
    """A home has 64 bits of IPv6 addresses, and is one caller."""
    headers = [(b"x-forwarded-for", b"198.51.100.1")]

    def found(peer):
        return client({"type": "http", "client": peer, "headers": headers}, ())

    assert found(("127.0.0.1", 1)) == "127.0.0.1"
    assert found(("2001:db8::1", 1)) == found(("2001:db8::2", 1)) == "2001:db8::/64"
    assert found(None) == "unknown"


def test_a_server_believes_no_header_unless_told(bundles):
    """Not even of a program on this machine."""
    limits = {"LOCKGATE_RATE_PER_ADDRESS": "2/hour"}

    def codes(url):
        return [
            httpx.post(
                f"{url}/predict", json=ROW, headers={"x-forwarded-for": f"192.0.2.{number}"}
            ).status_code
            for number in range(3)
        ]

    with served(bundles["regression"], **limits) as (_, url):
        assert codes(url) == [200, 200, 429]
    limits["LOCKGATE_TRUSTED_PROXIES"] = "127.0.0.1"
    with served(bundles["regression"], **limits) as (_, url):
        assert codes(url) == [200, 200, 200]


@pytest.mark.parametrize(
    "text", ["", "5", "0/second", "-1/second", "5/fortnight", "5/second;9/hour", "5/second x"]
)
def test_what_is_no_rate_is_refused(text):
    """With what one looks like."""
    with pytest.raises(ValueError, match="such as 100/second"):
        Settings(rate_per_address=text)
    assert rate("50 per 10 minutes") == Rate(50, 600)


@pytest.mark.parametrize("text", ["", "localhost", "10.0.0.1/8", "10.0.0.0/8,", "*"])
def test_what_is_no_network_is_refused(text):
    """Trust is not given by mistake."""
    with pytest.raises(ValueError, match="such as 10.0.0.0/8"):
        Settings(trusted_proxies=text)


def test_settings_that_do_not_fit_are_refused(bundles):
    """A limit that could not hold is no limit."""
    with pytest.raises(ParamsError, match="needs LOCKGATE_KEYS_FILE"):
        limited(bundles, rate_per_key="5/second")
    for url in (None, "http://hush:hush@host", "redis://hush:hush@host:port/0"):
        with pytest.raises(ParamsError, match="LOCKGATE_REDIS_URL") as problem:
            limited(bundles, rate_per_address="5/second", rate_store="redis", redis_url=url)
        assert "hush" not in str(problem.value)


def test_workers_count_together_in_redis(bundles, redis):
    """Two processes allow as much as one."""
    limits = {
        "LOCKGATE_RATE_PER_ADDRESS": "6/hour",
        "LOCKGATE_RATE_STORE": "redis",
        "LOCKGATE_REDIS_URL": redis.url,
    }
    bundle = bundles["regression"]
    with served(bundle, **limits) as (_, one), served(bundle, **limits) as (_, other):
        replies = [httpx.post(f"{url}/predict", json=ROW) for url in [one, other] * 4]
    assert [reply.status_code for reply in replies] == [200] * 6 + [429] * 2
    assert replies[0].headers["ratelimit"] == '"address";r=5;t=3600'
    assert 3590 <= int(replies[-1].headers["retry-after"]) <= 3600


@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP])
def test_a_redis_that_is_gone_or_hangs_delays_little_and_fails_nothing(bundles, redis, fate):
    """Each worker counts itself meanwhile; it is not asked again by each request."""
    app = limited(bundles, rate_per_address="20/hour", rate_store="redis", redis_url=redis.url)

    async def play():
        transport = httpx.ASGITransport(app=app)
        async with (
            asyncio.timeout(30),
            httpx.AsyncClient(transport=transport, base_url="http://test") as it,
        ):
            before = await it.post("/predict", json=ROW)
            redis.send(fate)
            during = [await it.post("/predict", json=ROW) for _ in range(22)]
            redis.send(signal.SIGCONT)
            return before, [reply.status_code for reply in during]

    before, during = asyncio.run(play())
    assert before.headers["ratelimit"] == '"address";r=19;t=3600'
    assert during[:19] == [200] * 19
    assert during[-2:] == [429] * 2
