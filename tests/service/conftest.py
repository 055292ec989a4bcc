"""Bundles to serve, and apps that serve them."""

import hashlib
import json

import pytest

from lockgate.service import create_app
from lockgate.service.settings import Settings
from tests.artifact import cases
from tests.service.redis import PROGRAM, RedisServer


@pytest.fixture(scope="session", autouse=True)
def journal(tmp_path_factory):
    """Keep what the tests predict out of the checkout's own journal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCKGATE_JOURNAL", str(tmp_path_factory.mktemp("journal") / "journal.db"))
        yield


@pytest.fixture(scope="session")
def bundles(tmp_path_factory):
    """Return the directories of a bundle for each task."""
    folder = tmp_path_factory.mktemp("served")
    return {task: cases.copy_bundle(folder / task, task) for task in ("regression", "multiclass")}


@pytest.fixture(scope="session")
def apps(bundles):
    """Return an app with its default settings for each task."""
    return {task: create_app(Settings(model=directory)) for task, directory in bundles.items()}


@pytest.fixture(scope="session")
def app(apps):
    """Return the app that predicts a number."""
    return apps["regression"]


@pytest.fixture
def keys_file(tmp_path):
    """Return a file of one key, whose secret is `open`."""
    secret = hashlib.sha256(b"open").hexdigest()
    path = tmp_path / "keys.json"
    path.write_text(json.dumps([{"name": "a", "scopes": ["predict"], "sha256": secret}]))
    return path


@pytest.fixture
def redis(tmp_path):
    """Return a Redis that runs."""
    if PROGRAM is None:
        pytest.skip("needs redis-server: Debian's package redis-server")
    server = RedisServer(tmp_path)
    yield server
    server.kill()
