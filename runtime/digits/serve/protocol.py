"""Connections: what uvicorn leaves open, such as headers that never end, has its limits here."""

import sys
from asyncio import BaseTransport, Protocol
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from digits.serve.replies import Refused, Reply
from digits.serve.settings import Settings
from digits.serve.sockets import connections_allowed

# Bytes of a request's headers.
_HEAD = 64_000
# Requests that wait on one connection for the one before them; each takes some kilobytes.
_PIPELINED = 32
# Beyond the time for a request, that it may take to send the answer.
_GRACE = 10.0


class Limited(Protocol):
    """A connection that doesn't wait for ever: goes before one of uvicorn's classes."""

    limit = 0
    loop: Any
    connections: set[Any]
    cycle: Any
    headers: list[tuple[bytes, bytes]]
    parser: Any
    pipeline: Any
    transport: Any
    url: bytes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.head = 0
        self._piece = b""
        self._offered: bytes | None = None
        self.since: float = self.loop.time()

    @property
    def idle(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: BaseTransport) -> None:
        """Take it, in the place of an idle one if there are too many."""
        if len(self.connections) >= self.limit and not close_idlest(self.connections):
            _say(transport, Refused(503, "too many connections: try again in a moment").reply)
            return
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it, unless it was turned away."""
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what is no body: headers, those behind a body, and those of the next request."""
        if self.transport is None:
            return
        before, size = self.cycle, _size(self.cycle)
        self._piece = data
        super().data_received(data)
        self._piece = b""
        if self.cycle is not before:
            self.head, self.since = 0, self.loop.time()
        elif _size(before) > size:
            self.head = 0
        else:
            self._more_head(len(data))

    def _more_head(self, size: int) -> None:
        if self.idle and not self.head:
            self.since = self.loop.time()
        self.head += size
        if self.head <= _HEAD or self.transport.is_closing():
            return
        if self.idle or not self.cycle.response_started:
            _say(self.transport, Refused(431, "the headers are too large: send fewer").reply)
        else:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """Begin a request, unless too many wait already: that ends as what is no HTTP."""
        if len(self.pipeline) >= _PIPELINED:
            raise TooManyError
        super().on_message_begin()  # type: ignore[misc]

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """Answer what is no HTTP as everything else."""
        refused = Refused(400, "this is no request of HTTP/1.1")
        if len(getattr(self, "pipeline", ())) >= _PIPELINED:
            refused = Refused(503, "too many requests at once on one connection: await answers")
        _say(self.transport, refused.reply)

    def on_headers_complete(self) -> None:
        """Take up a request, unless it offers another protocol: then httptools drops its body."""
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT":
            self._offered = self._head_without_offer()
        else:
            super().on_headers_complete()  # type: ignore[misc]

    def _head_without_offer(self) -> bytes:
        version = self.parser.get_http_version().encode()
        first = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, version)
        kept = (b"%s: %s\r\n" % pair for pair in self.headers if pair[0] != b"upgrade")
        return b"".join([first, *kept, b"\r\n"])

    def on_message_complete(self) -> None:
        """Note the end of a body."""
        if self._offered is None:
            super().on_message_complete()  # type: ignore[misc]

    def _unsupported_upgrade_warning(self) -> None:
        """Read the request again as one that offers nothing: Java's clients offer HTTP/2."""
        reason, head = sys.exc_info()[1], self._offered
        if head is None or reason is None:
            return
        self._offered = None
        rest = self._piece[reason.args[0] :]
        self.parser = _new_parser(self)
        super().data_received(head + rest)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self.head, self.since = 0, self.loop.time()
        super().on_response_complete()  # type: ignore[misc]


def protocol_class(settings: Settings) -> type[Protocol]:
    """The class of uvicorn's connections, with limits."""
    return type(
        "Connection", (Limited, _base()), {"limit": connections_allowed(settings.connections)}
    )


class TooManyError(Exception):
    """A connection has sent more requests than may wait on it."""


def _size(cycle: Any) -> int:
    """Bytes of a request's body that its application hasn't taken yet."""
    return 0 if cycle is None else len(cycle.body)


def _new_parser(connection: Limited) -> Any:
    import httptools

    parser = httptools.HttpRequestParser(connection)
    # As uvicorn does, for who sends on after "connection: close".
    if hasattr(parser, "set_dangerous_leniencies"):
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def _base() -> Any:
    if find_spec("httptools") is not None:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

        return HttpToolsProtocol
    from uvicorn.protocols.http.h11_impl import H11Protocol

    return H11Protocol


def close_idlest(connections: Iterable[Any]) -> bool:
    """Close the connection that has been idle for longest; whether there was one."""
    idle = [c for c in connections if c.idle and not c.transport.is_closing()]
    if not idle:
        return False
    min(idle, key=lambda connection: connection.since).transport.abort()
    return True


def sweep(connections: Iterable[Any], now: float, timeout: float, keep_alive: float) -> None:
    """Close connections whose request doesn't come, or whose answer isn't fetched.

    Args:
        connections: All that are open.
        now: Time of their loop.
        timeout: Seconds that a request may take.
        keep_alive: Seconds for which a connection without one stays open.
    """
    for connection in list(connections):
        waited = now - connection.since
        if not connection.idle or connection.transport.is_closing():
            if waited > timeout + _GRACE:
                connection.transport.abort()
        elif connection.head and waited > timeout:
            message = "the headers took too long to arrive: send them again"
            _say(connection.transport, Refused(408, message).reply)
        elif waited > keep_alive:
            connection.transport.close()


def _say(transport: Any, reply: Reply) -> None:
    """Answer without a request, and close."""
    phrases = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}
    phrase = phrases.get(reply.status, "Service Unavailable")
    head = (
        f"HTTP/1.1 {reply.status} {phrase}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(reply.body)}\r\nconnection: close\r\n\r\n"
    )
    transport.write(head.encode() + reply.body)
    transport.close()
