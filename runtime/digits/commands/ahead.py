"""Importing what a command needs next while it waits for something else."""

from contextlib import suppress
from importlib import import_module
from threading import Thread


def import_ahead(*modules: str) -> None:
    """Import modules in a thread of their own.

    Opening a graph takes tens of milliseconds in which ONNX Runtime leaves Python's lock to others.
    What goes wrong here goes wrong again, and is told, where the module is really needed.
    """
    with suppress(RuntimeError):  # no more threads are allowed
        Thread(target=_import, args=(modules,), name="digits-imports").start()


def _import(modules: tuple[str, ...]) -> None:
    with suppress(Exception):
        for module in modules:
            import_module(module)
