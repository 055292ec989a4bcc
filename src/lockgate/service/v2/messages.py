"""What the protocol's requests and answers look like."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Datatype = Literal[
    "BOOL",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "FP16",
    "FP32",
    "FP64",
    "BYTES",
]
Size = Annotated[int, Field(ge=0)]
Parameters = dict[str, str | int | float | bool]


class Message(BaseModel):
    """Strict about what it knows; what it does not know is passed by, as the protocol has it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class InputParameters(Message):
    """How an input is sent."""

    binary_data_size: Size | None = Field(
        None, description="Bytes of the tensor behind the JSON, in place of `data`."
    )


class InputTensor(Message):
    """One column of the rows to predict."""

    name: str = Field(description="The column.")
    shape: list[Size] = Field(
        min_length=1, max_length=2, description="[rows] or [rows, 1], the same for every input."
    )
    datatype: Datatype
    parameters: InputParameters = InputParameters()
    data: list[Any] | None = Field(None, description="The values; null stands for a missing one.")


class OutputParameters(Message):
    """How an output is wanted."""

    binary_data: bool | None = Field(
        None, description="Behind the JSON; by default as the request's binary_data_output says."
    )
    classification: Any = Field(None, description="Triton's extension: not known here.")


class RequestedOutput(Message):
    """One output that is wanted."""

    name: str
    parameters: OutputParameters = OutputParameters()


class RequestParameters(Message):
    """How all outputs are wanted."""

    binary_data_output: bool = Field(False, description="Outputs behind the JSON.")


class InferenceRequest(Message):
    """Rows to predict, column by column."""

    id: str | None = Field(None, description="Of the caller's choice; the answer repeats it.")
    parameters: RequestParameters = RequestParameters()
    inputs: list[InputTensor] = Field(min_length=1)
    outputs: list[RequestedOutput] = Field([], description="None means all.")


class OutputTensor(Message):
    """One output."""

    name: str
    shape: list[int]
    datatype: Datatype
    parameters: Parameters = Field({}, description="binary_data_size, where it follows the JSON.")
    data: list[Any] | None = Field(None, description="Row by row; absent where it is binary.")


class InferenceResponse(Message):
    """Predictions, column by column."""

    model_name: str
    model_version: str
    id: str | None = None
    parameters: Parameters = Field(
        description="prediction_id, predicted_at, served_by, and the level of intervals or sets."
    )
    outputs: list[OutputTensor]


class TensorMetadata(Message):
    """What an input or output is."""

    name: str
    datatype: Datatype
    shape: list[int] = Field(description="-1 stands for the number of rows.")
    parameters: dict[str, Any] = Field(description="What the contract says of it.")


class ModelMetadata(Message):
    """What a model takes and gives."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class ServerMetadata(Message):
    """What the server is."""

    name: str
    version: str = Field(description="The model's: a server has one.")
    extensions: list[str]


class ModelReady(Message):
    """That a model takes requests."""

    name: str
    ready: bool


class Live(Message):
    """That the server is alive."""

    live: bool


class Ready(Message):
    """That the server takes requests."""

    ready: bool


class InferenceError(Message):
    """Why a request was not answered."""

    error: str
