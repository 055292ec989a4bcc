"""The examples of the README and of docs/serving.md are answered as they say."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.project import make_project
from tests.service.test_server import served

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "docs/serving.md")
# Of each answer its own.
CHANGING = {"model_version", "predicted_at", "prediction_id", "request_id", "seconds"}

pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None, reason="no curl to ask with: install the Debian package curl"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return the example's model: that of this checkout, or else one made for the test."""
    contract, params = (
        yaml.safe_load((ROOT / name).read_text()) for name in ("data/contract.yaml", "params.yaml")
    )
    if contract["id"] != "house-sales":
        pytest.skip("the examples are about the house sales that lockgate brings along")
    made = ROOT / "models" / "model"
    if (made / "manifest.json").exists():
        return made
    project = make_project(tmp_path_factory.mktemp("example") / "project", contract, params)
    project.run("lockgate", "simulate", "data/raw")
    for stage in ("validate", "featurize", "train"):
        project.run(sys.executable, "-m", "lockgate.pipeline", stage)
    return project.root / "models" / "model"


@pytest.fixture(scope="module")
def url(model):
    """Return the address of a service that predicts with it."""
    with served(model) as (_, url):
        yield url


def examples(document):
    """Return each command that asks the service, with the answers that follow it."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / document).read_text(), re.M | re.S)
    following = [*blocks[1:], ("", "")]
    return [
        (command, parsed(answer) if kind == "json" else None)
        for (language, command), (kind, answer) in zip(blocks, following, strict=True)
        if language == "sh" and "curl" in command
    ]


def parsed(text):
    """Return the JSON values that follow one another in a text."""
    values, decoder, text = [], json.JSONDecoder(), text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:].lstrip()
    return values


def run(command, url, name):
    """Run a command in a shell, against the service at an address; return what it answers."""
    command = command.replace("localhost:8000", url.removeprefix("http://"))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "ID": name},
    )
    return parsed(done.stdout)


def alike(found, told, name=""):
    """Tell whether an answer is the documented one; numbers may move as the model is retrained."""
    if isinstance(told, dict) and isinstance(found, dict):
        return found.keys() == told.keys() and all(alike(found[k], told[k], k) for k in told)
    if isinstance(told, list) and isinstance(found, list):
        return len(found) == len(told) and all(map(alike, found, told))
    if name in CHANGING:
        return type(found) is type(told)
    return found == (pytest.approx(told, rel=0.1) if isinstance(told, float) else told)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_example_is_answered_as_documented(url, document):
    """Field by field, warnings and refusals included."""
    found, name = examples(document), ""
    assert found
    for command, told in found:
        answers = run(command, url, name)
        if told is None:
            assert "detail" not in answers[0], (command, answers)
        else:
            assert alike(answers, told), (command, answers)
        name = name or answers[0]["prediction_id"]


def test_what_differs_is_seen():
    """Another field, another text, another count or a number that is far off."""
    told = {"a": 1.0, "b": ["x"], "prediction_id": "1"}
    assert alike({"a": 1.05, "b": ["x"], "prediction_id": "2"}, told)
    for wrong in ({"a": 2.0}, {"b": ["y"]}, {"b": []}, {"prediction_id": 2}, {"c": 0}):
        assert not alike(told | wrong, told)
