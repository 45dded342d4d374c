"""The course of ``qm up``: sample data, brokers, registry, demo alias, services, URL; then wait for Ctrl-C."""

from __future__ import annotations

import asyncio
import fcntl
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from qm_local.reload import restart_on_change
from qm_local.sample import DEMO, prepare, promote_demo, repository_root
from qm_local.stack import GATEWAY_PORT, VITE_PORT, Stack, choose_port, free_port
from qm_local.supervisor import Supervisor
from qmcore.errors import Conflict, NotFound
from qmcore.lake import Lake


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was asked."""

    lake: Path
    state: Path
    port: int | None
    engines: int
    dev: bool


@contextmanager
def _only_one(state: Path) -> Iterator[None]:
    """Hold the state folder's lock. Raises Conflict where another ``qm up`` has it."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(
                f"{state}: another qm up runs on this state folder; end it, or give --state"
            ) from None
        yield


def _stack(options: Options, root: Path) -> Stack:
    dist = root / "frontend" / "dist"
    if not options.dev and not (dist / "vp-stream.html").exists():
        raise NotFound(kind="built front end", name=f"{dist} (make run builds it)")
    return Stack(
        lake=options.lake,
        state=options.state,
        gateway_port=choose_port(options.port, GATEWAY_PORT, "--port"),
        frontend_dist=dist,
        engines=options.engines,
        nats_port=free_port(),
        redis_port=free_port(),
        registry_port=free_port(),
        harness_port=free_port(),
    )


async def run(options: Options) -> None:
    """Run the stack until SIGINT or SIGTERM. Raises Unavailable where a process does not come up."""
    console = Console(highlight=False, soft_wrap=True)
    began = time.monotonic()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    with _only_one(options.state):
        root = repository_root()
        lake = Lake(options.lake)
        stack = _stack(options, root)
        instrument = await asyncio.to_thread(prepare, lake, console)

        def say(text: str) -> None:
            console.print(text, markup=False)

        async with Supervisor(options.state / "logs", say) as supervisor:
            await supervisor.start(stack.brokers())
            registry, services, harness = stack.registry(), stack.services(), stack.harness()
            # Beside the registry, which leaves a core idle while it starts.
            starting = asyncio.create_task(supervisor.start(harness))
            try:
                await supervisor.start([registry])
                await promote_demo(lake, instrument, stack.registry_url)
                await supervisor.start(services)
                await starting
            finally:
                starting.cancel()
            port = stack.gateway_port
            watching: asyncio.Task[None] | None = None
            if options.dev:
                port = VITE_PORT
                await supervisor.start([stack.vite(root / "frontend", port)])
                sources = [root / "libs", root / "services"]
                watching = asyncio.create_task(
                    restart_on_change(supervisor, [registry, *harness, *services], sources, say)
                )
            say(f"logs in {options.state / 'logs'}; Ctrl-C ends everything")
            say(
                f"ready after {time.monotonic() - began:.1f} s: http://127.0.0.1:{port}/vp-stream.html?serving={DEMO}"
            )
            await stopping.wait()
            say("ending")
            if watching is not None:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
