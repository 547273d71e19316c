"""Starts one program and says what it took; so small that its own memory doesn't count.

A process inherits the peak memory of the one that started it, so the program must not be started by
`digits bench` itself. Run as `python -I -S launcher.py DESCRIPTOR PROGRAM ARGUMENTS...`: it writes
start, end, peak memory in bytes, seconds of processor time and exit code to the descriptor.
"""

import os
import sys
import time


def _launch(descriptor: int, command: list[str]) -> None:
    start = time.monotonic()
    actions = [(os.POSIX_SPAWN_CLOSE, descriptor)]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    end = time.monotonic()
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    took = usage.ru_utime + usage.ru_stime
    code = os.waitstatus_to_exitcode(status)
    os.write(descriptor, f"{start} {end} {peak} {took} {code}".encode())


if __name__ == "__main__":
    _launch(int(sys.argv[1]), sys.argv[2:])
