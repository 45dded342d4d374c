"""The life of a service process: logs, signals, one main coroutine, an exit code.

SIGTERM and SIGINT set ``stopping``; the main coroutine then drains and returns. A second signal ends at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from qmcore.errors import BadInput, ConfigError, QmError
from qmcore.redaction import redacted
from qmcore.service.logs import configure_logs
from qmcore.service.settings import ServiceSettings, hide_secrets, load_settings

log = logging.getLogger(__name__)

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
Main = Callable[[asyncio.Event], Awaitable[None]]


async def _with_signals(main: Main) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        log.info("%s: draining", signal.Signals(number).name)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    await main(stopping)


def _causes(error: BaseException) -> list[BaseException]:
    """The errors inside nested exception groups."""
    if isinstance(error, BaseExceptionGroup):
        return [cause for inner in error.exceptions for cause in _causes(inner)]
    return [error]


def run_command(
    service: str, model: type[SettingsT], chosen: Mapping[str, object], make: Callable[[SettingsT], Main]
) -> int:
    """The body of a service's command: settings, then ``run_service``; the answer is the exit code."""
    try:
        settings = load_settings(model, chosen)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    return run_service(service, settings, lambda stopping: make(settings)(stopping))


def run_service(service: str, settings: ServiceSettings, main: Main) -> int:
    """Run ``main`` until it returns; the answer is the exit code: 0 done, 1 failed, 2 bad input.

    Errors of ``qmcore.errors`` are logged as one line each; anything else is a bug and is raised.
    """
    try:
        hide_secrets(settings)
    except ConfigError as error:
        print(redacted(str(error)), file=sys.stderr)
        return 2
    configure_logs(service, style=settings.log_format, level=settings.log_level)
    # Kernel threads give the interpreter back to the event loop within this time.
    sys.setswitchinterval(0.001)
    try:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(_with_signals(main))
    except (QmError, BaseExceptionGroup) as error:
        causes = _causes(error)
        if not all(isinstance(cause, QmError) for cause in causes):
            raise
        for cause in causes:
            log.error("%s", cause)
        return 2 if all(isinstance(cause, BadInput) for cause in causes) else 1
    log.info("ended")
    return 0
