"""Triton's own client, at its default settings, against a server process."""

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from lockgate import load_predictor
from tests.artifact.cases import ROW
from tests.service.test_server import served
from tests.service.v2.tensors import tensor, texts


@pytest.fixture(scope="module")
def client(bundles):
    """Return a client of a server of its own."""
    with (
        served(bundles["regression"]) as (_, url),
        triton.InferenceServerClient(url.removeprefix("http://")) as client,
    ):
        yield client


def inputs(rows=1):
    """Return the inputs of some rows."""
    return [
        tensor("area", np.full(rows, 80.0)),
        tensor("rooms", np.full(rows, 3)),
        tensor("kind", texts(*["flat"] * rows)),
        tensor("place", texts(*["p1"] * rows)),
    ]


def test_it_asks_what_there_is(client):
    """Whether the server lives and is ready, and what its model takes."""
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("flat")
    assert not client.is_model_ready("house")
    about = client.get_model_metadata("flat")
    (version,) = about["versions"]
    assert client.is_model_ready("flat", version)
    assert client.get_model_metadata("flat", version) == about
    assert client.get_server_metadata()["name"] == "lockgate"


@pytest.mark.parametrize("rows", [1, 64, 2_000])
def test_it_predicts(client, bundles, rows):
    """Binary in and out, with a request id, the same as the predict module to the last bit."""
    expected = load_predictor(bundles["regression"]).predict(ROW)
    result = client.infer("flat", inputs(rows), request_id="r-1")
    assert result.get_response()["id"] == "r-1"
    for name in ("value", "lower", "upper"):
        tensor_name = "predicted_rent" if name == "value" else name
        assert result.as_numpy(tensor_name).tolist() == [getattr(expected, name)] * rows


def test_it_predicts_asynchronously(client):
    """Several requests at once, each with its own answer."""
    version = client.get_model_metadata("flat")["versions"][0]
    waiting = [client.async_infer("flat", inputs(rows), version) for rows in (1, 2, 100)]
    answers = [each.get_result().as_numpy("predicted_rent") for each in waiting]
    assert [len(each) for each in answers] == [1, 2, 100]
    assert len({value for each in answers for value in each.tolist()}) == 1


def test_it_predicts_in_json(client):
    """Where it is told to, a NaN included, which it writes as no JSON has it."""
    sent = [
        tensor("area", [80.0], binary=False),
        tensor("rooms", [3], binary=False),
        tensor("new", [np.nan], binary=False),
    ]
    wanted = [triton.InferRequestedOutput("predicted_rent", binary_data=False)]
    answer = client.infer("flat", sent, outputs=wanted).as_numpy("predicted_rent")
    assert answer == client.infer("flat", sent[:2]).as_numpy("predicted_rent")


def test_it_tells_why_it_was_refused(client):
    """The exception has the service's words, and the status."""
    with pytest.raises(InferenceServerException) as refusal:
        client.infer("flat", [tensor("area", [-1.0]), tensor("rooms", [3])])
    assert refusal.value.message() == "area must be at least 0"
    assert refusal.value.status() == "422"
    with pytest.raises(InferenceServerException, match="flat is served"):
        client.get_model_metadata("house")
    with pytest.raises(InferenceServerException, match="input rooms is required"):
        client.async_infer("flat", [tensor("area", [1.0])]).get_result()
    with pytest.raises(InferenceServerException, match="no such"):
        client.infer("flat", inputs(), model_version="1")
