"""A cancellation that comes together with the answer is not forgotten."""

from __future__ import annotations

import asyncio

import pytest

from qmcore.cancellation import cancellable


async def forgetful(answer: asyncio.Future[str]) -> str:
    """As libraries do that wait by ``asyncio.wait_for`` of Python 3.11."""
    try:
        return await asyncio.shield(answer)
    except asyncio.CancelledError:
        return await answer


async def waiting(answer: asyncio.Future[str]) -> str:
    with cancellable():
        return await forgetful(answer)


@pytest.mark.parametrize("outcome", ["an answer", ValueError("an error")])
async def test_a_task_that_is_cancelled_as_its_answer_comes_is_cancelled(outcome: str | Exception) -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(waiting(answer))
    await asyncio.sleep(0)
    task.cancel()
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
    await asyncio.wait([task])
    assert task.cancelled()


async def test_what_happens_without_a_cancellation_is_left_alone() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    answer.set_result("an answer")
    assert await waiting(answer) == "an answer"
    with pytest.raises(ValueError, match="an error"), cancellable():
        raise ValueError("an error")


async def test_cleaning_up_after_a_cancellation_goes_on() -> None:
    cleaned = asyncio.Event()

    async def cleaning() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            with cancellable():
                await asyncio.sleep(0)
            cleaned.set()

    task = asyncio.create_task(cleaning())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert cleaned.is_set()


async def test_a_timeout_inside_is_no_cancellation() -> None:
    with pytest.raises(TimeoutError), cancellable():
        async with asyncio.timeout(0):
            await asyncio.sleep(60)
