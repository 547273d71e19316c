"""The OpenAPI document's texts, and a plain page of it: the usual viewers come from other hosts."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from digits.serve.schema import InferenceRequest, Problem

Responses = Mapping[int, Any]


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its parts in their places, not in a list that OpenAPI keeps elsewhere."""
    parts = schema.pop("$defs", {})

    def placed(value: Any) -> Any:
        if isinstance(value, list):
            return [placed(item) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if reference is not None:
            return placed(parts[reference.rpartition("/")[2]])
        return {key: placed(item) for key, item in value.items()}

    found: dict[str, Any] = placed(schema)
    return found


_FILE = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "schema": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"type": "string", "format": "binary"},
    }
}
_PREDICT_BODY = {
    "required": True,
    "content": {"multipart/form-data": _FORM, "image/*": _FILE, "application/octet-stream": _FILE},
}
_INFER_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": _whole(InferenceRequest.model_json_schema())},
        "application/octet-stream": _FILE,
    },
}


def _option(name: str, schema: dict[str, object], text: str) -> dict[str, object]:
    return {"name": name, "in": "query", "schema": schema, "description": text}


_PREDICT_OPTIONS = [
    _option("top_k", {"type": "integer", "minimum": 1, "maximum": 999999}, "Labels to list."),
    _option("canvas", {"type": "boolean"}, "Add what the classifier saw."),
    _option("model", {"type": "string"}, "Which model; else the first that is served."),
]
_LENGTH_HEADER = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "schema": {"type": "integer", "minimum": 0},
    "description": "Bytes of JSON, where bytes of tensors follow.",
}


def _in_path(name: str, text: str) -> dict[str, object]:
    schema = {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": text}


_NAME = _in_path("name", "Of a model, as GET /v2/models/NAME takes it.")
_VERSION = _in_path("version", "There is version 1.")
_EXTRA: dict[str, dict[str, Any]] = {
    "predict": {"requestBody": _PREDICT_BODY, "parameters": _PREDICT_OPTIONS},
    "infer": {"requestBody": _INFER_BODY, "parameters": [_NAME, _LENGTH_HEADER]},
    "infer_version": {"requestBody": _INFER_BODY, "parameters": [_NAME, _VERSION, _LENGTH_HEADER]},
}
_TEXTS = {
    "predict": "Read one image (its bytes are the body), or the files of a form.",
    "infer": "Run a model of the Open Inference Protocol, version 2.",
    "server": "Who serves.",
    "live": "Whether the server is there.",
    "ready": "Whether the server takes requests.",
    "model": "What a model takes and gives.",
    "model_ready": "Whether a model takes requests.",
    "metrics": "Figures of all worker processes for Prometheus.",
    "page": "A page to draw digits on.",
    "page_file": "A file of that page.",
    "docs": "This description as a page.",
}
_PROBLEMS = {
    400: "The request is wrong; nothing to read in it.",
    403: "A page of another host, or another name of this host, may not call.",
    404: "There is no such thing.",
    405: "Not with this method.",
    408: "It took too long to arrive.",
    413: "It is too large.",
    415: "It is of a kind that isn't taken.",
    422: "A value isn't as described.",
    500: "The server failed.",
    503: "Too much at once: try again after Retry-After seconds.",
}
_OF_ALL = (400, 403)
_OF_BUSY = (404, 408, 413, 415, 422, 500, 503)
# FastAPI would describe 422 in its own words, where a path has parameters.
_MISSING = (404, 422)
_OF_NAMED = ("model", "model_ready", "page_file")


def describe(name: str, answers: Responses, operation: str | None = None) -> dict[str, Any]:
    """What FastAPI is told about a route.

    Args:
        name: Which route.
        answers: By status: a class, or a media type where it isn't JSON.
        operation: Its name among all operations; the route's if None.
    """
    codes = (*_OF_ALL, *(_OF_BUSY if name in _EXTRA else _MISSING if name in _OF_NAMED else ()))
    problems = {code: {"model": Problem, "description": _PROBLEMS[code]} for code in codes}
    good = {code: _good(name, answer) for code, answer in answers.items()}
    return {
        "operation_id": operation or name,
        "summary": _TEXTS[name],
        "responses": {**good, **problems},
        "openapi_extra": _EXTRA.get(operation or name, {}),
        "response_model": None,
    }


def _good(name: str, answer: Any) -> dict[str, Any]:
    if isinstance(answer, str):
        content = {answer: {"schema": {"type": "string"}}}
        return {"description": _TEXTS[name], "content": content}
    found: dict[str, Any] = {"model": answer, "description": _TEXTS[name]}
    if name == "infer":
        found["content"] = {"application/octet-stream": _FILE}
    return found


def as_page(document: Mapping[str, Any]) -> str:
    """An OpenAPI document as a page for people."""
    parts = "".join(_parts(document))
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" '
        f'content="light dark"><h1>{title} {escape(document["info"]["version"])}</h1>'
        '<p>For programs: <a href="/openapi.json">openapi.json</a>. '
        'To draw a digit: <a href="/">the page</a>.</p>'
        f"{parts}</html>"
    )


def _parts(document: Mapping[str, Any]) -> Iterator[str]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
            yield f"<p>{escape(operation['summary'])}</p>"
            yield _options(operation.get("parameters", []))
            yield _responses(operation["responses"])


def _options(options: list[dict[str, Any]]) -> str:
    items = "".join(
        f"<li><code>{escape(option['name'])}</code> ({option['in']}): "
        f"{escape(option.get('description', ''))}</li>"
        for option in options
    )
    return f"<ul>{items}</ul>" if items else ""


def _responses(responses: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<dt>{code}</dt><dd>{escape(response['description'])}</dd>"
        for code, response in responses.items()
    )
    return f"<dl>{rows}</dl>"
