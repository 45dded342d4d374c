"""``SessionRun``: one session on this worker, from the work item to its end, its loss or a hand-over.

The parts that think are ``SessionCore``, ``FeedCursor``, ``PublishWindow`` and the pipeline in its ``Kernel``; this
module owns their I/O, in one TaskGroup. A session leaves a worker in one of these ways:

* it ends (end of file, stopped, idle, failed): the end marker is stored and the work item is done;
* the worker drains: everything is stored, a checkpoint saved, and the work item given back;
* another worker holds the lease: this one stops without a word.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import nats.js.errors

from qm_engine.feed_client import FeedClient
from qm_engine.feed_cursor import FeedCursor
from qm_engine.kernel import Kernel, Output
from qm_engine.metrics import EngineMetrics
from qm_engine.session_core import Ending, SessionCore
from qm_engine.settings import EngineSettings
from qmcore.bus import Bus, GridLog, LogLost, Outgoing, WorkItem, purge_mbo, stored_message
from qmcore.contracts.bus_messages import GRID_KIND_HEADER, ControlCommand, GridKind
from qmcore.contracts.messages import SessionEnd
from qmcore.contracts.runtime_config import runtime_config_message
from qmcore.contracts.subjects import control_subject, grid_sequence, grid_stream, status_subject
from qmcore.errors import BadInput, CorruptData, Fenced, Unavailable
from qmcore.pipeline import GridPipeline
from qmcore.sessions import SessionDirectory, Wish

log = logging.getLogger(__name__)

LEASE_S: Final = 3.0
TICK_S: Final = 1.0
RETRY_S: Final = 0.5
LEASE_TAKEN_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class EngineContext:
    """What all sessions of this process share."""

    bus: Bus
    directory: SessionDirectory
    settings: EngineSettings
    metrics: EngineMetrics
    worker: str


class SessionRun:
    """Make one for every work item and ``run`` it."""

    def __init__(self, context: EngineContext, item: WorkItem, draining: asyncio.Event) -> None:
        self._context, self._item, self._draining = context, item, draining
        self._bus, self._directory = context.bus, context.directory
        self._start = item.start
        self._session_id = item.start.session_id
        self._config = item.start.serving.runtime_snapshot
        self._worker = f"{context.worker}/{self._session_id}"
        self._core = SessionCore(self._start, context.worker, Wish(), time.monotonic())
        self._lease_epoch = 0
        self._outputs: asyncio.Queue[Output] = asyncio.Queue()
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._report_now = asyncio.Event()
        self._commanded = False

    async def run(self) -> None:
        """Run the session until it leaves this worker."""
        if not await self._take_lease():
            log.info("another worker runs the session")
            with suppress(Unavailable):
                await self._item.give_back(LEASE_TAKEN_S)
            return
        again = True
        while again:
            again = False
            try:
                await self._attempt()
            except* LogLost as group:
                log.error("%s; making it again", group.exceptions[0])
                self._outputs = asyncio.Queue()
                again = True
            except* (Unavailable, nats.js.errors.APIError) as group:
                log.warning("waiting: %s", group.exceptions[0])
                await asyncio.sleep(RETRY_S)
                again = True
            except* Fenced as group:
                log.warning("%s", group.exceptions[0])
                again = False

    # --- owning the session ---

    async def _take_lease(self) -> bool:
        while True:
            try:
                epoch = await self._directory.take_lease(self._session_id, self._worker, LEASE_S)
                if epoch is None:
                    return False
                self._lease_epoch = epoch
                wish = await self._directory.wish(self._session_id)
                if wish is not None:
                    self._core.follow(wish)
                return True
            except Unavailable as error:
                log.warning("waiting: %s", error)
                with suppress(Unavailable):
                    await self._item.keep()
                await asyncio.sleep(RETRY_S)

    async def _still_owner(self) -> bool:
        return await self._directory.keep_lease(self._session_id, self._worker, self._lease_epoch, LEASE_S)

    async def _keep(self, feed: FeedClient, kernel: Kernel) -> None:
        """Once a second, and when something changes: stay alive in the eyes of the others. Raises Fenced."""
        checkpoint_s = time.monotonic()
        while True:
            now = time.monotonic()
            with suppress(Unavailable):
                await self._item.keep()
                await feed.tick()
            try:
                if not await self._still_owner():
                    raise Fenced(session_id=self._session_id, expected_sequence=0)
                await self._follow_directory(now)
                await self._report()
            except Unavailable as error:
                self._core.watched(now)  # nobody can tell
                log.warning("%s", error)
            ending = self._core.should_end(time.monotonic())
            if ending is not None:
                self._end(ending)
            if now - checkpoint_s >= self._context.settings.checkpoint_seconds:
                checkpoint_s = now
                kernel.want_checkpoint()
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._report_now.wait()
            self._report_now.clear()

    async def _follow_directory(self, now: float) -> None:
        if await self._directory.is_watched(self._session_id):
            self._core.watched(now)
        wish = await self._directory.wish(self._session_id)
        if wish is None or self._commanded:
            self._commanded = False
            await self._directory.set_wish(self._session_id, self._core.wish)
        else:
            self._core.follow(wish)

    async def _report(self) -> None:
        status = self._core.status(time.time_ns())
        with suppress(Unavailable):
            await self._bus.publish_model(status_subject(self._session_id), status)
        await self._directory.report(self._start, status, self._context.settings.session_keep_seconds)

    def _command(self, command: ControlCommand) -> None:
        log.info("%s %s", command.action, command.speed or "")
        self._core.command(command)
        self._commanded = True
        self._report_now.set()

    def _end(self, ending: Ending) -> None:
        if not self._ending.done():
            self._ending.set_result(ending)

    # --- running it ---

    async def _attempt(self) -> None:
        """From the newest usable checkpoint to the end. Raises Fenced or LogLost (in a group)."""
        log_ = GridLog(
            self._bus, self._session_id, self._context.settings.grid_retention_bins, self._still_owner
        )
        async with log_:
            over = await self._stored_end(log_)
            if over is not None:
                self._core.end(Ending(over.state, over.reason))
                self._core.stored(over.last_bin_seq)
                return await self._leave()
            try:
                pipeline = await self._pipeline(log_)
            except BadInput as error:
                return await self._close_alone(log_, Ending("failed", str(error)))
            self._core.stored(log_.last_bin_seq)
            cursor = FeedCursor(self._lease_epoch, pipeline.next_event_index)
            feed = FeedClient(self._bus, self._start, self._core, cursor, self._context.settings.feed_window)
            kernel = Kernel(pipeline, self._config, self._outputs.put_nowait)
            control = await self._bus.on_message(
                control_subject(self._session_id), ControlCommand, self._command
            )
            kernel.start()
            try:
                await self._run_tasks(log_, feed, kernel)
            finally:
                await kernel.stop()
                await self._bus.unsubscribe(control)

    async def _run_tasks(self, log_: GridLog, feed: FeedClient, kernel: Kernel) -> None:
        async with asyncio.TaskGroup() as group:
            keeping = [group.create_task(log_.watch()), group.create_task(self._keep(feed, kernel))]
            feeding = group.create_task(feed.run(kernel.submit))
            writing = group.create_task(self._write(log_, feed, kernel))
            drained = group.create_task(self._draining.wait())
            either: list[asyncio.Future[Any]] = [self._ending, drained]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            drained.cancel()
            feeding.cancel()
            if self._ending.done():
                writing.cancel()
                await asyncio.wait([writing])
                await self._close(log_, self._ending.result())
            else:
                await kernel.drain()
                await self._outputs.join()
                writing.cancel()
                await self._hand_over(log_, kernel)
            with suppress(Unavailable):
                await feed.tell(stop=True)
            for task in keeping:
                task.cancel()

    async def _stored_end(self, log_: GridLog) -> SessionEnd | None:
        """The end marker, where an earlier worker died between storing it and saying so."""
        last = await stored_message(self._bus, grid_stream(self._session_id), log_.next_sequence - 1)
        if last is None or last.headers.get(GRID_KIND_HEADER) != GridKind.END:
            return None
        return SessionEnd.model_validate_json(last.data)

    async def _pipeline(self, log_: GridLog) -> GridPipeline:
        """From the checkpoint, unless it is unusable or ahead of what is stored."""
        try:
            data = await self._directory.load_checkpoint(self._session_id)
            if data is not None:
                source = f"checkpoint of session {self._session_id}"
                pipeline = await asyncio.to_thread(GridPipeline.from_state, data, self._config, source=source)
                if pipeline.next_bin_seq <= log_.last_bin_seq + 1:
                    pipeline.reanchor_to_bbo()
                    log.info(
                        "going on from record %d, bin %d", pipeline.next_event_index, pipeline.next_bin_seq
                    )
                    return pipeline
                log.warning("the checkpoint is ahead of the grids; starting over")
        except (Unavailable, CorruptData) as error:
            log.warning("no checkpoint: %s", error)
        return await asyncio.to_thread(GridPipeline, self._config)

    async def _write(self, log_: GridLog, feed: FeedClient, kernel: Kernel) -> None:
        """Outputs of the kernel, in order, into the log."""
        metrics = self._context.metrics
        await self._write_config(log_)
        while True:
            output = await self._outputs.get()
            first = grid_sequence(output.first_bin_seq)
            await log_.write(
                [Outgoing(first + i, GridKind.BIN, data) for i, data in enumerate(output.frames)]
            )
            self._core.stored(log_.last_bin_seq)
            if output.frames:
                kernel.published(len(output.frames))
                lag_ms = (time.time_ns() - output.due_ns) / 1e6
                self._core.late(lag_ms)
                metrics.published(len(output.frames), lag_ms)
            if output.batch >= 0:
                metrics.records(output.records)
                self._core.reached(event_index=output.event_index, market_ns=output.market_ns)
                with suppress(Unavailable):
                    await feed.acknowledge(output.epoch, output.batch)
            metrics.anomalies(self._session_id, output.anomalies)
            if output.checkpoint is not None:
                await self._save_checkpoint(log_, output.checkpoint)
            if output.done or output.failure:
                await log_.flush()
                self._core.stored(log_.last_bin_seq)
                self._end(
                    Ending("failed", output.failure)
                    if output.failure
                    else Ending("ended", "the session is complete")
                )
            self._outputs.task_done()

    async def _write_config(self, log_: GridLog) -> None:
        if log_.next_offered == 1:
            message = runtime_config_message(
                self._start.serving, self._start.serving_name, self._session_id, state="warming", bin_seq=-1
            )
            await log_.write([Outgoing(1, GridKind.CONFIG, message.model_dump_json(by_alias=True).encode())])

    async def _save_checkpoint(self, log_: GridLog, data: bytes) -> None:
        """A checkpoint is only good once everything before it is stored."""
        await log_.flush()
        with suppress(Unavailable):
            await self._directory.save_checkpoint(self._session_id, data)

    # --- leaving it ---

    async def _close(self, log_: GridLog, ending: Ending) -> None:
        """Store the end marker, say so, and take the session out of the queue."""
        await self._write_config(log_)
        self._core.stored(log_.next_offered - 3)
        self._core.end(ending)
        log.info("%s: %s", ending.state, ending.reason)
        marker = Outgoing(
            log_.next_offered, GridKind.END, self._core.session_end().model_dump_json().encode()
        )
        await log_.write([marker])
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
                await self._report()
                await self._item.done()
                await purge_mbo(self._bus, self._session_id)
                return
            except (Unavailable, nats.js.errors.APIError) as error:
                log.warning("waiting to end the session: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _hand_over(self, log_: GridLog, kernel: Kernel) -> None:
        """Let another worker go on from exactly here."""
        await log_.flush()
        with suppress(Unavailable):
            data = await asyncio.to_thread(kernel.final_checkpoint)
            await self._directory.save_checkpoint(self._session_id, data)
            await self._directory.drop_lease(self._session_id, self._worker)
            await self._item.give_back()
        log.info("handed over at bin %d", log_.last_bin_seq)
