"""The protocol answers what /predict answers, to the last bit, in JSON and in binary tensors."""

import json
import sqlite3

import numpy as np
import pytest
import tritonclient.http as triton

from lockgate.service import create_app
from lockgate.service.settings import Settings
from tests.artifact import cases
from tests.artifact.cases import ROW
from tests.service.client import call, post
from tests.service.test_access import entry
from tests.service.test_feedback import talk
from tests.service.test_telemetry import metrics, sample
from tests.service.v2.tensors import INFER, encoded, infer, plain, refused, send, tensor, texts


def table(count=150):
    """Return rows with missing and unseen values, column by column, as numpy holds them."""
    rows = cases.make_rows(count, seed=7)
    days = {name: np.datetime_as_string(rows[name], unit="D") for name in ("sold_on", "built_on")}
    columns = {
        "area": np.nan_to_num(rows["area"], nan=60.0),
        "rooms": rows["rooms"].astype(np.int64),
        "kind": rows["kind"],
        "place": rows["place"],
        "new": rows["new"],
        "owner": rows["owner"],
    }
    for name, values in days.items():
        columns[name] = np.where(values == "NaT", "", values).astype(object)
    columns["owner"][::3] = np.nan
    columns["place"][::5] = "zz9"
    columns["sold_on"][::4] = ""
    return columns


def rows_of(columns):
    """Return the same rows as /predict takes them."""
    lists = {name: values.tolist() for name, values in columns.items()}
    rows = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    for row in rows:
        row["new"] = {0.0: False, 1.0: True}.get(row["new"])
        row["owner"] = None if np.isnan(row["owner"]) else int(row["owner"])
        for name in ("kind", "place", "sold_on", "built_on"):
            row[name] = row[name] or None
    return rows


def outputs_of(task, replies):
    """Return what the outputs must be, by what /predict answers to each row."""
    warnings = ["; ".join(each["warnings"]) for each in replies]
    answer = [each["predicted_rent"] for each in replies]
    if task == "regression":
        bounds = [each["confidence_interval"] for each in replies]
        ends = {end: [each[end] for each in bounds] for end in ("lower", "upper")}
        return {"predicted_rent": answer, "warnings": warnings} | ends
    return {
        "predicted_rent": answer,
        "warnings": warnings,
        "probability": [each["probability"] for each in replies],
        "probabilities": [list(each["probabilities"].values()) for each in replies],
        "prediction_set": [
            [name in each["prediction_set"]["classes"] for name in each["probabilities"]]
            for each in replies
        ],
    }


def read(result):
    """Return each output of an answer as a list, texts as text."""
    names = [each["name"] for each in result.get_response()["outputs"]]
    values = {name: result.as_numpy(name) for name in names}
    return {
        name: [v.decode() if isinstance(v, bytes) else v for v in each.tolist()]
        for name, each in values.items()
    }


@pytest.fixture(scope="module")
def single(apps):
    """Return what /predict answers to each row of the table, by task."""
    rows = rows_of(table())
    return {task: [post(app, row).json() for row in rows] for task, app in apps.items()}


@pytest.mark.parametrize("task", ["regression", "multiclass"])
@pytest.mark.parametrize("binary", [True, False])
def test_the_answers_are_those_of_predict(apps, single, task, binary):
    """Missing values and unseen ones included, one request for all rows or one a row."""
    columns = table()
    expected = outputs_of(task, single[task])
    inputs = [tensor(name, values, binary=binary) for name, values in columns.items()]
    assert read(infer(apps[task], inputs)) == expected
    for row in range(0, 150, 29):
        one = {name: values[row : row + 1] for name, values in columns.items()}
        inputs = [tensor(name, values, binary=binary) for name, values in one.items()]
        answer = read(infer(apps[task], inputs))
        assert answer == {name: [values[row]] for name, values in expected.items()}


