"""Which signals end a server in order."""

import signal


def end_signals() -> list[signal.Signals]:
    """SIGTERM, SIGINT and, where the system has it and `nohup` doesn't ignore it, SIGHUP."""
    found = [signal.SIGTERM, signal.SIGINT]
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        found.append(hangup)
    return found
