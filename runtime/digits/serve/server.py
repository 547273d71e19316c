"""One process that serves: uvicorn with our application, our connections and our end."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import uvicorn

from digits.serve.app import App
from digits.serve.board import Board
from digits.serve.models import Models
from digits.serve.protocol import protocol_class, sweep
from digits.serve.settings import Settings
from digits.serve.signals import end_signals

KEEP_ALIVE = 75
_BACKLOG = 2048
_TICKS_A_SECOND = 10


def config_of(settings: Settings, models: Models, board: Board) -> uvicorn.Config:
    """What uvicorn is told."""
    # What clients do wrong is in the metrics; their logs would let them fill a disk.
    for name in ("uvicorn", "python_multipart"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return uvicorn.Config(
        App(settings, models, board),
        http=protocol_class(settings),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=int(settings.timeout) + 1,
    )


class Server(uvicorn.Server):
    """Serves until it is told to stop.

    Args:
        settings: Limits.
        models: What reads.
        board: Is told of connections.
        ready: Called when requests are taken.

    Attributes:
        signals: Those that end it in order.
        signalled: The one that did.
    """

    def __init__(
        self, settings: Settings, models: Models, board: Board, ready: Callable[[], None]
    ) -> None:
        super().__init__(config_of(settings, models, board))
        self._settings = settings
        self._board = board
        self._models = models
        self._ready = ready
        self.signalled: int | None = None
        self.signals: tuple[int, ...] = tuple(end_signals())

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve_on`, which tells them apart."""
        yield

    async def startup(self, sockets: Any = None) -> None:
        """Begin to take requests."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        for number in self.signals:
            with suppress(NotImplementedError, RuntimeError):  # Windows; not in the main thread
                loop.add_signal_handler(number, self.stop, number)
        self._ready()

    def stop(self, number: int) -> None:
        """End in order; at once where Ctrl-C asks for it a second time.

        A second SIGTERM says nothing new: systemd sends one to workers, too, as their parent does.
        """
        self.force_exit = self.should_exit and number == signal.SIGINT
        self.should_exit = True
        self.signalled = self.signalled or number

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections, ten times a second."""
        connections = self.server_state.connections
        self._board.connections(len(connections))
        if counter % _TICKS_A_SECOND == 0:
            now = asyncio.get_running_loop().time()
            self._models.expire()
            sweep(connections, now, self._settings.timeout, KEEP_ALIVE)
        return await super().on_tick(counter)

    def serve_on(self, sockets: Sequence[socket.socket]) -> int | None:
        """Serve; returns the signal that ended it, if one did."""
        try:
            self.run(list(sockets))
        finally:
            self._models.close()
        return self.signalled