def test_json_in_and_out(app):
    """Without any client: null is a missing value, and columns that need not be there may lack."""
    body = plain(kind=("BYTES", ["flat", None]))
    reply = send(app, body | {"id": "42"})
    alone = post(app, {"area": 50.0, "rooms": 2}).json()
    answer = reply.json()
    assert reply.headers["content-type"] == "application/json"
    assert (answer["id"], answer["model_name"]) == ("42", "flat")
    assert answer["model_version"] == alone["model_version"]
    assert answer["parameters"]["served_by"] == "primary"
    assert answer["parameters"]["level"] == 0.9
    assert [each["name"] for each in answer["outputs"]] == [
        "predicted_rent",
        "lower",
        "upper",
        "warnings",
    ]
    predicted = answer["outputs"][0]
    assert (predicted["datatype"], predicted["shape"]) == ("FP64", [2])
    assert predicted["data"][1] == alone["predicted_rent"]


@pytest.mark.parametrize("shape", [[2], [2, 1]])
@pytest.mark.parametrize("data", [[80.0, 50.0], [[80.0], [50.0]]])
def test_a_column_may_be_a_list_or_a_table_of_one_column(app, shape, data):
    """Nested as the shape says, or flat, as the protocol has it."""
    body = plain()
    body["inputs"][0] |= {"shape": shape, "data": data}
    reply = send(app, body)
    if len(shape) == 1 and isinstance(data[0], list):
        assert "numbers" in refused(reply, 400)
    else:
        assert reply.json()["outputs"] == send(app, plain()).json()["outputs"]


@pytest.mark.parametrize(
    ("name", "values", "datatype"),
    [
        ("area", np.array([80, 50], np.float32), "FP32"),
        ("area", np.array([80, 50], np.float16), "FP16"),
        ("area", np.array([80, 50], np.uint8), "UINT8"),
        ("area", np.array([[80], [50]], np.int16), "INT16"),
        ("rooms", np.array([3.0, 2.0]), "FP64"),
        ("rooms", np.array([3, 2], np.uint64), "UINT64"),
    ],
)
@pytest.mark.parametrize("binary", [True, False])
def test_other_datatypes_of_the_same_numbers(app, name, values, datatype, binary):
    """A number is the same number in each of them."""
    columns = {"area": np.array([80.0, 50.0]), "rooms": np.array([3, 2])}
    inputs = [tensor(each, column) for each, column in columns.items() if each != name]
    answer = read(infer(app, [*inputs, tensor(name, values, datatype, binary)]))
    assert answer == read(infer(app, [tensor(*each) for each in columns.items()]))


@pytest.mark.parametrize(
    "values", [np.array([True, False]), np.array([1.0, 0.0]), np.array([1, 0], np.int64)]
)
def test_a_truth_may_be_sent_as_a_number(app, values):
    """1 or 0, because BOOL has no missing value."""
    inputs = [tensor("area", [80.0, 80.0]), tensor("rooms", [3, 3]), tensor("new", values)]
    answer = read(infer(app, inputs))["predicted_rent"]
    assert answer == [
        post(app, {"area": 80, "rooms": 3, "new": new}).json()["predicted_rent"]
        for new in (True, False)
    ]


def test_only_the_outputs_that_are_asked_for(app):
    """In the order and in the form that each is asked for in."""
    wanted = [
        triton.InferRequestedOutput("upper", binary_data=False),
        triton.InferRequestedOutput("lower"),
    ]
    inputs = [tensor("area", [80.0]), tensor("rooms", [3])]
    upper, lower = infer(app, inputs, outputs=wanted).get_response()["outputs"]
    assert (upper["name"], "data" in upper) == ("upper", True)
    assert (lower["name"], lower["parameters"]) == ("lower", {"binary_data_size": 8})


def test_the_request_says_how_outputs_are_sent(app):
    """binary_data_output holds for each output that does not say otherwise."""
    parts = [{"name": "lower"}, {"name": "upper", "parameters": {"binary_data": False}}]
    body = plain() | {"outputs": parts, "parameters": {"binary_data_output": True, "priority": 1}}
    reply = send(app, body)
    size = int(reply.headers["Inference-Header-Content-Length"])
    lower, upper = json.loads(reply.content[:size])["outputs"]
    expected = send(app, plain()).json()["outputs"]
    assert np.frombuffer(reply.content[size:], "<f8").tolist() == expected[1]["data"]
    assert lower["parameters"]["binary_data_size"] == 16
    assert upper["data"] == expected[2]["data"]


