"""A connection to a Ray cluster, or a cluster of this machine for as long as a job takes."""

import io
import logging
import os
import signal
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digits.cluster.errors import ClusterError
from digits.cluster.storage import one_line
from digits.errors import UsageError
from digits.machine.limits import workers_allowed

LOCAL = "local"
# Bytes: all that travels through the store are block numbers and a small model.
_STORE = 100_000_000
_SECONDS_TO_CONNECT = 10.0
# Read when Ray starts: it reports to its makers and warns on stderr, unless told otherwise.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
# Ray kills actors while the machine has little memory left, whoever took it: ours take little.
_ALONE = {"RAY_memory_monitor_refresh_ms": "0"}
_TOKEN = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


@dataclass(frozen=True)
class Session:
    """A cluster that we are connected to.

    Attributes:
        cores: That it has at the moment.
        gpus: The same of GPUs.
    """

    cores: int
    gpus: int


@contextmanager
def session(address: str | None, workers: int | None) -> Iterator[Session]:
    """Connect to a cluster, silently.

    Args:
        address: Of its head, as Ray takes it; what RAY_ADDRESS says if None, and "local" if that
            isn't set: a cluster on this machine that ends with the session.
        workers: What a local cluster is made for; the cores allowed if None.

    Raises:
        ClusterError: It can't be reached or started.
        UsageError: It is an address of Ray Client.
    """
    address = address or os.environ.get("RAY_ADDRESS") or LOCAL
    if address.startswith("ray://"):
        raise UsageError(
            f"{address}: Ray Client can't carry this: run the command on the cluster, "
            f"as in: ray job submit --address http://HEAD:8265 -- digits infer --engine ray …"
        )
    _check_reachable(address)
    with _quiet(), _set(_ALONE if address == LOCAL else _authority()):
        import ray  # reads the environment, and asks for warnings

        warnings.simplefilter("ignore")
        try:
            _start(address, workers or workers_allowed())
            found = ray.cluster_resources()
            yield Session(int(found.get("CPU", 1)), int(found.get("GPU", 0)))
        finally:
            ray.shutdown()


def _check_reachable(address: str) -> None:
    """Find out soon what Ray would try for many minutes.

    Raises:
        ClusterError: Nothing answers there.
    """
    host, colon, port = address.rpartition(":")
    if not colon:  # "auto", "local"
        return
    try:
        socket.create_connection((host, int(port)), _SECONDS_TO_CONNECT).close()
    except (OSError, ValueError, OverflowError) as error:
        raise ClusterError(
            f"no Ray cluster at {address}: {one_line(error)}: give the HOST:PORT of its head, "
            "6379 in most cases"
        ) from error


def _start(address: str, workers: int) -> None:
    import ray

    settings: dict[str, Any] = {
        "num_cpus": workers,
        "object_store_memory": _STORE,
        "include_dashboard": False,
    }
    try:
        with _muted(2), _same_ending():
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                **(settings if address == LOCAL else {}),
            )
    except Exception as error:  # Ray raises all kinds, and bare ones
        where = "here" if address == LOCAL else f"at {address}"
        hint = "" if address == LOCAL else " (if it asks for a token: set RAY_AUTH_TOKEN)"
        raise ClusterError(f"no Ray cluster {where}: {one_line(error)}{hint}") from error


def _authority() -> dict[str, str]:
    """Show a token where there is one: unlike its own commands, `ray.init` doesn't by itself."""
    there = any(map(os.environ.get, _TOKEN)) or (Path.home() / ".ray" / "auth_token").is_file()
    return {"RAY_AUTH_MODE": "token"} if there else {}


@contextmanager
def _quiet() -> Iterator[None]:
    """Ray without its talk, all of which its own log files have.

    It logs to stderr, and prints about workers that die on stdout, whatever it is told.
    """
    level = logging.root.manager.disable
    try:
        with _set(_QUIET), redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.disable(logging.CRITICAL)
            yield
    finally:
        logging.disable(level)


@contextmanager
def _set(variables: dict[str, str]) -> Iterator[None]:
    """Set variables of the environment that the caller left unset, for a while."""
    missing = variables.keys() - os.environ.keys()
    os.environ.update({name: variables[name] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


@contextmanager
def _same_ending() -> Iterator[None]:
    """Keep what SIGTERM does: Ray's own handler prints a stack and aborts."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if before is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _muted(descriptor: int) -> Iterator[None]:
    """Send what is written to a descriptor nowhere, for a moment: Ray's C++ has no other switch."""
    kept = os.dup(descriptor)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)
