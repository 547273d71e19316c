"""Waiting for something no longer than a request may take."""

import asyncio
from collections.abc import Awaitable
from time import monotonic
from typing import TypeVar

from digits.serve.replies import busy

Result = TypeVar("Result")


async def before(deadline: float, work: Awaitable[Result]) -> Result:
    """Wait for work; what hasn't begun by then is never done.

    Args:
        deadline: On the monotonic clock.
        work: What to wait for.

    Raises:
        Refused: It isn't done in time.
    """
    try:
        async with asyncio.timeout(max(0.0, deadline - monotonic())):
            return await work
    except TimeoutError as error:
        raise late() from error


def late() -> Exception:
    """The answer to what waited too long."""
    return busy("it waited too long")