def test_metadata_says_what_to_send(apps):
    """Names, datatypes and bounds from the schema of the bundle; -1 rows."""
    about = call(apps["multiclass"], "GET", "/v2/models/flat").json()
    inputs = {each["name"]: each for each in about["inputs"]}
    assert {name: each["datatype"] for name, each in inputs.items()} == {
        "id": "BYTES",
        "owner": "INT64",
        "sold_on": "BYTES",
        "area": "FP64",
        "rooms": "INT64",
        "kind": "BYTES",
        "place": "BYTES",
        "new": "BOOL",
        "built_on": "BYTES",
    }
    assert inputs["area"]["shape"] == [-1]
    assert inputs["area"]["parameters"] == {
        "type": "number",
        "required": True,
        "unit": "m2",
        "minimum": 0.0,
        "maximum": 1000.0,
    }
    assert inputs["kind"]["parameters"]["values"] == ["flat", "house", "loft"]
    assert "NaN" in inputs["new"]["parameters"]["missing"]
    outputs = {each["name"]: each for each in about["outputs"]}
    assert outputs["probabilities"]["shape"] == [-1, 4]
    assert outputs["probabilities"]["parameters"]["classes"] == ["low", "middle", "high", "top"]
    assert outputs["prediction_set"]["datatype"] == "BOOL"
    assert outputs["prediction_set"]["parameters"]["level"] == 0.9
    inputs = [tensor("area", [80.0]), tensor("rooms", [3])]
    sent = infer(apps["multiclass"], inputs).get_response()["outputs"]
    assert {(each["name"], each["datatype"]) for each in sent} == {
        (each["name"], each["datatype"]) for each in about["outputs"]
    }


def test_an_input_that_is_asked_for_and_may_be_missing_says_both(app):
    """What stands for a missing value is told wherever a value may be missing."""
    about = call(app, "GET", "/v2/models/flat").json()
    for each in about["inputs"]:
        assert each["parameters"]["required"] == ("missing" not in each["parameters"])


def test_health_and_readiness(app):
    """Of the server and of its model, until the service stops."""
    version = app.state.service.router.current.version
    assert call(app, "GET", "/v2").json()["extensions"] == ["binary_tensor_data"]
    assert call(app, "GET", "/v2/health/live").json() == {"live": True}
    assert call(app, "GET", "/v2/health/ready").json() == {"ready": True}
    for path in ("/v2/models/flat/ready", f"/v2/models/flat/versions/{version}/ready"):
        assert call(app, "GET", path).json() == {"name": "flat", "ready": True}


def test_a_stopping_service_is_not_ready(bundles):
    """And says so in the protocol's form; it is still alive."""
    app = create_app(Settings(model=bundles["regression"]))
    app.state.service.stopping.set()
    for path in ("/v2/health/ready", "/v2/models/flat/ready"):
        assert "stopping" in refused(call(app, "GET", path), 503)
    assert call(app, "GET", "/v2/health/live").status_code == 200


@pytest.mark.parametrize("path", ["", "/ready", "/infer"])
def test_models_and_versions_that_are_not_there(app, path):
    """Are a 404 that names what is."""
    version = app.state.service.router.current.version
    method = "POST" if path == "/infer" else "GET"
    assert "flat is served" in refused(call(app, method, f"/v2/models/house{path}"), 404)
    reply = call(app, method, f"/v2/models/flat/versions/1{path}")
    assert f"{version} is served" in refused(reply, 404)
    served = f"/v2/models/flat/versions/{version}{path}"
    assert call(app, method, served, json=plain()).status_code == 200


def test_every_refusal_under_v2_has_the_form_of_the_protocol(app):
    """Those of other layers too: its clients look for nothing but an error."""
    refused(call(app, "GET", "/v2/models"), 404)
    refused(call(app, "GET", INFER), 405)
    refused(send(app, b"x" * 8_000_001), 413)
    refused(send(app, b"{}", {"content-encoding": "gzip"}), 415)
    refused(send(app, b"{}", {f"x-{place}": "1" for place in range(120)}), 431)


