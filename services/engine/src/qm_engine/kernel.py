"""``Kernel``: a session's pipeline in a thread of its own, so that heartbeats go on while it computes.

Work goes in over a queue and is done in order; output comes back on the event loop, in order, a few frames at a
time. The thread stops and waits when ``MAX_FRAMES`` frames are not yet published: a quiet hour at full speed is
tens of thousands of bins out of one batch.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.bus_messages import RECORD_BYTES
from qmcore.dbn import MBO_DTYPE
from qmcore.pipeline import GridFrame, GridPipeline, grid_message

log = logging.getLogger(__name__)

MAX_FRAMES: Final = 512
FRAMES_AT_ONCE: Final = 16
BATCHES_AT_ONCE: Final = 16
COUNT_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Records:
    """Apply a batch of records, then close the bins that end by ``through_ns``."""

    epoch: int
    batch: int
    data: bytes
    through_ns: int
    due_ns: int


@dataclass(frozen=True, slots=True)
class Finish:
    """There are no further records."""

    coverage_end_ns: int | None


@dataclass(frozen=True, slots=True)
class Fail:
    """The feed has failed behind all work before this."""

    reason: str


Work = Records | Finish | Fail


@dataclass(slots=True)
class Output:
    """What was done since the last output."""

    frames: list[bytes] = field(default_factory=list)
    first_bin_seq: int = 0
    epoch: int = 0
    batch: int = -1
    """The newest batch that is fully processed, of feed ``epoch``."""
    records: int = 0
    event_index: int = 0
    market_ns: int = 0
    due_ns: int = 0
    """When the oldest of these batches was due."""
    checkpoint: bytes | None = None
    """State of the pipeline after these frames."""
    anomalies: dict[str, int] = field(default_factory=dict)
    """Counters of the pipeline, now and then; empty otherwise."""
    done: bool = False
    failure: str = ""
    """Why nothing comes after this."""


class Kernel:
    """Start it with ``start``; every ``Output`` is given to ``receive`` on the loop; end it with ``stop``."""

    def __init__(
        self, pipeline: GridPipeline, config: RuntimeConfig, receive: Callable[[Output], None]
    ) -> None:
        self._pipeline, self._config, self._receive = pipeline, config, receive
        self._loop = asyncio.get_running_loop()
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(MAX_FRAMES)
        self._checkpoint_wanted = False
        self._stopping = False
        self._exited = asyncio.Event()
        self._output = Output()
        self._batches = 0
        self._closed_a_bin = False
        self._counted_s = 0.0
        self._thread = threading.Thread(target=self._run, name="kernel", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, work: Work) -> None:
        """Do ``work`` after all before it."""
        self._work.put(work)

    def published(self, frames: int) -> None:
        """Frames have left; there is room for others."""
        self._room.release(frames)

    def want_checkpoint(self) -> None:
        """Put a checkpoint into the output after the next bin, when the next one is farthest away."""
        self._checkpoint_wanted = True

    async def stop(self) -> None:
        """End the thread as soon as possible; work and frames may be dropped."""
        self._stopping = True
        self._room.release(MAX_FRAMES)
        await self.drain()

    async def drain(self) -> None:
        """End the thread after all work; its output has been received then."""
        self._work.put(None)
        # A thread that has ended may have left outputs that the loop has yet to deliver, before it says so.
        if self._thread.ident is not None:
            await self._exited.wait()

    def final_checkpoint(self) -> bytes:
        """State of the pipeline; only after ``drain``."""
        return self._pipeline.export_state()

    def _run(self) -> None:
        try:
            while not self._stopping and (work := self._work.get()) is not None:
                self._do(work)
            if not self._stopping:
                self._flush()
        except Exception as error:
            log.exception("the pipeline failed")
            self._output.failure = f"internal error of the engine: {error!r}"
            self._flush()
        finally:
            self._loop.call_soon_threadsafe(self._exited.set)

    def _do(self, work: Work) -> None:
        self._closed_a_bin = False
        if isinstance(work, Records):
            self._apply(work)
            full = self._batches >= BATCHES_AT_ONCE or self._work.empty()
        elif isinstance(work, Finish):
            self._emit(self._pipeline.finish(work.coverage_end_ns))
            self._output.done = full = True
        else:
            self._output.failure, full = work.reason, True
        if full or self._output.done:
            self._flush()
        if self._checkpoint_wanted and self._closed_a_bin and not self._stopping:
            self._checkpoint_wanted = False
            self._output.checkpoint = self._pipeline.export_state()
            self._flush()

    def _apply(self, work: Records) -> None:
        pipeline = self._pipeline
        self._output.due_ns = self._output.due_ns or work.due_ns
        if work.data:
            self._emit(pipeline.feed(np.frombuffer(work.data, MBO_DTYPE)))
        if work.through_ns:
            self._emit(pipeline.advance(work.through_ns))
        output = self._output
        output.epoch, output.batch = work.epoch, work.batch
        output.records += len(work.data) // RECORD_BYTES
        output.event_index, output.market_ns = (
            pipeline.next_event_index,
            max(pipeline.clock_ns, work.through_ns),
        )
        output.done = pipeline.done
        self._batches += 1

    def _emit(self, frames: Iterable[GridFrame]) -> None:
        for frame in frames:
            self._closed_a_bin = True
            self._room.acquire()
            if self._stopping:
                return
            output = self._output
            if not output.frames:
                output.first_bin_seq = int(frame.header["bin_seq"])
            output.frames.append(grid_message(frame, self._config))
            if len(output.frames) >= FRAMES_AT_ONCE:
                self._flush()
                self._output.due_ns = output.due_ns

    def _flush(self) -> None:
        output, self._output = self._output, Output()
        self._batches = 0
        now = time.monotonic()
        if now - self._counted_s > COUNT_EVERY_S or output.done or output.failure:
            self._counted_s = now
            output.anomalies = self._pipeline.counters()
        self._loop.call_soon_threadsafe(self._receive, output)
