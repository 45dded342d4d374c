"""Messages between services on the bus, as frozen pydantic models, and the headers of binary messages.

The viewers' messages are in ``qmcore.contracts.messages``. See SPEC section 8.
"""

from __future__ import annotations

import datetime as dt_
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from qmcore.config.instrument import ProductType
from qmcore.config.serving import PublishedServingSpec
from qmcore.contracts.messages import Int64, Message, SessionState

MAX_SPEED: Final = 100_000.0
RECORD_BYTES: Final = 56
BATCH_RECORDS: Final = 1000
"""Most records in one message: 56 kB, the size that moves best on NATS."""

Speed = Annotated[float, Field(gt=0, le=MAX_SPEED, allow_inf_nan=False)] | Literal["max"]
"""Market seconds in one second, or ``max``: as fast as possible."""

IDLE: Final = "idle: the last viewer has left"
"""Reason of a session that stopped by itself. A viewer who sees it has come just then, and shall come again."""

FINAL_STATES: Final[frozenset[SessionState]] = frozenset({"ended", "stopped", "failed"})


class Pace(Message):
    """How fast a session plays."""

    speed: Speed = 1.0
    paused: bool = False


class SessionStart(Message):
    """Work item of ``session.start``: run this session."""

    session_id: str
    serving_name: str = Field(description="the alias or id that the first viewer asked for")
    serving: PublishedServingSpec
    created_ns: Int64 = Field(description="wall clock at which the session was asked for")


class JobStart(Message):
    """Work item of ``job.start``: run this job, whose files are in the lake."""

    job_id: str


class ControlCommand(Message):
    """``session.<session>.control``."""

    action: Literal["pause", "resume", "speed", "stop"]
    speed: Speed | None = Field(None, description="required by action speed, refused by the others")
    reason: str = Field("stopped by request", description="said to viewers where the action is stop")

    @model_validator(mode="after")
    def _speed_where_it_belongs(self) -> Self:
        if (self.action == "speed") != (self.speed is not None):
            raise ValueError("speed is required by action 'speed' and refused by every other action")
        return self


class SessionStatus(Message):
    """``session.<session>.status``: what the engine says of a session, once a second and at every change."""

    session_id: str
    serving_id: str
    serving_name: str
    symbol: str
    state: SessionState
    reason: str = Field("", description="why the session is in a final state")
    pace: Pace
    bin_seq: Int64 = Field(description="the newest published bin, -1 before the first")
    event_index: Int64 = Field(description="records of the instrument that the engine has taken")
    progress: float = Field(description="share of the session's bins that is published, 0 to 1", ge=0, le=1)
    market_ns: Int64 = Field(description="market time that the engine has reached, 0 before the first record")
    start_ns: Int64
    end_ns: Int64
    lag_ms: float = Field(description="largest delay in the last second from due records to stored grids")
    worker: str = Field("", description="engine worker that runs the session")
    updated_ns: Int64


class FeedRequest(Message):
    """``feed.request``: feed the session's records, from a record index on."""

    session_id: str
    epoch: Int64 = Field(
        description="grows with every request of a session; batches of older epochs are ignored"
    )
    product_type: ProductType
    symbol: str
    symbol_root: str
    dt: dt_.date
    first_event_index: Int64 = Field(ge=0, description="records of the instrument to skip")
    pace_from_ns: Int64 = Field(description="records before this time are sent as fast as possible")
    start_ns: Int64 = Field(description="start of bin 0: paced batches are cut on the grid of bin ends")
    end_ns: Int64 = Field(description="end of the last bin; later records are not read")
    cell_width_ns: Int64 = Field(gt=0)
    pace: Pace
    window_batches: int = Field(gt=0, description="most batches past the acknowledged one")


class FeedReply(Message):
    """Answer to a FeedRequest."""

    accepted: bool
    worker: str
    reason: str = ""


class FeedControl(Message):
    """``feed.<session>.control``: how far the engine is, and how the feed shall go on."""

    epoch: Int64
    acknowledged_batch: Int64 = Field(
        description="number of the newest batch that is fully processed, -1 for none"
    )
    pace: Pace
    stop: bool = False


class BatchKind(StrEnum):
    """What a message on ``mbo.<session>`` carries."""

    RECORDS = "records"
    HEARTBEAT = "heartbeat"
    EOF = "eof"
    FAILURE = "failure"
    HANDOVER = "handover"
    """The replay worker goes down; ask for a new feed."""


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """Headers of a message on ``mbo.<session>``; the payload is ``count`` records of 56 bytes.

    A failure's payload is its reason in UTF-8 instead. ``through_ns`` promises that no later record of the
    feed has a clock before it (0: no promise); for an EOF it is the end of the file's coverage (0: not known).
    """

    kind: BatchKind
    epoch: int
    batch: int
    first_event_index: int
    count: int
    through_ns: int
    due_ns: int
    """Wall clock at which the batch was due, for latency figures."""

    def encode(self) -> dict[str, str]:
        """As NATS headers."""
        return {
            "Qm-Kind": self.kind,
            "Qm-Epoch": str(self.epoch),
            "Qm-Batch": str(self.batch),
            "Qm-First": str(self.first_event_index),
            "Qm-Count": str(self.count),
            "Qm-Through": str(self.through_ns),
            "Qm-Due": str(self.due_ns),
        }

    @classmethod
    def decode(cls, headers: dict[str, str]) -> Self:
        """From NATS headers. Raises KeyError or ValueError on anything that ``encode`` did not write."""
        return cls(
            kind=BatchKind(headers["Qm-Kind"]),
            epoch=int(headers["Qm-Epoch"]),
            batch=int(headers["Qm-Batch"]),
            first_event_index=int(headers["Qm-First"]),
            count=int(headers["Qm-Count"]),
            through_ns=int(headers["Qm-Through"]),
            due_ns=int(headers["Qm-Due"]),
        )


class GridKind(StrEnum):
    """What a message of a grid stream carries, in the header ``GRID_KIND_HEADER``."""

    CONFIG = "config"
    BIN = "bin"
    END = "end"


GRID_KIND_HEADER: Final = "Qm-Kind"

GRID_DUE_HEADER: Final = "Qm-Due"
"""On a bin: wall clock, in ns, at which the records that closed it were due, for latency figures."""
