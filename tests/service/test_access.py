"""Whoever has no key, or one of another scope, is told so; keys change while the service runs."""

import hashlib
import json

import pytest

from lockgate.errors import ParamsError
from lockgate.service import create_app
from lockgate.service.keys import Keyring
from lockgate.service.settings import Settings
from tests.artifact.cases import ROW
from tests.service.client import call, post
from tests.service.test_guarding import refused


def entry(name, *scopes, **more):
    """Return the entry of a key whose secret is its name."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return {"name": name, "scopes": scopes, "sha256": sha256} | more


@pytest.fixture
def path(tmp_path):
    """Return a file of three keys."""
    path = tmp_path / "keys.json"
    late = entry("late", "predict", expires="2020-01-01T00:00:00Z")
    path.write_text(json.dumps([entry("shop", "predict"), entry("desk", "feedback"), late]))
    return path


@pytest.fixture
def guarded(bundles, path):
    """Return an app that asks for keys."""
    settings = Settings(model=bundles["regression"], keys_file=path, host="0.0.0.0")
    return create_app(settings)


def test_a_key_opens_what_its_scope_says(guarded):
    """In either header."""
    assert post(guarded, ROW, authorization="Bearer shop").status_code == 200
    assert post(guarded, ROW, **{"x-api-key": "shop"}).status_code == 200
    assert "scope predict" in refused(post(guarded, ROW, authorization="Bearer desk"), 403)
    assert "scope feedback" in refused(post(guarded, {}, "/feedback", **{"x-api-key": "shop"}), 403)
    reply = call(guarded, "GET", "/metrics", headers={"x-api-key": "shop"})
    assert "scope admin" in refused(reply, 403)


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", "Basic shop", "Bearer late"])
def test_without_a_valid_key_nothing_is_answered(guarded, sent):
    """None, an unknown one, another scheme, an expired one."""
    reply = post(guarded, ROW, authorization=sent)
    refused(reply, 401)
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert call(guarded, "GET", "/model/info").status_code == 401


def test_health_needs_no_key(guarded):
    """A load balancer has none."""
    assert call(guarded, "GET", "/health").status_code == 200
    assert call(guarded, "GET", "/ready").status_code == 200


def test_keys_change_without_a_restart(path):
    """A revoked key stops working; a file that is no longer one leaves the keys as they were."""
    ring = Keyring(path, look_every=0)
    assert ring.find("shop").name == "shop"
    path.write_text(json.dumps([entry("new", "predict")]))
    assert ring.find("shop") is None
    assert ring.find("new").name == "new"
    path.write_text("{")
    assert ring.find("new").name == "new"
    path.unlink()
    assert ring.find("new").name == "new"


def test_a_file_is_looked_at_once_a_second(path):
    """Not at every request."""
    ring = Keyring(path)
    path.write_text("[]")
    assert ring.find("shop").name == "shop"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "example.org"])
def test_nobody_listens_beyond_this_machine_without_keys(bundles, host):
    """Unless told so."""
    with pytest.raises(ParamsError, match="LOCKGATE_KEYS_FILE"):
        create_app(Settings(model=bundles["regression"], host=host))
    create_app(Settings(model=bundles["regression"], host=host, allow_anonymous=True))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_needs_no_keys(bundles, host):
    """As nobody else can ask."""
    app = create_app(Settings(model=bundles["regression"], host=host))
    assert post(app, ROW).status_code == 200


@pytest.mark.parametrize("text", ["", "{}", '[{"name": "a"}]', '[{"sha256": "hidden"}]'])
def test_a_file_that_is_none_is_refused_at_the_start(path, text):
    """Without a word of what it holds."""
    path.write_text(text)
    with pytest.raises(ParamsError, match=r"keys\.json") as problem:
        Keyring(path)
    assert "hidden" not in str(problem.value)
