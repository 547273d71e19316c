"""All routes as FastAPI knows them: those that aren't busy are answered here, all are described.

What is refused before a route is found (by the gate and the limits) may come from any of them.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from digits import __version__
from digits.serve.board import Board
from digits.serve.documents import as_page, describe
from digits.serve.incoming import Receive, Scope, Send
from digits.serve.inference import Port, find, server_metadata
from digits.serve.metrics import MEDIA_TYPE, exposition
from digits.serve.models import Models
from digits.serve.page_files import HEADERS, Page
from digits.serve.replies import Refused, Reply, as_json
from digits.serve.schema import (
    Answer,
    Answers,
    InferenceResponse,
    Live,
    ModelMetadata,
    Ready,
    ServerMetadata,
)

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
Answering = Callable[[Scope, Receive], Awaitable[Reply]]

_WORDS = {
    404: "there is nothing at this address: see /docs",
    405: "not with this method: see /docs",
}


def routes(
    models: Models, ports: Mapping[str, Port], board: Board, page: Page, answer: Answering
) -> FastAPI:
    """An application with all routes.

    Args:
        models: What the metrics tell about.
        ports: The models of the Open Inference Protocol, by name.
        board: What the metrics tell.
        page: What is at `/`.
        answer: Answers the busy routes.
    """
    app = FastAPI(
        title="digits-edge",
        version=__version__,
        summary="Read handwritten digits.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Refused, _refused)
    _add_busy(app, answer)
    _add_health(app)
    _add_models(app, ports)
    _add_metrics(app, models, board)
    _add_pages(app, page)
    return app


def response(reply: Reply) -> Response:
    """A reply as FastAPI returns it."""
    found = Response(reply.body, reply.status, media_type=None)
    found.raw_headers += [(b"content-type", reply.media_type), *reply.headers]
    return found


def _add_busy(app: FastAPI, answer: Answering) -> None:
    async def answered(request: Request) -> Response:
        return response(await answer(request.scope, request.receive))

    predict = describe("predict", {200: Answer | Answers})
    app.post("/predict", **predict)(answered)
    for path in ("/v2/models/{name}/infer", "/v2/models/{name}/versions/{version}/infer"):
        operation = "infer_version" if "version}" in path else "infer"
        app.post(path, **describe("infer", {200: InferenceResponse}, operation))(answered)


def _add_health(app: FastAPI) -> None:
    @app.get("/v2", **describe("server", {200: ServerMetadata}))
    async def server() -> Response:
        return _json(server_metadata())

    @app.get("/v2/health/live", **describe("live", {200: Live}))
    async def live() -> Response:
        return _json({"live": True})

    @app.get("/v2/health/ready", **describe("ready", {200: Ready}))
    async def ready() -> Response:
        return _json({"ready": True})


def _add_models(app: FastAPI, ports: Mapping[str, Port]) -> None:
    async def metadata(name: str, version: str | None = None) -> Response:
        return _json(find(ports, name, version).metadata)

    async def ready(name: str, version: str | None = None) -> Response:
        return _json({"name": find(ports, name, version).name, "ready": True})

    _add_model(app, "/v2/models/{name}", "model", ModelMetadata, metadata)
    _add_model(app, "/v2/models/{name}/ready", "model_ready", Ready, ready)


def _add_model(app: FastAPI, path: str, operation: str, model: type, found: Any) -> None:
    """Add a route, and the same for one version of the model."""

    async def newest(name: str) -> Response:
        answer: Response = await found(name)
        return answer

    async def one(name: str, version: str) -> Response:
        answer: Response = await found(name, version)
        return answer

    versioned = path.replace("{name}", "{name}/versions/{version}")
    app.get(path, **describe(operation, {200: model}))(newest)
    app.get(versioned, **describe(operation, {200: model}, f"{operation}_version"))(one)


def _add_metrics(app: FastAPI, models: Models, board: Board) -> None:
    classifiers = [batcher.classifier for batcher in models.batchers.values()]

    @app.get("/metrics", **describe("metrics", {200: "text/plain"}))
    async def metrics() -> Response:
        return response(Reply(exposition(board, classifiers), media_type=MEDIA_TYPE))


def _add_pages(app: FastAPI, page: Page) -> None:
    @app.get("/", **describe("page", {200: "text/html"}))
    async def index() -> Response:
        return response(page.index)

    @app.get("/page/{name}", **describe("page_file", {200: "*/*"}))
    async def file(name: str) -> Response:
        return response(page.get(name))

    @app.get("/docs", **describe("docs", {200: "text/html"}))
    async def docs() -> Response:
        html = as_page(app.openapi()).encode()
        return response(Reply(html, media_type=b"text/html; charset=utf-8", headers=HEADERS))


def _json(value: object) -> Response:
    return response(Reply(as_json(value)))


async def _http_problem(_: Request, error: Any) -> Response:
    refused = Refused(error.status_code, _WORDS.get(error.status_code, str(error.detail)))
    found = response(refused.reply)
    found.headers.update(error.headers or {})
    return found


async def _invalid(_: Request, error: Any) -> Response:
    where = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
    return response(Refused(422, f"{where}: not as described in /docs").reply)


async def _refused(_: Request, error: Any) -> Response:
    return response(error.reply)
