"""Listening sockets: one for each worker where the system shares connections out among them."""

import socket
import sys
from contextlib import ExitStack, suppress

from digits.errors import UsageError

# Addresses for documentation (RFC 5737 and 3849): nothing is ever sent there.
_ELSEWHERE = {"0.0.0.0": ("192.0.2.1", "127.0.0.1"), "::": ("2001:db8::1", "::1")}
# Files that a process has open beside connections, and connections that come before others close.
_OWN_FILES, _BURST = 64, 2048


def bind(host: str, port: int, count: int) -> list[socket.socket]:
    """Sockets at one address, not listening yet.

    A socket outlives the worker that accepts from it: who waits meanwhile is served by the next.

    Args:
        host: A name or an address.
        port: 0 for any that is free.
        count: How many processes will listen; elsewhere than on Linux, one socket is for all.

    Raises:
        UsageError: The address can't be had.
    """
    several = count > 1 and sys.platform == "linux"
    with ExitStack() as stack:
        if several and port:
            _bound(host, port, shared=False).close()  # else others' sockets would be shared, too
        first = stack.enter_context(_bound(host, port, shared=several))
        found = [first]
        for _ in range(count - 1 if several else 0):
            port = first.getsockname()[1]
            found.append(stack.enter_context(_bound(host, port, shared=True)))
        stack.pop_all()
        return found


def connections_allowed(wanted: int) -> int:
    """How many of the connections that are wanted this process may have open.

    Most systems let a process open 1,024 files, and more where it asks for it, which is done here.
    """
    if sys.platform == "win32":
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    needed = wanted + _BURST + _OWN_FILES
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with suppress(OSError, ValueError):  # macOS has a lower limit than it tells
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(wanted, soft - min(_OWN_FILES, soft // 2)))


def url(listening: socket.socket, host: str) -> str:
    """What to type into a browser, that of another machine if it can call."""
    if host in _ELSEWHERE:
        host = _own_address(listening.family, *_ELSEWHERE[host])
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}"


def _own_address(family: int, elsewhere: str, alone: str) -> str:
    """This machine's address on the way to others; `alone` if there is no way."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((elsewhere, 9))
        except OSError:
            return alone
        return str(probe.getsockname()[0])


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    try:
        (family, kind, number, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with ExitStack() as stack:
            bound = stack.enter_context(socket.socket(family, kind, number))
            if sys.platform != "win32":  # there, it would share with anybody
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind(address)
            stack.pop_all()
            return bound
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(
            f"can't listen on {host}, port {port}: {reason}: give another --host or --port"
        ) from error
