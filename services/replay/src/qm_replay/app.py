"""The replay process: takes feed requests from the bus and runs each as a task."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import suppress

from qm_replay.feed import Feed
from qm_replay.settings import ReplaySettings
from qm_replay.source import RecordSource
from qmcore.bus import Bus, Subscription, set_up_streams
from qmcore.config.instrument import instrument_config_path, load_instrument
from qmcore.contracts.bus_messages import FeedReply, FeedRequest
from qmcore.contracts.subjects import FEED_REQUEST, REPLAY_GROUP, check_session_id
from qmcore.errors import NotFound, Unavailable
from qmcore.service import Readiness, ServiceMetrics, health_app, make_server, session_log_context

log = logging.getLogger(__name__)


class ReplayService:
    """One replay worker; any number share the requests."""

    def __init__(self, settings: ReplaySettings) -> None:
        self._settings = settings
        self._worker = f"replay-{socket.gethostname()}-{os.getpid()}"
        self._bus = Bus(settings.nats_url, self._worker)
        self._feeds: dict[str, Feed] = {}
        self._listening: Subscription | None = None
        self._metrics = ServiceMetrics("replay")
        self._metrics.gauge("feeds", "sessions that are being fed", lambda: float(len(self._feeds)))
        self._requests = self._metrics.counter("feed_requests", "requests for a feed", ["answer"])
        self._readiness = Readiness()
        self._readiness.require("nats", lambda: self._bus.problem)
        self._readiness.require("lake", self._lake_problem)

    def _lake_problem(self) -> str:
        lake = self._settings.lake
        return "" if lake.is_dir() else f"the lake {lake} is not there (QM_LAKE)"

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until ``stopping``. Raises ConfigError at once when the instrument lock is unusable."""
        if instrument_config_path(self._settings.lake).exists():
            load_instrument(self._settings.lake)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._serve(group))]
            if self._settings.health_port:
                app = health_app("replay", self._readiness, self._metrics, self._settings)
                server = make_server(app, self._settings.health_host, self._settings.health_port)
                tasks.append(group.create_task(server.run_until(stopping)))
            await stopping.wait()
            await self._refuse_from_now_on()
            for feed in list(self._feeds.values()):
                feed.stop("this replay worker is going down", handover=True)
            tasks[0].cancel()
        await self._bus.close()

    async def _serve(self, group: asyncio.TaskGroup) -> None:
        await self._bus.connect()
        await set_up_streams(self._bus)

        async def answer(request: FeedRequest) -> FeedReply:
            reason = self._refuse(request)
            self._requests.labels("refused" if reason else "accepted").inc()
            if not reason:
                group.create_task(self._feed(request))
            return FeedReply(accepted=not reason, worker=self._worker, reason=reason)

        self._listening = await self._bus.on_request(FEED_REQUEST, REPLAY_GROUP, FeedRequest, answer)
        log.info("ready, playing from %s", self._settings.lake)
        await self._bus.watch()

    async def _refuse_from_now_on(self) -> None:
        """Leave the queue group, so that the engines' next requests go to others."""
        if self._listening is not None:
            await self._bus.unsubscribe(self._listening)
            with suppress(Unavailable):
                await self._bus.flush()

    def _refuse(self, request: FeedRequest) -> str:
        try:
            check_session_id(request.session_id)
        except NotFound as error:
            return str(error)
        if len(self._feeds) >= self._settings.replay_feeds:
            return f"all {self._settings.replay_feeds} feeds are taken (QM_REPLAY_FEEDS)"
        return ""

    async def _feed(self, request: FeedRequest) -> None:
        with session_log_context(request.session_id):
            older = self._feeds.get(request.session_id)
            if older is not None:
                older.stop("the engine has asked for a newer feed")
            feed = Feed(self._bus, request, RecordSource(self._settings.lake, request))
            self._feeds[request.session_id] = feed
            log.info(
                "feed %d: %s of %s from record %d, speed %s",
                request.epoch,
                request.symbol,
                request.dt,
                request.first_event_index,
                request.pace.speed,
            )
            try:
                await feed.run()
            finally:
                if self._feeds.get(request.session_id) is feed:
                    del self._feeds[request.session_id]
