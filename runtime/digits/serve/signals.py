"""Which signals end a server in order."""

import signal


def end_signals() -> list[signal.Signals]:
    """Those that there are on this system; not SIGHUP where `nohup` wants it to be ignored."""
    names = ("SIGTERM", "SIGINT", "SIGHUP")
    found = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return [
        number
        for number in found
        if number.name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN
    ]
