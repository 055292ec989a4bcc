"""Secrets come from the environment, files or AWS, and go nowhere else."""

import hashlib
import json
import os
import subprocess
import sys
from contextlib import contextmanager

import boto3
import httpx
import pytest
from moto import mock_aws

from lockgate.errors import ParamsError
from lockgate.service.settings import Settings, load_settings
from tests.artifact.cases import ROW
from tests.service.test_app import ROOT, free_port

URL = "postgresql://user:hush-journal@127.0.0.1:1/none"
REDIS = "redis://:hush-redis@127.0.0.1:1/0"


def test_a_file_may_hold_a_secret(monkeypatch, tmp_path):
    """As an orchestrator mounts it, with a line's end or without."""
    path = tmp_path / "url"
    path.write_text(f"{URL}\n")
    monkeypatch.setenv("LOCKGATE_JOURNAL_URL_FILE", str(path))
    assert load_settings().journal_url.get_secret_value() == URL


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "No such file"), (b"", "is empty"), (b"\xff", "no text"), (b" \n", "is empty")],
)
def test_a_file_that_holds_none_is_refused(monkeypatch, tmp_path, content, problem):
    """The service would otherwise run without what it was given."""
    path = tmp_path / "salt"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("LOCKGATE_JOURNAL_SALT_FILE", str(path))
    with pytest.raises(ParamsError, match=f"LOCKGATE_JOURNAL_SALT_FILE: .*{problem}"):
        load_settings()


def test_a_secret_is_told_once(monkeypatch, tmp_path):
    """By its variable or by its file."""
    (tmp_path / "salt").write_text("hush")
    monkeypatch.setenv("LOCKGATE_JOURNAL_SALT", "hush")
    monkeypatch.setenv("LOCKGATE_JOURNAL_SALT_FILE", str(tmp_path / "salt"))
    with pytest.raises(ParamsError, match="so is the variable without _FILE"):
        load_settings()


def test_only_secrets_are_read_from_files(monkeypatch, tmp_path):
    """Any other name is a typo."""
    monkeypatch.setenv("LOCKGATE_HOST_FILE", str(tmp_path))
    with pytest.raises(ParamsError, match="LOCKGATE_HOST_FILE is no setting"):
        load_settings()


@contextmanager
def vault(monkeypatch, name="lockgate", **content):
    """Keep a secret in a Secrets Manager of our own."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("LOCKGATE_AWS_SECRET", "lockgate")
    with mock_aws():
        boto3.client("secretsmanager").create_secret(Name=name, **content)
        yield


def test_aws_may_keep_the_secrets(monkeypatch):
    """Each under the name of its variable; a variable that is set comes first."""
    kept = {"LOCKGATE_JOURNAL_URL": URL, "LOCKGATE_REDIS_URL": REDIS, "other": "1"}
    monkeypatch.setenv("LOCKGATE_REDIS_URL", "redis://here")
    with vault(monkeypatch, SecretString=json.dumps(kept | {"LOCKGATE_HOST": "0.0.0.0"})):
        settings = load_settings()
    assert settings.journal_url.get_secret_value() == URL
    assert settings.redis_url.get_secret_value() == "redis://here"
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"SecretString": "hush, no JSON"}, "lockgate is no JSON object"),
        ({"SecretString": '["hush"]'}, "lockgate is no JSON object"),
        ({"SecretBinary": b"hush"}, "lockgate is no JSON object"),
        ({"name": "another", "SecretString": "{}"}, "AWS says ResourceNotFoundException"),
    ],
)
def test_a_secret_of_aws_that_is_none_is_refused(monkeypatch, content, problem):
    """Without a word of what it holds."""
    with (
        vault(monkeypatch, **content),
        pytest.raises(ParamsError, match=f"LOCKGATE_AWS_SECRET: {problem}") as refused,
    ):
        load_settings()
    assert "hush" not in str(refused.value)


def test_an_aws_that_cannot_be_asked_is_told(monkeypatch):
    """As there are no credentials, or no region."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("LOCKGATE_AWS_SECRET", "lockgate")
    with pytest.raises(ParamsError, match="AWS cannot be asked for lockgate: NoRegionError"):
        load_settings()


def test_boto3_is_needed_only_when_asked_for(monkeypatch):
    """And its absence is said in a sentence."""
    for name in ("boto3", "botocore.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    assert load_settings().aws_secret is None
    monkeypatch.setenv("LOCKGATE_AWS_SECRET", "lockgate")
    with pytest.raises(ParamsError, match="boto3 is not installed"):
        load_settings()


def test_what_is_not_asked_for_is_not_imported():
    """Neither boto3 nor redis nor limits: memory is for the model."""
    code = (
        "import sys; import lockgate.service.app; "
        "from lockgate.service.settings import load_settings; load_settings(); "
        "print(*{'boto3', 'botocore', 'redis', 'limits'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_secrets_are_in_no_repr_and_no_error():
    """Whoever prints the settings prints stars."""
    settings = Settings(journal_url=URL, journal_salt="hush-salt", redis_url=REDIS)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    with pytest.raises(ValueError, match="journal_queue") as refused:
        Settings(journal_url=URL, journal_queue="hush-queue")
    assert "hush" not in shown + str(refused.value)


def test_a_service_in_trouble_tells_no_secret(bundles, tmp_path):
    """Its database and its Redis are gone; nothing that it says repeats one, nor a caller's key."""
    sha256 = hashlib.sha256(b"hush-key").hexdigest()
    keys = [{"name": "shop", "scopes": ["predict", "feedback", "admin"], "sha256": sha256}]
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    settings = {
        "LOCKGATE_MODEL": str(bundles["regression"]),
        "LOCKGATE_JOURNAL_URL": URL,
        "LOCKGATE_JOURNAL_SALT": "hush-salt",
        "LOCKGATE_REDIS_URL": REDIS,
        "LOCKGATE_RATE_STORE": "redis",
        "LOCKGATE_RATE_PER_ADDRESS": "1000/second",
        "LOCKGATE_KEYS_FILE": "keys.json",
        "LOCKGATE_LOG_LEVEL": "debug",
        "LOCKGATE_DRAIN_SECONDS": "0",
    }
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "lockgate.service"],
        cwd=tmp_path,
        env={**os.environ, **settings, "PORT": str(port), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    told = []
    try:
        server.stdout.readline()
        key = {"authorization": "Bearer hush-key"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=key, timeout=20) as client:
            assert client.post("/predict", json=ROW).status_code == 200
            assert client.post("/feedback", json={}).status_code == 422
            truth = {"prediction_id": "1" * 32, "value": 500}
            for body in ({}, truth, ROW):
                for url in ("/predict", "/feedback", "/predict/batch"):
                    told.append(client.post(url, json=body).text)
            for url in ("/stats", "/metrics", "/predictions/1", "/model/info", "/openapi.json"):
                told.append(client.get(url).text)
    finally:
        server.terminate()
        told.append(server.communicate(timeout=30)[0])
    assert "redis fails" in told[-1]
    assert "hush" not in "".join(told)
