"""A connection to a Ray cluster, or a cluster of this machine for as long as a job takes."""

import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass

from digits.cluster.errors import ClusterError
from digits.cluster.storage import one_line
from digits.errors import UsageError
from digits.machine.limits import workers_allowed

LOCAL = "local"
# Bytes: all that travels through the store are block numbers and a small model.
_STORE = 100_000_000
# Read when Ray starts: it reports to its makers and warns on stderr, unless told otherwise.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
_LOGGERS = ("ray", "ray.data")


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
    import ray

    with _quiet():
        try:
            _start(address, workers or workers_allowed())
            found = ray.cluster_resources()
            yield Session(int(found.get("CPU", 1)), int(found.get("GPU", 0)))
        finally:
            ray.shutdown()


def _start(address: str, workers: int) -> None:
    import ray

    settings = {"num_cpus": workers, "object_store_memory": _STORE, "include_dashboard": False}
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            **(settings if address == LOCAL else {}),
        )
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        where = "here" if address == LOCAL else f"at {address}"
        raise ClusterError(f"no Ray cluster {where}: {one_line(error)}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Ray without its talk: it prints about workers that die on stdout, whatever it is told."""
    before = {name: os.environ.get(name) for name in _QUIET}
    os.environ.update({name: value for name, value in _QUIET.items() if before[name] is None})
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    try:
        with redirect_stdout(io.StringIO()):
            for name in _LOGGERS:
                logging.getLogger(name).setLevel(logging.CRITICAL)
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        for name in [name for name, value in before.items() if value is None]:
            del os.environ[name]
