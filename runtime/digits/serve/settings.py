"""What a server is told when it starts; nothing of it changes while it runs."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from digits.errors import UsageError

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKmMgG]?)[bB]?")
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_ORIGIN = re.compile(r"https?://[^/\s]+")


@dataclass(frozen=True)
class Settings:
    """What to serve, where, and how much of it at once.

    Attributes:
        models: Names or directories; the first answers where a request names none.
        provider: "auto", "cpu" or "cuda".
        host: The address that is listened on.
        port: Its port; 0 for any that is free.
        workers: Processes.
        max_body: Bytes that the body of a request may have.
        max_pixels: Pixels that an image may have.
        max_batch: Images that are classified together, at most.
        queue: Images that may wait in one process; more are turned away.
        timeout: Seconds that a whole request may take.
        connections: Connections that one process keeps open; then it closes the one idle longest.
        origins: Pages of other hosts that may call, as "https://example.org".
    """

    models: tuple[str, ...]
    provider: str = "auto"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    max_body: int = 10_000_000
    max_pixels: int = 50_000_000
    max_batch: int = 64
    queue: int = 256
    timeout: float = 30.0
    connections: int = 1024
    origins: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether only this machine can call."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def bytes_of(text: str) -> int:
    """The number in "10MB".

    Raises:
        UsageError: There is none.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise UsageError(f"{text!r} is no size: give 500kB or 10MB, for example")
    return int(float(match[1]) * _FACTORS[match[2].lower()])


def checked_origin(text: str) -> str:
    """A page's origin as browsers write it.

    Raises:
        UsageError: It isn't one.
    """
    origin = text.rstrip("/").lower()
    if not _ORIGIN.fullmatch(origin):
        raise UsageError(f"{text!r} is no origin: give https://example.org, for example")
    return origin
