"""The files in a multipart/form-data body, as browsers and `curl -F` send them."""

from dataclasses import dataclass, field
from typing import Any

from digits.serve.replies import Refused

_FORM = b"multipart/form-data"


@dataclass
class Part:
    """One file of a form.

    Attributes:
        headers: By lower-case names.
        data: Its bytes.
    """

    headers: dict[bytes, bytes] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)

    @property
    def name(self) -> str:
        """The file's name as sent, else that of its field; nothing is ever opened by it."""
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self.headers.get(b"content-disposition", b""))
        name: bytes = options.get(b"filename") or options.get(b"name") or b""
        return name.decode(errors="replace")


def is_multipart(content_type: bytes) -> bool:
    """Whether a body is of several parts."""
    return content_type.lower().startswith(b"multipart/")


def parts(content_type: bytes, body: bytes, most: int) -> list[Part]:
    """Take a form apart.

    Args:
        content_type: With the boundary.
        body: All of it.
        most: Files that it may have.

    Raises:
        Refused: It isn't a form, is damaged, or has no file, or too many.
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    kind, options = parse_options_header(content_type)
    if kind != _FORM:
        raise Refused(415, "send multipart/form-data, or the bytes of one image")
    reader = _Reader(most)
    try:
        parser = MultipartParser(options[b"boundary"], reader.callbacks())
        parser.write(body)
        parser.finalize()
    except (FormParserError, KeyError, ValueError) as error:
        raise Refused(400, "the form is damaged, or has no boundary: send it again") from error
    if not reader.ended:
        raise Refused(400, "the form ends too early: send it again")
    if not reader.parts:
        raise Refused(400, "no image: send at least one file")
    return reader.parts


class _Reader:
    """Gathers what the parser tells."""

    def __init__(self, most: int) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._most = most
        self._name = b""
        self._value = b""

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) == self._most:
            raise Refused(413, f"more than {self._most} files: send fewer at once")
        self.parts.append(Part())

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].data += data[start:end]

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self.parts[-1].headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _end(self) -> None:
        self.ended = True
