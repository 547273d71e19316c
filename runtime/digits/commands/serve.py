"""`digits serve`: a model behind HTTP."""

import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Annotated

from digits.bundle import DEFAULT, open_bundle
from digits.cli import INTERRUPTED
from digits.commands.options import ProviderOption, note
from digits.commands.parameters import Option
from digits.commands.tables import printable
from digits.errors import UsageError
from digits.extras import need
from digits.machine.limits import workers_allowed
from digits.providers import GPU_WHEEL, Provider, choose, installed_wheels
from digits.serve.settings import Settings, bytes_of, checked_origin


def serve(
    model: Annotated[
        list[str],
        Option(metavar="NAME|DIR", help="A shipped model or an exported directory; repeatable."),
    ] = [DEFAULT],  # noqa: B006 - typer's way to say it
    host: Annotated[str, Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, Option(min=0, metavar="N", help="0 takes any that is free.")] = 8000,
    provider: ProviderOption = Provider.AUTO,
    workers: Annotated[
        int | None,
        Option(min=1, metavar="N", help="Processes; by default one for each core allowed."),
    ] = None,
    max_body: Annotated[
        str, Option(metavar="SIZE", help="The largest body of a request.")
    ] = "10MB",
    max_pixels: Annotated[
        int, Option(min=1, metavar="N", help="Pixels that an image may have, 100 million at most.")
    ] = 50_000_000,
    max_batch: Annotated[
        int, Option(min=1, metavar="N", help="Images read together, at most.")
    ] = 64,
    queue: Annotated[
        int, Option(min=1, metavar="N", help="Images that may wait in each process.")
    ] = 256,
    timeout: Annotated[
        float, Option(metavar="SECONDS", help="What a whole request may take.")
    ] = 30.0,
    connections: Annotated[
        int, Option(min=1, metavar="N", help="Open ones in each process; idle ones give way.")
    ] = 1024,
    allow_origin: Annotated[
        list[str] | None,
        Option(metavar="ORIGIN", help="Let pages of https://HOST call, too; repeatable."),
    ] = None,
) -> int:
    """Serve models over HTTP, with a page to draw digits on at /.

    Other machines can call only with --host 0.0.0.0 (or ::). What else there is, /docs tells.
    Ctrl-C and SIGTERM let requests that are under way finish.
    """
    need("serve")
    settings = Settings(
        models=tuple(model),
        provider=provider.value,
        host=host,
        port=_port(port),
        workers=workers or _workers(provider),
        max_body=bytes_of(max_body),
        max_pixels=_pixels(max_pixels),
        max_batch=max_batch,
        queue=queue,
        timeout=_seconds(timeout),
        connections=connections,
        origins=tuple(map(checked_origin, allow_origin or ())),
    )
    for name in settings.models:
        open_bundle(name)  # what is wrong with them is told first
    return _run(settings)


def _run(settings: Settings) -> int:
    from digits.serve.sockets import bind, url

    with ExitStack() as stack:
        sockets = [
            stack.enter_context(listening)
            for listening in bind(settings.host, settings.port, settings.workers)
        ]
        ready = partial(_say_ready, settings, url(sockets[0], settings.host))
        serve_on = _in_workers if settings.workers > 1 else _here
        return INTERRUPTED if serve_on(settings, sockets, ready) == signal.SIGINT else 0


def _say_ready(settings: Settings, address: str) -> None:
    if not settings.is_local:
        note("other machines can call this server, and nobody is asked for a password")
    names = ", ".join(settings.models)
    count = f"{settings.workers} workers" if settings.workers > 1 else "1 worker"
    line = f"digits serve: {names} on {address} ({count})"
    print(printable(line), file=sys.stderr, flush=True)


def _in_workers(
    settings: Settings, sockets: Sequence[socket.socket], ready: Callable[[], None]
) -> int | None:
    from digits.serve.supervisor import Supervisor

    return Supervisor(settings, sockets, note).run(ready)


def _here(
    settings: Settings, sockets: Sequence[socket.socket], ready: Callable[[], None]
) -> int | None:
    from digits.serve.board import Board
    from digits.serve.models import open_models

    board = Board()
    models = open_models(settings, board)
    # What FastAPI takes to load comes after what may be wrong.
    from digits.serve.server import Server

    return Server(settings, models, board, ready).serve_on(sockets)


def _workers(provider: Provider) -> int:
    """One where workers can't share a socket, or a GPU, which should have one process alone."""
    alone = sys.platform == "win32" or _chosen(provider) is Provider.CUDA
    return 1 if alone else workers_allowed()


def _chosen(provider: Provider) -> Provider:
    """What `auto` leads to; ONNX Runtime is loaded here only where that may be CUDA."""
    if provider is not Provider.AUTO or GPU_WHEEL not in installed_wheels():
        return provider
    choice = choose(provider)
    note(choice.note)
    return choice.provider


def _port(port: int) -> int:
    if port > 65_535:
        raise UsageError(f"there is no port {port}: give 0 to 65535")
    return port


def _pixels(most: int) -> int:
    from digits.images import PIXEL_LIMIT

    if most > PIXEL_LIMIT:
        raise UsageError(f"--max-pixels is {most}: give {PIXEL_LIMIT} or fewer")
    return most


def _seconds(timeout: float) -> float:
    if not 0.1 <= timeout <= 3600:
        raise UsageError(f"a timeout of {timeout:g} s: give 0.1 to 3600")
    return timeout
