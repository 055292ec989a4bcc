"""requirements/serve.txt alone serves a model, on a machine that never trains one."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.artifact import cases
from tests.project import CHECKOUT

NEEDED = ("LICENSE", "README.md", "pyproject.toml", "requirements", "scripts", "src")
HEAVY = ("pandas", "sklearn", "pyarrow", "great_expectations", "matplotlib", "scipy", "dvc")


@pytest.fixture(scope="module")
def slim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install what the service needs, and nothing else, into an environment of its own."""
    root = tmp_path_factory.mktemp("slim")
    for name in NEEDED:
        source = CHECKOUT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, root / name)
    _run(root, "scripts/setup", "serve")
    return root


def test_nothing_heavy_is_installed(slim: Path) -> None:
    """Neither what trains and validates, nor what reads tables."""
    asked = f"import importlib.util as u; print([n for n in {HEAVY} if u.find_spec(n)])"
    assert _run(slim, ".venv/bin/python", "-c", asked) == "[]\n"


def test_it_verifies_signatures(slim: Path) -> None:
    """A release that was signed by somebody else is refused there as well."""
    cases.copy_bundle(slim / "v1.0.0", "regression")
    (slim / "v1.0.0.json").write_text("{}")
    (slim / "v1.0.0.sig").write_text("c29tZWJvZHk=")
    key = Ed25519PrivateKey.generate().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (slim / "release.pub").write_bytes(pem)
    done = subprocess.run(
        [".venv/bin/python", "-m", "lockgate.service"],
        cwd=slim,
        env=_environment()
        | {"PORT": "0", "LOCKGATE_MODEL": "v1.0.0", "LOCKGATE_VERIFY_KEY": "release.pub"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "was not signed by the owner of release.pub" in done.stderr


def test_it_serves_with_keys_and_a_journal(slim: Path) -> None:
    """What `lockgate keys` makes opens it, and `lockgate journal` exports what it answered."""
    bundle = cases.copy_bundle(slim / "bundle", "regression")
    secret = _run(slim, ".venv/bin/lockgate", "keys", "new", "shop", "predict").strip()
    settings = {
        "LOCKGATE_MODEL": str(bundle),
        "LOCKGATE_KEYS_FILE": "keys.json",
        "LOCKGATE_JOURNAL": "journal.db",
    }
    with subprocess.Popen(
        [".venv/bin/python", "-m", "lockgate.service"],
        cwd=slim,
        env=_environment() | settings | {"PORT": "0", "LOCKGATE_DRAIN_SECONDS": "0"},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout
            found = re.search(r"on (http://\S+)", server.stdout.readline())
            assert found
            headers = {"authorization": f"Bearer {secret}"}
            reply = httpx.post(f"{found[1]}/predict", json=cases.ROW, headers=headers, timeout=30)
        finally:
            server.terminate()
    assert reply.status_code == 200
    _run(slim, ".venv/bin/lockgate", "journal", "export", "kept.ndjson", **settings)
    (kept,) = (slim / "kept.ndjson").read_text(encoding="utf-8").splitlines()
    assert json.loads(kept)["id"] == reply.json()["prediction_id"]


def _environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name[:3] != "PYT"}
    return inherited | {"PYTHONPATH": str(CHECKOUT)}


def _run(root: Path, *command: str, **settings: str) -> str:
    environment = _environment() | settings
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
