"""Cancelling a task that waits inside somebody else's code.

``asyncio.wait_for``, by which nats-py and redis-py wait, forgets a cancellation that comes together with the answer
(before Python 3.12), and nats-py's flusher swallows any. The task then goes on for ever: a session that another worker
has taken, say, whose place in the queue is kept by a worker that does not play it any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cancellable() -> Iterator[None]:
    """A task that is cancelled inside is cancelled at the latest when it leaves, whatever came of the block."""
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    except Exception as error:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError from error
        raise
    if task and task.cancelling() > before:
        raise asyncio.CancelledError
