"""A request as it comes in: its headers, its options, and its body within limits."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl

from digits.serve.replies import Gone, Refused, busy

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Bodies that are still coming in take memory, and nothing bounds how many there are.
_BODIES = 256_000_000
_ALONE = frozenset({b"host", b"origin", b"content-length", b"content-type"})


class Room:
    """Bytes of bodies that are held at once."""

    def __init__(self, limit: int) -> None:
        self.limit = max(limit, _BODIES)
        self.held = 0

    def take(self, size: int) -> None:
        """Hold more.

        Raises:
            Refused: There is no room.
        """
        if self.held + size > self.limit:
            raise busy("too many uploads at once")
        self.held += size


class Incoming:
    """One request.

    Attributes:
        scope: As ASGI gives it.
        headers: By lower-case names.
        deadline: When it must be done, on the monotonic clock.
        unread: Whether its body, or a part of it, is still to come.
    """

    __slots__ = ("_receive", "_room", "_taken", "deadline", "headers", "scope", "unread")

    def __init__(self, scope: Scope, receive: Receive, room: Room, timeout: float) -> None:
        self.scope = scope
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"])
        self.deadline = monotonic() + timeout
        length = self.headers.get(b"content-length", b"0")
        self.unread = length != b"0" or b"transfer-encoding" in self.headers
        self._receive = receive
        self._room = room
        self._taken = 0

    def check_headers(self) -> None:
        """Headers that are told twice could be read in two ways.

        Raises:
            Refused: One is.
        """
        if len(self.headers) != len(self.scope["headers"]):
            names = [name for name, _ in self.scope["headers"] if name in _ALONE]
            if len(set(names)) != len(names):
                raise Refused(400, "a header is there twice: send each once")

    def options(self, known: frozenset[str]) -> dict[str, str]:
        """What the query says.

        Raises:
            Refused: It has an option that isn't known, or one twice.
        """
        query = self.scope["query_string"]
        if not query:
            return {}
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        found = dict(pairs)
        unknown = sorted(found.keys() - known)
        if unknown:
            options = ", ".join(sorted(known))
            raise Refused(400, f"unknown option {unknown[0]!r}: there are {options}")
        if len(found) != len(pairs):
            raise Refused(400, "an option is there twice: give each once")
        return found

    async def body(self, limit: int) -> bytes:
        """All that was sent.

        Raises:
            Refused: It is larger than the limit, takes too long, or is compressed.
            Gone: The client went away.
        """
        if self._declared() > limit:
            raise _too_large(limit)
        if self.headers.get(b"content-encoding", b"identity") != b"identity":
            raise Refused(415, "the body is compressed: send it as it is")
        message = await self._next()
        if message.get("more_body"):
            return await self._rest(message["body"], limit)
        self.unread = False
        body: bytes = message["body"]
        if len(body) > limit:
            raise _too_large(limit)
        return body

    def _declared(self) -> int:
        try:
            return int(self.headers.get(b"content-length", b"0"))
        except ValueError as error:
            raise Refused(400, "content-length is no number") from error

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout_at(self._loop_deadline()):
                message = await self._receive()
        except TimeoutError as error:
            raise Refused(408, "the request took too long to arrive: send it again") from error
        if message["type"] == "http.disconnect":
            raise Gone
        return message

    def _loop_deadline(self) -> float:
        return asyncio.get_running_loop().time() + max(0.0, self.deadline - monotonic())

    async def _rest(self, first: bytes, limit: int) -> bytes:
        parts, size = bytearray(), 0
        chunk, more = first, True
        while True:
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            self._room.take(len(chunk))
            self._taken += len(chunk)
            parts += chunk
            if not more:
                self.unread = False
                return bytes(parts)
            message = await self._next()
            chunk, more = message["body"], message.get("more_body", False)

    def release(self) -> None:
        """Give back what the body took."""
        self._room.held -= self._taken
        self._taken = 0

    async def drain(self, seconds: float) -> None:
        """Throw away what still comes: closing would take the answer from who hasn't read it."""
        try:
            async with asyncio.timeout(seconds):
                while (await self._receive()).get("more_body"):
                    pass
        except TimeoutError:
            return


def _too_large(limit: int) -> Refused:
    megabytes, rest = divmod(limit, 1_000_000)
    size = f"{limit} bytes" if rest else f"{megabytes} MB"
    return Refused(413, f"the body has more than {size}: send a smaller image, or fewer")
