"""``SessionRun``: one session on this worker, from the work item to its end, its loss or a hand-over.

The parts that think are ``SessionCore``, ``FeedCursor``, ``PublishWindow`` and the pipeline in its ``Kernel``; this
module and ``SessionKeeper`` own their I/O, in one TaskGroup. A session leaves a worker in one of these ways:

* it ends (end of file, stopped, idle, failed): the end marker is stored and the work item is done;
* the worker drains: everything is stored, a checkpoint saved, and the work item given back;
* another worker holds the lease: this one stops without a word.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any, Final

import nats.js.errors

from qm_engine.feed_client import FeedClient
from qm_engine.feed_cursor import FeedCursor
from qm_engine.kernel import Kernel, Output
from qm_engine.session_core import Ending, SessionCore
from qm_engine.session_keeper import RETRY_S, EngineContext, SessionKeeper
from qmcore.bus import GridLog, LogLost, Outgoing, WorkItem, purge_mbo, stored_message
from qmcore.contracts.bus_messages import (
    GRID_DUE_HEADER,
    GRID_KIND_HEADER,
    ControlCommand,
    GridKind,
    SessionStart,
)
from qmcore.contracts.messages import SessionEnd
from qmcore.contracts.runtime_config import runtime_config_message
from qmcore.contracts.subjects import control_subject, grid_bin_seq, grid_sequence, grid_stream
from qmcore.errors import BadInput, CorruptData, Fenced, Unavailable
from qmcore.pipeline import GridPipeline
from qmcore.sessions import Wish

log = logging.getLogger(__name__)

MAX_CRASHES: Final = 3
LEASE_TAKEN_S: Final = 1.0
"""A worker that gets a session which another one runs lets it rest for so long; longer than that one's heartbeat."""


