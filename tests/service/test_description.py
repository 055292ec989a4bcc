"""What the service says of its model."""

import json
import shutil

import jsonschema
import pytest

from lockgate.service import create_app
from lockgate.service.settings import Settings
from tests.service.client import call

METRICS = {"models": {"test": {"mae": {"value": 2.0, "lower": 1.5, "upper": 2.5}}}, "rows": 9}


@pytest.fixture
def checkout(bundles, tmp_path):
    """Return a checkout whose model was evaluated."""
    model = tmp_path / "models" / "model"
    shutil.copytree(bundles["regression"], model)
    (tmp_path / "plots").mkdir()
    (tmp_path / "metrics" / "evaluation").mkdir(parents=True)
    model_hash = (model / "manifest.sha256").read_text().split()[0]
    (tmp_path / "plots" / "model_card.md").write_text(f"# Model card\n\n- Model: `{model_hash}`\n")
    (tmp_path / "metrics" / "evaluation" / "confidence.json").write_text(json.dumps(METRICS))
    return tmp_path


def info(checkout):
    """Return what is said of the model of a checkout."""
    app = create_app(Settings(model=checkout / "models" / "model"))
    return call(app, "GET", "/model/info").json()


def test_metrics_and_card_are_those_of_this_model(checkout):
    """With the confidence interval of each metric."""
    reply = info(checkout)
    assert reply["metrics"] == METRICS["models"]["test"]
    assert reply["card"].startswith("# Model card")


def test_those_of_another_model_are_not_shown(checkout):
    """As after a training that was not evaluated yet."""
    (checkout / "plots" / "model_card.md").write_text(f"# Model card\n\n- Model: `{'0' * 64}`\n")
    reply = info(checkout)
    assert (reply["metrics"], reply["card"]) == (None, None)


@pytest.mark.parametrize("damage", ["", "[]", '{"models": 1}', '{"models": {"test": {"mae": 1}}}'])
def test_metrics_that_are_none_keep_nobody_from_serving(checkout, damage):
    """They are left out."""
    (checkout / "metrics" / "evaluation" / "confidence.json").write_text(damage)
    reply = info(checkout)
    assert reply["metrics"] is None
    assert reply["card"]


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_the_answer_is_what_openapi_says(apps, task):
    """Field by field; a class has no interval."""
    reply = call(apps[task], "GET", "/model/info").json()
    document = call(apps[task], "GET", "/openapi.json").json()
    schema = {"$ref": "#/components/schemas/ModelInfo", "components": document["components"]}
    jsonschema.validate(reply, schema)
    assert set(reply) == set(document["components"]["schemas"]["ModelInfo"]["properties"])
    assert (reply["intervals"] is None) == (task == "multiclass")
    assert (reply["sets"] is None) == (task == "regression")
    assert bool(reply["classes"]) == (task == "multiclass")
    assert {"area", "area_per_room"} <= {each["name"] for each in reply["features"]}
