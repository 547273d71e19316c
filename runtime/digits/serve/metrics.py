"""`GET /metrics`: the counters of all processes in Prometheus's text format."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from digits import __version__
from digits.classifier import Classifier
from digits.serve.board import ROUTES, SECONDS, SIZES, Board, Histogram

MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


def exposition(board: Board, classifiers: Sequence[Classifier]) -> bytes:
    """All metrics as text."""
    return "\n".join([*_lines(board, classifiers), ""]).encode()


def _lines(board: Board, classifiers: Sequence[Classifier]) -> Iterator[str]:
    yield from _head("requests_total", "counter", "Requests by route and status code.")
    for route, code, count in board.requests():
        yield f'digits_requests_total{{route="{route}",code="{code}"}} {count}'
    yield from _head("request_seconds", "histogram", "Time from headers to the whole answer.")
    for route in ROUTES:
        yield from _histogram("request_seconds", f'route="{route}"', SECONDS, board.latency(route))
    yield from _head("batch_size", "histogram", "Images that were read together.")
    yield from _histogram("batch_size", "", SIZES, board.batches())
    yield from _figures(board)
    yield from _head("model_info", "gauge", "What is served.")
    for model in classifiers:
        yield (
            f'digits_model_info{{model="{_escaped(model.name)}",provider="{model.provider}",'
            f'version="{__version__}"}} 1'
        )
    yield from _head("process_resident_memory_bytes", "gauge", "Memory of each worker process.")
    for pid in board.processes():
        yield f'digits_process_resident_memory_bytes{{pid="{pid}"}} {_resident(pid)}'


def _figures(board: Board) -> Iterator[str]:
    for name, kind, text, value in (
        ("images_total", "counter", "Images that were read.", board.images),
        ("queue_length", "gauge", "Images that wait.", board.waiting),
        ("connections", "gauge", "Open connections.", board.open_connections),
        ("worker_restarts_total", "counter", "Workers that ended unasked.", board.restarts),
    ):
        yield from _head(name, kind, text)
        yield f"digits_{name} {value}"


def _head(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP digits_{name} {text}", f"# TYPE digits_{name} {kind}"


def _histogram(
    name: str, label: str, bounds: Sequence[float], histogram: Histogram
) -> Iterator[str]:
    """Prometheus counts in each bucket what is in those below, too."""
    counts, total = histogram
    if not any(counts):
        return
    so_far, comma = 0.0, "," if label else ""
    for bound, count in zip([*map(str, bounds), "+Inf"], counts, strict=True):
        so_far += count
        yield f'digits_{name}_bucket{{{label}{comma}le="{bound}"}} {so_far:.0f}'
    labels = f"{{{label}}}" if label else ""
    yield f"digits_{name}_sum{labels} {total:.6f}"
    yield f"digits_{name}_count{labels} {so_far:.0f}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _resident(pid: int) -> int:
    """Bytes; 0 where the system doesn't tell, or the process is gone."""
    with suppress(OSError, ValueError, IndexError, AttributeError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0
