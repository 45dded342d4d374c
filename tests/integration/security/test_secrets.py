"""No secret in any log or answer: services at DEBUG and INFO, with brokers up, down, and refusing the password."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from qmcore.tokens import bearer_protocol
from tests.fixtures.brokers import free_port
from tests.fixtures.eventually import eventually
from tests.fixtures.market import MarketLake, config
from tests.fixtures.stack import Service
from tests.integration.security.conftest import (
    DATABASE_PASSWORD,
    SECRETS,
    TOKEN,
    LockedNats,
    LockedRedis,
    LockedStack,
    logs_below,
)


def no_secret_in(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text, f"{secret!r} was said: {text[max(0, text.index(secret) - 200) :][:400]}"


def not_ready(service: Service) -> str:
    """What it waits for, as /ready says it."""
    answer = httpx.get(f"http://127.0.0.1:{service.port}/ready")
    assert answer.status_code == 503
    return answer.text


async def test_a_stack_with_credentials_plays_a_session_and_says_none(locked: LockedStack) -> None:
    await locked.publish("quiet", config())
    async with locked.watch("quiet", protocols=["qmachina.v1", bearer_protocol(TOKEN)]) as viewer:
        bins = await viewer.read_bins(20)
        assert [b.seq for b in bins] == list(range(bins[0].seq, bins[0].seq + 20))
    for service in locked.services:
        for path in ("/ready", "/metrics"):
            no_secret_in(await asyncio.to_thread(_text, service, path))
    said = logs_below(locked.folder)
    assert "NATS: connected" in said
    no_secret_in(said)


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
async def test_with_brokers_down_then_with_a_wrong_password_services_wait_and_say_why(
    tmp_path: Path, market: MarketLake, level: str
) -> None:
    nats, redis = LockedNats(tmp_path / "nats"), LockedRedis(tmp_path / "redis")
    stack = LockedStack(
        tmp_path,
        market.root,
        nats,
        redis,
        QM_TOKEN=TOKEN,
        QM_LOG_LEVEL=level,
        QM_LOG_FORMAT="json" if level == "INFO" else "plain",
    )
    nats.password = redis.password = "the-brokers-want-another-one"
    waiting = (stack.gateway, stack.engine, stack.replay, stack.harness)
    try:
        for service in (stack.registry, *waiting):
            service.start(wait=False)
        for service in waiting:
            service.wait_alive()
            assert "nats" in not_ready(service)
        nats.start()
        redis.start()
        for service in waiting:
            await _says(service, "Authorization Violation")
        await _says(stack.gateway, "invalid username-password pair")
        for service in waiting:
            no_secret_in(not_ready(service))
        nats.stop()
        redis.stop()
        nats.password, redis.password = LockedNats.password, LockedRedis.password
        nats.start()
        redis.start()
        for service in waiting:
            service.wait_ready()
    finally:
        stack.close()
        nats.stop()
        redis.stop()
    said = logs_below(tmp_path)
    assert "NATS: connected" in said
    no_secret_in(said)


async def _says(service: Service, words: str) -> None:
    await eventually(lambda: words in not_ready(service))


def _text(service: Service, path: str) -> str:
    return httpx.get(f"http://127.0.0.1:{service.port}{path}").text


async def test_a_registry_whose_database_is_away_says_where_it_is_and_not_its_password(
    tmp_path: Path,
) -> None:
    port = free_port()
    database = f"postgresql+psycopg://qm:{DATABASE_PASSWORD}@127.0.0.1:{free_port()}/registry"
    env = {"QM_REGISTRY_PORT": str(port), "QM_REGISTRY_URL": database, "QM_LOG_LEVEL": "DEBUG"}
    registry = Service("registry", "qm_registry", port, env, tmp_path / "registry.log")
    try:
        registry.start(wait=False)
        registry.wait_alive()
        await eventually(lambda: "not opened yet" not in not_ready(registry))
        no_secret_in(not_ready(registry))
        refused = await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{port}/v1/aliases")
        assert refused.status_code == 503
        no_secret_in(refused.text)
    finally:
        registry.kill()
    said = registry.log.read_text()
    assert "registry database postgresql+psycopg://" in said
    no_secret_in(said)


@pytest.mark.parametrize(
    ("module", "variable", "value"),
    [
        ("qm_registry", "QM_REGISTRY_URL", f"postgresql+nothing://qm:{DATABASE_PASSWORD}@h/db"),
        ("qm_registry", "QM_REGISTRY_URL", f"{DATABASE_PASSWORD} is no URL"),
        ("qm_gateway", "QM_TOKEN", f"{TOKEN} with spaces"),
        ("qm_gateway", "QM_REGISTRY_ENDPOINT", f"nothing://qm:{DATABASE_PASSWORD}@h"),
        ("qm_engine", "QM_TOKENS", "/nowhere/tokens"),
        ("qm_gateway", "QM_ALLOWED_ORIGINS", "no origin"),
        ("qm_gateway", "QM_TRUSTED_PROXIES", "no address"),
    ],
)
def test_a_wrong_setting_ends_the_service_with_its_name_and_without_its_secret(
    tmp_path: Path, module: str, variable: str, value: str
) -> None:
    ports = {f"QM_{name}_PORT": "0" for name in ("REGISTRY", "GATEWAY")}
    done = subprocess.run(
        [sys.executable, "-m", module],
        env=os.environ | ports | {"QM_LAKE": str(tmp_path), variable: value},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    no_secret_in(done.stdout + done.stderr)