def test_a_key_with_the_scope_predict_is_asked_for(bundles, tmp_path):
    """As for /predict; whether the server lives anyone may ask."""
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps([entry("shop", "predict"), entry("desk", "feedback")]))
    app = create_app(Settings(model=bundles["regression"], keys_file=keys))
    refused(send(app, plain()), 401)
    refused(send(app, plain(), {"authorization": "Bearer desk"}), 403)
    assert send(app, plain(), {"authorization": "Bearer shop"}).status_code == 200
    assert call(app, "GET", "/v2/health/ready").status_code == 200


def test_a_request_is_one_record_of_the_journal(bundles, tmp_path):
    """With an id for each row, by which its true value can be given."""
    path = tmp_path / "journal.db"
    app = create_app(Settings(model=bundles["regression"], journal=str(path)))
    new = ("FP64", [1.0, None])

    def truth(replies):
        made = replies[0].json()["parameters"]["prediction_id"]
        return "POST", "/feedback", {"prediction_id": f"{made}-1", "value": 300}

    reply, given = talk(app, ("POST", INFER, plain(new=new)), truth)
    assert given.json() == {"new": 1, "known": 0}
    with sqlite3.connect(path) as journal:
        ((rows, inputs, outputs),) = journal.execute(
            "select rows, inputs, outputs from predictions"
        )
    assert rows == 2
    assert json.loads(inputs)[0] == {"area": 80.0, "rooms": 3, "new": True}
    assert json.loads(inputs)[1] == {"area": 50.0, "rooms": 2, "new": None}
    predicted = [each["predicted_rent"] for each in json.loads(outputs)]
    assert predicted == reply.json()["outputs"][0]["data"]


def test_without_a_journal_it_answers_all_the_same(bundles):
    """There is only nothing to look up."""
    app = create_app(Settings(model=bundles["regression"], journal="off"))
    assert send(app, plain()).status_code == 200


def test_rows_are_counted(bundles):
    """Under the route's own name, whatever model a caller asks for."""
    app = create_app(Settings(model=bundles["regression"]))
    assert send(app, plain(), {"x-request-id": "mine"}).headers["x-request-id"] == "mine"
    send(app, plain(), url="/v2/models/secret/infer")
    found = metrics(app)
    name, route = "lockgate_requests_total", "/v2/models/{name}/infer"
    assert sample(found, name, route=route, method="POST", status="200") == 1
    assert sample(found, name, route=route, method="POST", status="404") == 1
    version = app.state.service.router.current.version
    assert sample(found, "lockgate_predictions_total", version=version, served_by="primary") == 2
    assert not any("secret" in str(key) for key in found)


def test_a_column_that_is_ignored_may_be_there(app):
    """In any datatype, as /predict does not look at it either."""
    body, headers = encoded(
        [
            tensor("area", [80.0]),
            tensor("rooms", [3]),
            tensor("note", texts("long ago")),
            tensor("id", texts("r1")),
        ]
    )
    assert send(app, body, headers).status_code == 200
    row = ROW | {"note": 3}
    assert post(app, row).status_code == 200
    assert send(app, plain(note=("BOOL", [True, None]))).status_code == 200


def test_openapi_describes_the_routes(app):
    """The request, its header, and an answer in each form."""
    document = call(app, "GET", "/openapi.json").json()
    infer = document["paths"]["/v2/models/{name}/versions/{version}/infer"]["post"]
    assert {each["name"] for each in infer["parameters"]} == {
        "name",
        "version",
        "Inference-Header-Content-Length",
    }
    schemas = document["components"]["schemas"]
    assert schemas["InferenceRequest"]["required"] == ["inputs"]
    for text in ("InputTensor", "InferenceError", "ModelMetadata", "InferenceResponse"):
        assert text in schemas
    assert set(infer["responses"]["200"]["content"]) == {
        "application/json",
        "application/octet-stream",
    }
    error = infer["responses"]["404"]["content"]["application/json"]["schema"]
    assert error == {"$ref": "#/components/schemas/InferenceError"}
