"""Who may call: no page of another host, unless it is named, and no name that isn't ours.

Browsers let any page send requests to 127.0.0.1, and tell in `Origin` which page it is. A page can
also have its own name point there; then `Host` holds that name.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from digits.serve.replies import Headers, Refused
from digits.serve.settings import Settings, is_loopback

_METHODS = b"GET, POST"


class Gate:
    """Checks where requests come from.

    Args:
        settings: Whose pages may call.
    """

    def __init__(self, settings: Settings) -> None:
        self._origins = frozenset(settings.origins)
        names = (urlsplit(origin).netloc.encode() for origin in settings.origins)
        self._hosts = frozenset(names)
        self._is_local = settings.is_local
        self._known: set[bytes] = set()

    def check(self, headers: Mapping[bytes, bytes]) -> Headers:
        """Let a request pass.

        Returns:
            Headers that the response needs, so that the page which asked may read it.

        Raises:
            Refused: It may not pass.
        """
        host = headers.get(b"host", b"").lower()
        if self._is_local and host not in self._known:
            self._check_host(host)
        origin = headers.get(b"origin")
        return () if origin is None else self._check_origin(origin.lower(), host)

    def _check_host(self, host: bytes) -> None:
        name = host.decode("latin-1")
        if host not in self._hosts and not is_loopback(_without_port(name)):
            raise Refused(
                403,
                f"this server answers to localhost, not to {name[:100]!r}: "
                "start it with --allow-origin or --host to change that",
            )
        if len(self._known) < 100:  # clients may invent any port
            self._known.add(host)

    def _check_origin(self, origin: bytes, host: bytes) -> Headers:
        if origin in (b"http://" + host, b"https://" + host):
            return ()
        text = origin.decode("latin-1")
        if text not in self._origins:
            raise Refused(
                403,
                f"pages of {text[:100]!r} may not call this server: "
                "start it with --allow-origin to change that",
            )
        return ((b"access-control-allow-origin", origin), (b"vary", b"origin"))


def preflight() -> Headers:
    """What a browser asks before it lets a page of another host send a body."""
    allowed = (b"access-control-allow-headers", b"content-type, inference-header-content-length")
    return ((b"access-control-allow-methods", _METHODS), allowed)


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    name, colon, port = host.partition(":")
    return name if not colon or port.isdigit() else host
