"""What goes back to a client: an answer, or one line that says what to do."""

import json
from dataclasses import dataclass, field

Headers = tuple[tuple[bytes, bytes], ...]

JSON = b"application/json"
RETRY: Headers = ((b"retry-after", b"1"),)
_TOO_LARGE = "too large: "


@dataclass(frozen=True)
class Reply:
    """One response, whole.

    Attributes:
        body: What it holds.
        status: The code of HTTP.
        media_type: What the body is.
        headers: Others, by lower-case names.
    """

    body: bytes
    status: int = 200
    media_type: bytes = JSON
    headers: Headers = field(default=())


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """A request that gets no result.

    Args:
        status: The code of HTTP.
        message: One line that says what was wrong, and what to do.
        headers: For the response.
    """

    def __init__(self, status: int, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers

    @property
    def reply(self) -> Reply:
        """What the client gets."""
        return Reply(as_json({"error": str(self)}), self.status, headers=self.headers)


class Gone(Exception):  # noqa: N818 - nobody is left to tell
    """The client went away before its request was whole."""


def as_json(value: object) -> bytes:
    """A value as JSON in UTF-8."""
    return json.dumps(value).encode()


def busy(what: str) -> Refused:
    """The answer where there is no room for a request now."""
    return Refused(503, f"{what}: try again in a moment", RETRY)


def bad_image(message: str) -> Refused:
    """The answer to bytes that can't be read; too many pixels are told apart."""
    return Refused(413 if message.startswith(_TOO_LARGE) else 400, message)
