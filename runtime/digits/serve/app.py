"""The application: checks each request, answers the two busy routes, leaves the rest to FastAPI."""

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter

from digits.commands.tables import printable
from digits.serve.board import Board
from digits.serve.gate import Gate, preflight
from digits.serve.incoming import Incoming, Message, Receive, Room, Scope, Send
from digits.serve.inference import Port, find, infer, ports_of
from digits.serve.models import Models
from digits.serve.page_files import Page
from digits.serve.predict import predict
from digits.serve.replies import JSON, Gone, Headers, Refused, Reply
from digits.serve.routes import Asgi, routes
from digits.serve.settings import Settings

_MODELS, _INFER = "/v2/models/", "/infer"
# Seconds for which what is too large is still taken, so that its sender reads why it is refused.
_LINGER = 2.0
# Nobody is there to read it; what proxies log then.
_NOBODY = 499
_SAFE: Headers = ((b"x-content-type-options", b"nosniff"),)

Answer = Callable[[Incoming], Awaitable[Reply]]


class App:
    """Everything that a server process answers, as an ASGI application.

    Args:
        settings: Limits, and who may call.
        models: What reads.
        board: Is told of each request.
    """

    def __init__(self, settings: Settings, models: Models, board: Board) -> None:
        self._settings = settings
        self._board = board
        self._gate = Gate(settings)
        self._room = Room(4 * settings.max_body)
        self._ports = ports_of(models, settings.queue)
        self._predict = partial(predict, models, limit=settings.max_body, most=settings.queue)
        self._rest = routes(models, self._ports, board, Page(), self.answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        started = perf_counter()
        incoming = Incoming(scope, receive, self._room, self._settings.timeout)
        status = await self._answered(incoming, receive, send)
        self._board.request(route_of(scope["path"]), status, perf_counter() - started)

    async def _answered(self, incoming: Incoming, receive: Receive, send: Send) -> int:
        headers = _SAFE
        try:
            incoming.check_headers()
            headers = (*_SAFE, *self._gate.check(incoming.headers))
            if incoming.scope["method"] == "OPTIONS" and len(headers) > len(_SAFE):
                reply = Reply(b"", 200, headers=preflight())
            elif (found := self._busy_route(incoming.scope)) is not None:
                reply = await found(incoming)
            else:
                reply = await _whole(self._rest, incoming.scope, receive)
        except Refused as refused:
            reply = refused.reply
        except Gone:
            return _NOBODY
        except Exception as error:
            reply = _failed(error)
        finally:
            incoming.release()
        await _respond(incoming, reply, headers, send)
        return reply.status

    async def answer(self, scope: Scope, receive: Receive) -> Reply:
        """Answer a request to a busy route that came another way."""
        found = self._busy_route(scope)
        assert found is not None
        incoming = Incoming(scope, receive, self._room, self._settings.timeout)
        try:
            return await found(incoming)
        finally:
            incoming.release()

    def _busy_route(self, scope: Scope) -> Answer | None:
        if scope["method"] != "POST":
            return None
        path: str = scope["path"]
        if path == "/predict":
            return self._predict
        if path.startswith(_MODELS) and path.endswith(_INFER):
            port = self._port(path[len(_MODELS) : -len(_INFER)])
            return None if port is None else partial(infer, port, limit=self._settings.max_body)
        return None

    def _port(self, path: str) -> Port | None:
        """The model in `NAME` or `NAME/versions/VERSION`."""
        parts = path.split("/")
        if len(parts) == 1:
            return find(self._ports, parts[0], None)
        if len(parts) == 3 and parts[1] == "versions":
            return find(self._ports, parts[0], parts[2])
        return None


def route_of(path: str) -> str:
    """What the metrics call a path: a short list, whatever clients ask for."""
    if path == "/predict":
        return "predict"
    if path.startswith("/v2"):
        return "infer" if path.endswith(_INFER) else "v2"
    if path == "/" or path.startswith("/page/"):
        return "page"
    names = {"/metrics": "metrics", "/docs": "docs", "/openapi.json": "docs"}
    return names.get(path, "other")


def _failed(error: Exception) -> Reply:
    """What a client gets where we failed: it is told to people here, and nothing to the client."""
    reason = printable(" ".join(f"{type(error).__name__}: {error}".split()))
    print(f"digits serve: error: {reason}", file=sys.stderr, flush=True)
    return Refused(500, "the server failed on this request: its log says why").reply


async def _respond(incoming: Incoming, reply: Reply, headers: Headers, send: Send) -> None:
    length = str(len(reply.body)).encode()
    own = (
        (b"content-type", reply.media_type),
        (b"content-length", length),
        *headers,
        *reply.headers,
    )
    if incoming.unread:
        own = (*own, (b"connection", b"close"))
    await send({"type": "http.response.start", "status": reply.status, "headers": own})
    body: Message = {"type": "http.response.body", "body": reply.body}
    if not incoming.unread:
        await send(body)
        return
    await send({**body, "more_body": True})
    await incoming.drain(_LINGER)
    await send({"type": "http.response.body", "body": b""})


async def _whole(app: Asgi, scope: Scope, receive: Receive) -> Reply:
    """What another application answers, as a whole: so that a body it doesn't read is, too."""
    start: Message = {}
    parts: list[bytes] = []

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            parts.append(message.get("body", b""))

    method = "GET" if scope["method"] == "HEAD" else scope["method"]  # which sends no body back
    try:
        await app({**scope, "method": method}, receive, sending)
    except Exception as error:
        if not start:
            raise
        _failed(error)  # Starlette raises again what it has answered
    headers = dict(start["headers"])
    headers.pop(b"content-length", None)
    media_type = headers.pop(b"content-type", JSON)
    return Reply(b"".join(parts), start["status"], media_type, tuple(headers.items()))
