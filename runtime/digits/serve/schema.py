"""What requests and responses hold, for the OpenAPI document: nothing is checked with it."""

from typing import Any

from pydantic import BaseModel, Field

from digits.prediction import Reason


class Problem(BaseModel):
    """Why there is no result: one line that says what to do."""

    error: str


class Ranked(BaseModel):
    """One label and its probability."""

    label: str
    probability: float


class Canvas(BaseModel):
    """What the classifier saw."""

    shape: list[int] = Field(examples=[[28, 28]])
    data: str = Field(description="Its bytes, uint8, in base64.")


class Answer(BaseModel):
    """What `digits infer --format jsonl` writes for an image, without its path and with more."""

    label: str | None = Field(description="null where the model abstains.")
    reason: Reason | None = Field(default=None, description="Only where there is no label.")
    confidence: float
    top: list[Ranked] = Field(description="The most probable labels, best first.")
    provider: str
    model: str
    variant: str | None = Field(default=None, description="Only where one runs.")
    probabilities: list[float] = Field(description="In the order of the labels.")
    labels: list[str]
    box: list[float] | None = Field(description="Left, top, right, bottom; null without a digit.")
    canvas: Canvas | None = Field(default=None, description="Only with canvas=true.")


class FileAnswer(Answer):
    """The same for one of many files."""

    path: str = Field(description="The file's name as it was sent.")


class FileProblem(Problem):
    """Why there is none for one of many files."""

    path: str = Field(description="The file's name as it was sent.")


class Answers(BaseModel):
    """One for each file of a form, in their order."""

    predictions: list[FileAnswer | FileProblem]


class ServerMetadata(BaseModel):
    """Who serves."""

    name: str
    version: str
    extensions: list[str]


class TensorMetadata(BaseModel):
    """An input or output; -1 in its shape is any size."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(BaseModel):
    """A model of the Open Inference Protocol."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class Live(BaseModel):
    """The server is there."""

    live: bool


class Ready(BaseModel):
    """The server, or a model, takes requests."""

    ready: bool
    name: str | None = None


class InputTensor(BaseModel):
    """Its numbers are in `data` or, with `parameters.binary_data_size`, behind the JSON."""

    name: str
    datatype: str
    shape: list[int]
    parameters: dict[str, Any] | None = None
    data: list[Any] | None = None


class WantedOutput(BaseModel):
    """With `parameters.binary_data`, its bytes come behind the JSON."""

    name: str
    parameters: dict[str, Any] | None = None


class InferenceRequest(BaseModel):
    """A request of the Open Inference Protocol."""

    id: str | None = None
    parameters: dict[str, Any] | None = None
    inputs: list[InputTensor]
    outputs: list[WantedOutput] | None = None


class OutputTensor(BaseModel):
    """Its numbers, flat."""

    name: str
    datatype: str
    shape: list[int]
    parameters: dict[str, Any] | None = None
    data: list[float] | None = None


class InferenceResponse(BaseModel):
    """A response of the Open Inference Protocol."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OutputTensor]
