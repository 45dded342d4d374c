"""The bus: NATS JetStream as the services use it. Services import from here and never talk to nats-py themselves.

``Bus`` is the connection with typed publish and subscribe; ``StreamReader`` reads a stream in order and outlives
restarts of the broker; ``WorkQueue`` takes work items and keeps them; ``GridLog`` writes a session's grids, fenced.
"""

from qmcore.bus.connection import Bus, RawMessage, Subscription
from qmcore.bus.grid_log import GridLog
from qmcore.bus.publish_window import LogLost, Outgoing, PublishWindow
from qmcore.bus.pull_window import PullWindow
from qmcore.bus.puller import Puller
from qmcore.bus.reader import Delivered, StreamReader, stored_message
from qmcore.bus.streams import (
    delete_grid_stream,
    ensure_grid_stream,
    ensure_jobs_stream,
    ensure_mbo_stream,
    ensure_streams,
    grid_streams,
    last_sequence,
    purge_mbo,
    set_up_streams,
)
from qmcore.bus.work_queue import (
    JOB_QUEUE,
    SESSION_QUEUE,
    Queue,
    WorkItem,
    WorkQueue,
    enqueue_job,
    enqueue_session,
)

__all__ = [
    "JOB_QUEUE",
    "SESSION_QUEUE",
    "Bus",
    "Delivered",
    "GridLog",
    "LogLost",
    "Outgoing",
    "PublishWindow",
    "PullWindow",
    "Puller",
    "Queue",
    "RawMessage",
    "StreamReader",
    "Subscription",
    "WorkItem",
    "WorkQueue",
    "delete_grid_stream",
    "enqueue_job",
    "enqueue_session",
    "ensure_grid_stream",
    "ensure_jobs_stream",
    "ensure_mbo_stream",
    "ensure_streams",
    "grid_streams",
    "last_sequence",
    "purge_mbo",
    "set_up_streams",
    "stored_message",
]
