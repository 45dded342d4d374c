"""Events of a job: every change, heartbeats between them, a limit of clients, an end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from qm_harness.service import progress_stream
from qm_harness.service.job_files import JobFiles
from qm_harness.service.progress_stream import ProgressStreams, event_of
from qmcore.config.experiment import ExperimentSpec
from qmcore.contracts.jobs import Job
from qmcore.errors import Unavailable
from qmcore.lake import Lake


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    return JobFiles(Lake(tmp_path))


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_stream, "LOOK_S", 0.01)
    monkeypatch.setattr(progress_stream, "HEARTBEAT_S", 0.1)


def submit(files: JobFiles) -> Job:
    spec = ExperimentSpec(name="sweep", serving="live")
    return files.create(spec, workers=None, retry_failed=False)


def jobs_in(pieces: list[bytes]) -> list[Job]:
    lines = b"".join(pieces).decode().splitlines()
    return [Job.model_validate(json.loads(line[6:])) for line in lines if line.startswith("data: ")]


async def test_every_change_is_said_and_the_last_one_ends_the_stream(files: JobFiles) -> None:
    streams = ProgressStreams(files, asyncio.Event(), most=2)
    job = submit(files)
    pieces: list[bytes] = []
    async with asyncio.timeout(10):
        async for piece in streams.follow(job):
            assert streams.following == 1
            pieces.append(piece)
            with files.hold(job.job_id) as held:
                assert held is not None
                if len(jobs_in(pieces)) == 1:
                    held.write(state="running", attempt=1)
                elif b": still here" in pieces[-1]:
                    held.write(state="done")
    assert [j.state for j in jobs_in(pieces)] == ["queued", "running", "done"]
    assert pieces[0].startswith(b"retry: 1000\nevent: job\nid: 0\ndata: {")
    assert b": still here\n\n" in pieces
    assert streams.following == 0


async def test_a_client_that_leaves_frees_its_place(files: JobFiles) -> None:
    streams = ProgressStreams(files, asyncio.Event(), most=1)
    job = submit(files)
    following = streams.follow(job)
    await anext(following)
    with pytest.raises(Unavailable, match="1 clients follow it already"):
        streams.follow(job)
    await following.aclose()  # type: ignore[attr-defined]
    assert streams.following == 0
    assert event_of(job) in await anext(streams.follow(job))


async def test_a_service_that_stops_ends_the_streams(files: JobFiles) -> None:
    stopping = asyncio.Event()
    streams = ProgressStreams(files, stopping, most=1)
    following = streams.follow(submit(files))
    await anext(following)
    stopping.set()
    async with asyncio.timeout(5):
        assert [piece async for piece in following if piece.startswith(b"event")] == []
