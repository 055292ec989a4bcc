"""Inference requests as Triton's own client writes them, and answers as it reads them."""

import numpy as np
import tritonclient.http as triton

from tests.service.client import call

DATATYPES = {"f": "FP64", "i": "INT64", "b": "BOOL", "O": "BYTES"}
HEADER = "Inference-Header-Content-Length"
INFER = "/v2/models/flat/infer"


def tensor(name, values, datatype=None, binary=True):
    """Return an input of Triton's client."""
    values = np.asarray(values)
    made = triton.InferInput(name, values.shape, datatype or DATATYPES[values.dtype.kind])
    return made.set_data_from_numpy(values, binary_data=binary)


def texts(*values):
    """Return texts as numpy holds them for Triton's client."""
    return np.array(values, dtype=object)


def encoded(inputs, **more):
    """Return the body of a request and its headers."""
    body, size = triton.InferenceServerClient.generate_request_body(inputs, **more)
    return body, {} if size is None else {HEADER: str(size)}


def send(app, body, headers=None, url=INFER):
    """Send a body with its headers, or an object as JSON."""
    form = {"content": body} if isinstance(body, bytes) else {"json": body}
    return call(app, "POST", url, headers=headers, **form)


def infer(app, inputs, url=INFER, **more):
    """Send what Triton's client would send; return what it would read."""
    reply = send(app, *encoded(inputs, **more), url=url)
    assert reply.status_code == 200, reply.text
    size = reply.headers.get(HEADER)
    return triton.InferenceServerClient.parse_response_body(
        reply.content, header_length=None if size is None else int(size)
    )


def refused(reply, status):
    """Return why a request was refused, in the only form that clients of the protocol read."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/json"
    assert reply.json().keys() == {"error"}
    return reply.json()["error"]


def plain(**columns):
    """Return a request in JSON; of columns datatype and data, area and rooms unless given."""
    needed = {"area": ("FP64", [80.0, 50.0]), "rooms": ("INT64", [3, 2])}
    inputs = [
        {"name": name, "shape": [len(data)], "datatype": datatype, "data": data}
        for name, (datatype, data) in (needed | columns).items()
    ]
    return {"inputs": inputs}
