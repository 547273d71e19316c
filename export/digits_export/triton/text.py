"""Protocol Buffers' text format, in which Triton reads a model's configuration.

https://protobuf.dev/reference/protobuf/textformat-spec/
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

# A field's value: a message, a list of values (a repeated field), a text, a number or a word.
Value = object

_INDENT = "  "


class Word(str):
    """A name of an enumeration, which stands without quotes."""

    __slots__ = ()


def written(message: Mapping[str, Value]) -> str:
    """A message as text, its fields in the order given; empty ones are left out."""
    return "".join(f"{line}\n" for line in _fields(message))


def _fields(message: Mapping[str, Value]) -> Iterator[str]:
    for name, value in message.items():
        if isinstance(value, Mapping):
            yield from _message(name, value)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from _repeated(name, value)
        else:
            yield f"{name}: {_scalar(value)}"


def _message(name: str, message: Mapping[str, Value]) -> Iterator[str]:
    yield f"{name} {{"
    yield from (f"{_INDENT}{line}" for line in _fields(message))
    yield "}"


def _repeated(name: str, values: Sequence[Value]) -> Iterator[str]:
    messages = [value for value in values if isinstance(value, Mapping)]
    for message in messages:
        yield from _message(name, message)
    if values and not messages:
        yield f"{name}: [{_list(values)}]"


def _list(values: Iterable[Value]) -> str:
    return ", ".join(_scalar(value) for value in values)


def _scalar(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _quoted(value) if isinstance(value, str) and not isinstance(value, Word) else str(value)


def _quoted(text: str) -> str:
    """A text in quotes, each byte but plain ASCII as its number in octal."""
    plain = (_byte(byte) for byte in text.encode())
    return f'"{"".join(plain)}"'


def _byte(byte: int) -> str:
    character = chr(byte)
    if character in '"\\':
        return f"\\{character}"
    return character if " " <= character <= "~" else f"\\{byte:03o}"
