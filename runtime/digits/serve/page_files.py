"""The page at `/` and its files: read once, at the start; no request opens a file."""

from importlib.resources import files

from digits.serve.replies import Headers, Refused, Reply

# Nothing from other hosts, nothing inline, in no other page's frame.
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    b"connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Headers = (
    (b"content-security-policy", _POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
)
_MEDIA_TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".webmanifest": b"application/manifest+json",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".ico": b"image/x-icon",
}
_INDEX = "index.html"


class Page:
    """Its files in memory."""

    def __init__(self) -> None:
        folder = files("digits.serve") / "page"
        self._files: dict[str, Reply] = {}
        for file in folder.iterdir() if folder.is_dir() else ():
            media_type = _MEDIA_TYPES.get(f".{file.name.rpartition('.')[2]}")
            if media_type is not None and file.is_file():
                reply = Reply(file.read_bytes(), media_type=media_type, headers=HEADERS)
                self._files[file.name] = reply

    @property
    def index(self) -> Reply:
        """What is at `/`."""
        return self.get(_INDEX)

    def get(self, name: str) -> Reply:
        """One of its files.

        Raises:
            Refused: It has no such file.
        """
        if name not in self._files:
            raise Refused(404, "the page has no such file")
        return self._files[name]