class SessionRun:
    """Make one for every work item and ``run`` it."""

    def __init__(self, context: EngineContext, item: WorkItem[SessionStart], draining: asyncio.Event) -> None:
        self._context, self._draining = context, draining
        self._bus, self._directory = context.bus, context.directory
        self._start = item.start
        self._session_id = item.start.session_id
        self._config = item.start.serving.runtime_snapshot
        self._core = SessionCore(self._start, context.worker, Wish(), time.monotonic())
        self._keeper = SessionKeeper(context, item, self._core)
        self._outputs: asyncio.Queue[Output] = asyncio.Queue()
        self._attempts = 0

    def adopt(self, item: WorkItem[SessionStart]) -> None:
        """The queue has given the session to this worker again."""
        self._keeper.adopt(item)

    async def run(self) -> None:
        """Run the session until it leaves this worker."""
        if not await self._keeper.take_lease():
            log.info("another worker runs the session")
            with suppress(Unavailable):
                await self._keeper.item.give_back(LEASE_TAKEN_S)
            return
        keeping = asyncio.create_task(self._keeper.stay())
        try:
            await self._attempts_until_over()
        finally:
            keeping.cancel()

    async def _attempts_until_over(self) -> None:
        again, crashes, crash = True, 0, ""
        while again:
            again = False
            self._outputs = asyncio.Queue()
            self._attempts += 1
            try:
                await (self._attempt() if crashes < MAX_CRASHES else self._give_up(crash))
            except* LogLost as group:
                log.error("%s; making it again", group.exceptions[0])
                again = True
            except* (Unavailable, nats.js.errors.APIError) as group:
                log.warning("waiting: %s", group.exceptions[0])
                await asyncio.sleep(RETRY_S)
                again = True
            except* Fenced as group:
                log.warning("%s", group.exceptions[0])
                again = False
            except* Exception as group:
                # A bug, and not one that may take the other sessions of this process with it.
                log.exception("the session crashed", exc_info=group)
                await asyncio.sleep(RETRY_S)
                again, crashes, crash = True, crashes + 1, _innermost(group)

    async def _attempt(self) -> None:
        """From the newest usable checkpoint to the end. Raises Fenced or LogLost (in a group)."""
        retention = self._context.settings.grid_retention_bins
        async with GridLog(self._bus, self._session_id, retention, self._keeper.still_owner) as log_:
            over = await self._stored_end(log_)
            if over is not None:
                self._core.end(Ending(over.state, over.reason))
                self._core.stored(over.last_bin_seq)
                await self._leave()
                return
            try:
                pipeline = await self._pipeline(log_)
            except (BadInput, CorruptData) as error:
                await self._close_alone(log_, Ending("failed", str(error)))
                return
            self._core.stored(log_.last_bin_seq)
            cursor = FeedCursor(self._keeper.lease_epoch, pipeline.next_event_index, attempt=self._attempts)
            window = self._context.settings.feed_window
            feed = FeedClient(self._bus, self._start, self._core, cursor, window)
            kernel = Kernel(pipeline, self._config, self._outputs.put_nowait)
            control = await self._bus.on_message(
                control_subject(self._session_id), ControlCommand, self._keeper.command
            )
            kernel.start()
            try:
                await self._run_tasks(log_, feed, kernel)
            finally:
                await kernel.stop()
                await self._bus.unsubscribe(control)

    async def _give_up(self, crash: str) -> None:
        retention = self._context.settings.grid_retention_bins
        async with GridLog(self._bus, self._session_id, retention, self._keeper.still_owner) as log_:
            await self._close_alone(log_, Ending("failed", f"internal error of the engine: {crash}"))

    async def _run_tasks(self, log_: GridLog, feed: FeedClient, kernel: Kernel) -> None:
        ending = self._keeper.ending
        async with asyncio.TaskGroup() as group:
            keeping = [group.create_task(log_.watch()), group.create_task(self._keeper.keep(feed, kernel))]
            feeding = group.create_task(feed.run(kernel.submit))
            writing = group.create_task(self._write(log_, feed, kernel))
            drained = group.create_task(self._draining.wait())
            either: list[asyncio.Future[Any]] = [ending, drained]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            drained.cancel()
            feeding.cancel()
            if ending.done():
                writing.cancel()
                await asyncio.wait([writing])
                await self._close(log_, ending.result())
            else:
                await kernel.drain()
                await self._outputs.join()
                writing.cancel()
                await self._hand_over(log_, kernel)
            with suppress(Unavailable):
                await feed.tell(stop=True)
            for task in keeping:
                task.cancel()

    # --- at the start ---

    async def _stored_end(self, log_: GridLog) -> SessionEnd | None:
        """The end marker, where an earlier worker died between storing it and saying so."""
        last = await stored_message(self._bus, grid_stream(self._session_id), log_.next_sequence - 1)
        if last is None or last.headers.get(GRID_KIND_HEADER) != GridKind.END:
            return None
        return SessionEnd.model_validate_json(last.data)

    async def _pipeline(self, log_: GridLog) -> GridPipeline:
        """From the checkpoint, unless it is unusable or ahead of what is stored."""
        artifacts = self._context.artifacts
        try:
            data = await self._directory.load_checkpoint(self._session_id)
            if data is not None:
                source = f"checkpoint of session {self._session_id}"
                pipeline = await asyncio.to_thread(
                    GridPipeline.from_state, data, self._config, artifacts, source=source
                )
                if pipeline.next_bin_seq <= log_.last_bin_seq + 1:
                    pipeline.reanchor_to_bbo()
                    log.info(
                        "going on from record %d, bin %d", pipeline.next_event_index, pipeline.next_bin_seq
                    )
                    return pipeline
                log.warning("the checkpoint is ahead of the grids; starting over")
        except (Unavailable, CorruptData) as error:
            log.warning("no checkpoint: %s", error)
        return await asyncio.to_thread(GridPipeline, self._config, artifacts)

    async def _write_config(self, log_: GridLog) -> None:
        if log_.next_offered == 1:
            message = runtime_config_message(
                self._start.serving, self._start.serving_name, self._session_id, state="warming", bin_seq=-1
            )
            data = message.model_dump_json(by_alias=True).encode()
            await log_.write([Outgoing(1, GridKind.CONFIG, data)])

    # --- while it runs ---

    async def _write(self, log_: GridLog, feed: FeedClient, kernel: Kernel) -> None:
        """Outputs of the kernel, in order, into the log."""
        await self._write_config(log_)
        while True:
            output = await self._outputs.get()
            if output.frames:
                await self._write_frames(log_, output)
                kernel.published(len(output.frames))
            if output.batch >= 0:
                self._context.metrics.records(output.records)
                self._core.reached(event_index=output.event_index, market_ns=output.market_ns)
                with suppress(Unavailable):
                    await feed.acknowledge(output.epoch, output.batch)
            self._context.metrics.anomalies(self._session_id, output.anomalies)
            if output.checkpoint is not None:
                await self._save_checkpoint(log_, output.checkpoint)
            if output.done or output.failure:
                await log_.flush()
                self._core.stored(log_.last_bin_seq)
                failed, ended = Ending("failed", output.failure), Ending("ended", "the session is complete")
                self._keeper.end(failed if output.failure else ended)
            self._outputs.task_done()

    async def _write_frames(self, log_: GridLog, output: Output) -> None:
        first = grid_sequence(output.first_bin_seq)
        headers = {GRID_DUE_HEADER: str(output.due_ns)}
        bins = [Outgoing(first + i, GridKind.BIN, data, headers) for i, data in enumerate(output.frames)]
        if self._context.traces is None:
            await log_.write(bins)
        else:
            with self._context.traces.publishing(self._session_id, output.due_ns, bins) as traced:
                await log_.write(traced)
        before = self._core.state
        self._core.stored(log_.last_bin_seq)
        if self._core.state != before:
            self._keeper.report_soon()
        lag_ms = (time.time_ns() - output.due_ns) / 1e6
        self._core.late(lag_ms)
        self._context.metrics.published(len(output.frames), lag_ms)

    async def _save_checkpoint(self, log_: GridLog, data: bytes) -> None:
        """A checkpoint is only good once everything before it is stored."""
        await log_.flush()
        await self._keeper.save_checkpoint(data)

    # --- at the end ---

    async def _close(self, log_: GridLog, ending: Ending) -> None:
        """Store the end marker, say so, and take the session out of the queue."""
        await self._write_config(log_)
        self._core.stored(grid_bin_seq(log_.next_offered - 1))
        self._core.end(ending)
        log.info("%s: %s", ending.state, ending.reason)
        marker = self._core.session_end().model_dump_json().encode()
        await log_.write([Outgoing(log_.next_offered, GridKind.END, marker)])
        await log_.flush()
        await self._leave()

    async def _close_alone(self, log_: GridLog, ending: Ending) -> None:
        """As ``_close``, for a session that has no tasks."""
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(log_.watch())
            await self._close(log_, ending)
            watching.cancel()

    async def _leave(self) -> None:
        while True:
            try:
                await self._keeper.report()
                await self._keeper.item.done()
                await purge_mbo(self._bus, self._session_id)
                return
            except (Unavailable, nats.js.errors.APIError) as error:
                log.warning("waiting to end the session: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _hand_over(self, log_: GridLog, kernel: Kernel) -> None:
        """Let another worker go on from exactly here."""
        await log_.flush()
        await self._keeper.save_checkpoint(await asyncio.to_thread(kernel.final_checkpoint))
        with suppress(Unavailable):
            await self._keeper.drop_lease()
        with suppress(Unavailable):
            await self._keeper.item.give_back()
        log.info("handed over at bin %d", log_.last_bin_seq)


def _innermost(group: BaseException) -> str:
    """The first error inside nested groups, in words."""
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return f"{type(group).__name__}: {group}"
