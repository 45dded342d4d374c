"""The brokers as containers of their own, with the project's configuration, and an engine's container between them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass

import nats
import nats.errors
import pytest
import redis
import redis.exceptions
import yaml
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from qmcore.bus import Bus, ensure_streams
from tests.containers.compose_stack import IMAGES, ComposeStack
from tests.containers.engine import COMPOSE_FILE, REPOSITORY

PATIENCE_S = 60.0
MEMORY = "size=16m,uid=10001,gid=10001"
PASSWORD = f"7{secrets.token_hex(16)}"
"""Begins like a number, which it must not be taken for."""


@dataclass(frozen=True, slots=True)
class Brokers:
    """Two running containers on a network of their own."""

    nats: DockerContainer
    redis: DockerContainer
    network: Network

    def nats_url(self, password: str = PASSWORD) -> str:
        """From this machine."""
        host, port = self.nats.get_container_host_ip(), self.nats.get_exposed_port(4222)
        return f"nats://qm:{password}@{host}:{port}"

    def redis_url(self, password: str = PASSWORD) -> str:
        """From this machine."""
        host, port = self.redis.get_container_host_ip(), self.redis.get_exposed_port(6379)
        return f"redis://:{password}@{host}:{port}/0"


def container(service: str, network: Network, **more: object) -> DockerContainer:
    """The image of ``service`` with its rights, as the compose file has them."""
    found = yaml.safe_load(COMPOSE_FILE.read_text())["services"][service]
    image = found["image"].replace("${QM_VERSION:-dev}", IMAGES)
    return (
        DockerContainer(image)
        .with_network(network)
        .with_network_aliases(service)
        .with_tmpfs_mount("/data", MEMORY)
        .with_tmpfs_mount("/tmp", MEMORY)
        .with_kwargs(
            user=found["user"],
            read_only=found["read_only"],
            cap_drop=found["cap_drop"],
            security_opt=found["security_opt"],
            **more,
        )
    )


@pytest.fixture(scope="module")
def brokers(stack: ComposeStack) -> Iterator[Brokers]:
    """NATS and Redis with a password; after the stack, which has built the engine's image."""
    services = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    configuration = REPOSITORY / "deploy" / "docker" / "nats.conf"
    # Compose replaces the variables of the file; two dollar signs are its spelling of one.
    shell, option, script = services["redis"]["entrypoint"]
    script = script.replace("${QM_REDIS_MAXMEMORY:-400mb}", "100mb").replace("$$", "$")
    with Network() as network:
        nats_server = container("nats", network).with_command(services["nats"]["command"])
        nats_server = nats_server.with_volume_mapping(str(configuration), "/etc/nats/nats.conf")
        nats_server = nats_server.with_envs(NATS_USER="qm", NATS_PASSWORD=f'"{PASSWORD}"').with_exposed_ports(
            4222
        )
        redis_server = container("redis", network, entrypoint=[shell, option, script])
        redis_server = redis_server.with_env("REDISCLI_AUTH", PASSWORD).with_exposed_ports(6379)
        with nats_server, redis_server:
            yield Brokers(nats_server, redis_server, network)


async def test_the_bus_works_on_the_configured_nats_and_strangers_are_refused(brokers: Brokers) -> None:
    bus = Bus(brokers.nats_url(), "test")
    await bus.connect()
    await ensure_streams(bus)
    await bus.close()
    with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
        await nats.connect(
            brokers.nats_url("wrong"), allow_reconnect=False, max_reconnect_attempts=0, connect_timeout=5
        )


def test_redis_answers_only_who_has_the_password(brokers: Brokers) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            with redis.Redis.from_url(brokers.redis_url()) as client:
                assert client.ping()
                assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
                break
        except redis.exceptions.ConnectionError:
            assert time.monotonic() < end
            time.sleep(0.1)
    for url in (brokers.redis_url("wrong"), brokers.redis_url().replace(f":{PASSWORD}@", "")):
        with (
            redis.Redis.from_url(url) as stranger,
            pytest.raises((redis.exceptions.AuthenticationError, redis.exceptions.ResponseError)),
        ):
            stranger.ping()


def test_an_engine_is_ready_between_them_outlives_their_restart_and_drains(brokers: Brokers) -> None:
    environment = {
        "QM_NATS_URL": f"nats://qm:{PASSWORD}@nats:4222",
        "QM_REDIS_URL": f"redis://:{PASSWORD}@redis:6379/0",
        "QM_HEALTH_PORT": "9100",
    }
    with container("engine", brokers.network).with_command("engine").with_envs(**environment) as engine:
        wait_until_ready(engine, 200)
        brokers.nats.get_wrapped_container().stop(timeout=5)
        wait_until_ready(engine, 503)
        brokers.nats.get_wrapped_container().start()
        brokers.redis.get_wrapped_container().restart(timeout=5)
        wait_until_ready(engine, 200)
        running = engine.get_wrapped_container()
        running.stop(timeout=20)
        running.reload()
        assert running.attrs["State"]["ExitCode"] == 0
        said = running.logs().decode()
        assert "SIGTERM: draining" in said
        assert PASSWORD not in said


def wait_until_ready(engine: DockerContainer, wanted: int) -> None:
    """Return when the container's health check says 200, or anything else than that for 503."""
    end = time.monotonic() + PATIENCE_S
    while True:
        code, said = engine.exec(["python", "-I", "/opt/ready.py", "9100"])
        if (code == 0) == (wanted == 200):
            return
        assert time.monotonic() < end, said.decode()
        time.sleep(0.2)
