import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def heed_ctrl_c() -> None:
    """A shell that starts the tests in the background has them, and their children, ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
