"""Which line of a model an error is about: of its own code, not of the exporter's stack."""

import re
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from torch.fx import Node

# Where errors are raised, but not made.
_MACHINERY = re.compile(
    r"[/\\](torch|onnx|onnxscript|onnx_ir|onnxruntime|digits_export|importlib|python3?\.\d+)[/\\](?!.*torchvision)"
    r"|^<frozen|^<eval_with_key>|^<string>"
)
_IN_TEXT = re.compile(r'File "(?P<file>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<name>\S+))?')
_NO_OPERATOR = re.compile(r"No ONNX function found for <OpOverload\(op='([\w.]+)'")
_LONGEST = 160
# What exporters say, as what it means for a model and what can be done.
_MEANINGS = (
    (
        "GuardOnDataDependent",
        "which way it takes depends on the values of its input: compute both ways and choose with "
        "torch.where",
    ),
    ("data-dependent", "a size or a number in Python depends on the values of its input"),
    ("Constraints violated", "it doesn't take batches of any size: a size is fixed"),
)


def blamed(error: BaseException) -> str:
    """An error in one line: what went wrong and, if it can be found, where in the model's code.

    Args:
        error: What an exporter or a model raised; those that led to it are looked at, too.
    """
    chain = list(_chain(error))
    reason = _meaning(chain) or _reason(chain[-1])
    place = next((found for one in reversed(chain) if (found := _place(one))), None)
    return f"{place}: {reason}" if place else reason


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _meaning(chain: Sequence[BaseException]) -> str | None:
    text = "\n".join(f"{type(error).__name__}: {error}" for error in chain)
    operator = _NO_OPERATOR.search(text)
    if operator:
        return f"ONNX has nothing that computes {operator[1]}"
    return next((meaning for words, meaning in _MEANINGS if words in text), None)


def _reason(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = lines[0].rstrip(":") if lines else ""
    text = f"{type(error).__name__}: {first}" if first else type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _place(error: BaseException) -> str | None:
    """The innermost line of the model that an error passed through, or that its text names."""
    frames = [
        (frame.filename, frame.lineno or 0, frame.line or "")
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    text = f"{error}\n{_traced(error)}"
    told = [(found["file"], int(found["line"]), "") for found in _IN_TEXT.finditer(text)]
    for file, number, line in (*reversed(told), *reversed(frames)):
        if not _MACHINERY.search(file) and Path(file).exists():
            return f"{Path(file).name}, line {number}: `{(line or _line(file, number)).strip()}`"
    return None


def _traced(error: BaseException) -> str:
    """Where the node of a traced graph comes from that an exporter was at when it failed."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    nodes = (value for frame in reversed(frames) for value in frame.f_locals.values())
    return next((node.stack_trace or "" for node in nodes if isinstance(node, Node)), "")


def _line(file: str, number: int) -> str:
    lines = Path(file).read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else ""
