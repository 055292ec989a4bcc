"""An answer comes with its reasons, when it is asked for them."""

import pytest

from lockgate.service import create_app
from lockgate.service.settings import Settings
from tests.artifact import cases
from tests.artifact.cases import ROW
from tests.service.client import call, post
from tests.service.test_batches import BAD, answer_of, batch

EXPLAINED = "/predict?explain=true"


def total(reply):
    """Return base and contributions of an answer added up."""
    told = reply["explanation"]
    return told["base"] + sum(told["contributions"].values())


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_contributions_add_up_to_the_answer(apps, task):
    """Which is the same as without them."""
    plain = answer_of(post(apps[task], ROW).json())
    reply = post(apps[task], ROW, EXPLAINED).json()
    value = reply["predicted_rent"] if task == "regression" else reply["probability"]
    assert total(reply) == pytest.approx(value, rel=1e-9)
    assert list(reply["explanation"]["contributions"]) == list(cases.FEATURES)
    told = answer_of(reply)
    told.pop("explanation")
    assert told == plain
    assert "explanation" not in post(apps[task], ROW, "/predict?explain=false").json()


def test_a_batch_is_explained_row_by_row(app):
    """Each as it is alone; bad rows are told among them."""
    url = "/predict/batch?explain=true&bad_rows=report"
    first, bad, last = batch(app, [ROW, BAD, ROW | {"rooms": 7}], url).json()["predictions"]
    assert first["explanation"] == post(app, ROW, EXPLAINED).json()["explanation"]
    assert bad["errors"]
    assert total(last) == pytest.approx(last["predicted_rent"], rel=1e-9)
    assert first["explanation"] != last["explanation"]


def test_fewer_rows_are_explained_than_predicted(bundles):
    """Beyond the limit the request is refused, with what to do."""
    app = create_app(Settings(model=bundles["regression"], max_explained=2))
    refused = batch(app, [ROW] * 3, "/predict/batch?explain=true")
    assert refused.status_code == 413
    assert "send several" in refused.json()["detail"]
    assert batch(app, [ROW] * 3).status_code == 200
    assert batch(app, [ROW] * 2, "/predict/batch?explain=true").status_code == 200


@pytest.mark.parametrize("url", ["/predict?explain=why", "/predict/batch?explain=1"])
def test_another_wish_is_refused(app, url):
    """It is true or false."""
    reply = post(app, ROW, url) if "batch" not in url else batch(app, [ROW], url)
    assert reply.status_code == 422
    assert reply.json()["errors"] == [{"field": "explain", "problem": "must be true or false"}]


def test_a_row_that_does_not_fit_is_refused_as_ever(app):
    """Before anything is explained."""
    assert post(app, BAD, EXPLAINED).status_code == 422


def test_an_answer_from_the_cache_is_explained(bundles):
    """By the same numbers, and what is cached stays as it was."""
    app = create_app(Settings(model=bundles["multiclass"], cache="memory"))
    replies = [answer_of(post(app, ROW, url).json()) for url in (EXPLAINED, EXPLAINED, "/predict")]
    assert replies[0] == replies[1]
    assert replies[2] == {name: replies[0][name] for name in replies[2]}
    assert app.state.service.cache.hits._value.get() == 2


def test_the_journal_keeps_the_answer_alone(bundles, tmp_path):
    """As it does of any request."""
    settings = Settings(model=bundles["regression"], journal=str(tmp_path / "journal.db"))
    app = create_app(settings)
    journal = app.state.service.journal
    journal.start()
    reply = post(app, ROW, EXPLAINED).json()
    journal.close(10)
    kept = call(app, "GET", f"/predictions/{reply['prediction_id']}").json()
    assert "explanation" not in str(kept)
    assert str(reply["predicted_rent"]) in str(kept)


def test_the_baseline_is_explained_when_it_stands_in(bundles):
    """The reasons are of the model that answered."""
    app = create_app(Settings(model=bundles["regression"], breaker_failures=1))
    app.state.service.router.current.breaker.failed()
    reply = post(app, ROW, EXPLAINED).json()
    assert reply["served_by"] == "fallback"
    assert total(reply) == pytest.approx(reply["predicted_rent"], rel=1e-9)


def test_a_model_that_cannot_be_explained_says_so(tmp_path):
    """And predicts all the same."""
    directory = cases.save_bundle(tmp_path / "model", cases.neighbours())
    app = create_app(Settings(model=directory))
    reply = post(app, ROW, EXPLAINED)
    assert reply.status_code == 422
    assert "cannot be explained" in reply.json()["detail"]
    assert post(app, ROW).status_code == 200


def test_a_bundle_that_was_replaced_under_the_service_is_not_read(tmp_path):
    """What explains a model is verified when it is read."""
    directory = cases.copy_bundle(tmp_path / "model")
    app = create_app(Settings(model=directory))
    (directory / "primary.nodes.npz").write_bytes(b"other")
    reply = post(app, ROW, EXPLAINED)
    assert reply.status_code == 503
    assert "without explain" in reply.json()["detail"]
    assert post(app, ROW).status_code == 200


def test_the_parameter_is_in_the_openapi_document(app):
    """With what it adds to an answer."""
    document = call(app, "GET", "/openapi.json").json()
    for path in ("/predict", "/predict/batch"):
        names = [each["name"] for each in document["paths"][path]["post"]["parameters"]]
        assert "explain" in names
    assert "contributions" in document["components"]["schemas"]["Reasons"]["properties"]


def test_a_stream_that_is_to_be_explained_is_refused(app):
    """Better than answers without what was asked for."""
    reply = post(app, ROW, "/predict/stream?explain=true")
    assert reply.status_code == 422
    assert reply.json()["errors"] == [
        {"field": "explain", "problem": "is not possible of a stream"}
    ]
