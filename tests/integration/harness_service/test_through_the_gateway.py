"""The harness under the gateway's origin: answers, events as they come, and words when it is away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fixtures.brokers import NatsServer, RedisServer, free_port
from tests.fixtures.harness import Harness, events, wait_until
from tests.fixtures.stack import Service
from tests.integration.experiments.conftest import Laboratory
from tests.integration.harness_service.test_jobs import ONE_BRACKET, SLOW


@pytest.fixture
def gateway(
    tmp_path: Path, harness: Harness, nats: NatsServer, redis_server: RedisServer
) -> Iterator[Service]:
    """A gateway in front of the harness; no registry, no engine."""
    port = free_port()
    env = {
        "QM_NATS_URL": nats.url,
        "QM_REDIS_URL": redis_server.url,
        "QM_GATEWAY_PORT": str(port),
        "QM_REGISTRY_ENDPOINT": f"http://127.0.0.1:{free_port()}",
        "QM_HARNESS_ENDPOINT": f"http://127.0.0.1:{harness.api.port}",
    }
    service = Service("gateway", "qm_gateway", port, env, tmp_path / "gateway.log").start(wait=False)
    service.wait_alive()
    yield service
    service.kill()


def test_a_sweep_is_submitted_followed_and_listed_there(
    gateway: Service, harness: Harness, laboratory: Laboratory
) -> None:
    laboratory.write(sweep=SLOW, eval=ONE_BRACKET)
    url = f"http://127.0.0.1:{gateway.port}/v1/experiments"
    answer = httpx.post(f"{url}/jobs", json={"experiment": "sweep"}, timeout=30)
    assert answer.status_code == 202
    job_id = answer.json()["job_id"]
    assert answer.headers["location"] == f"/v1/experiments/jobs/{job_id}"
    harness.add_worker().start()
    arrived = [(time.monotonic(), job) for job in events(f"{url}/jobs/{job_id}/progress")]
    assert arrived[-1][1].state == "done"
    assert len(arrived) >= 4
    assert arrived[-1][0] - arrived[0][0] > 1, "they came one by one, and not all at the end"
    assert httpx.get(f"{url}/runs", params={"min_signals": 1}, timeout=30).json()["total"] == 12
    wrong = httpx.get(f"{url}/runs", params={"sort": "luck"}, timeout=30)
    assert (wrong.status_code, wrong.json()["type"]) == (422, "OptionError")


def test_a_follower_that_leaves_the_gateway_leaves_the_harness(gateway: Service, harness: Harness) -> None:
    job = harness.submit(experiment="sweep")

    def following() -> int:
        metrics = httpx.get(f"http://127.0.0.1:{harness.api.port}/metrics").text
        (line,) = [m for m in metrics.splitlines() if m.startswith("qm_harness_progress_clients ")]
        return int(float(line.split()[1]))

    url = f"http://127.0.0.1:{gateway.port}/v1/experiments/jobs/{job.job_id}/progress"
    with httpx.stream("GET", url) as stream:
        pieces = stream.iter_bytes()
        assert b"queued" in next(pieces)
        assert following() == 1
    wait_until(lambda: following() == 0)


def test_a_harness_that_goes_away_is_said_and_comes_back(gateway: Service, harness: Harness) -> None:
    url = f"http://127.0.0.1:{gateway.port}"

    def away() -> bool:
        return "harness" in httpx.get(f"{url}/ready").json().get("away", {})

    wait_until(lambda: not away())
    harness.api.stop()
    answer = httpx.get(f"{url}/v1/experiments", timeout=30)
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("harness is unavailable")
    wait_until(away)
    harness.api.start()
    wait_until(lambda: not away())
    assert httpx.get(f"{url}/v1/experiments", timeout=30).status_code == 200
