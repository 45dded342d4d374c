"""Which processes make up the stack, with which settings. Plain data: nothing is started here."""

from __future__ import annotations

import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from qm_local.process import ProcessSpec
from qmcore.errors import NotFound, OptionError

GATEWAY_PORT = 8002
VITE_PORT = 5174


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(wanted: int | None, usual: int, option: str) -> int:
    """The wanted port, else the usual one where it is free, else any free one. Raises OptionError."""
    if wanted is None:
        return usual if _is_free(usual) else free_port()
    if wanted and not _is_free(wanted):
        raise OptionError(
            option=option, value=wanted, allowed="a port that nobody listens on, or 0 for a free one"
        )
    return wanted or free_port()


def program(name: str) -> str:
    """Path of a binary from this Python's environment or the PATH. Raises NotFound."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise NotFound(kind="program", name=name)
    return found


@dataclass(frozen=True, slots=True)
class Stack:
    """Ports and folders of one running stack."""

    lake: Path
    state: Path
    gateway_port: int
    frontend_dist: Path
    engines: int
    nats_port: int
    redis_port: int
    registry_port: int
    harness_port: int

    @property
    def registry_url(self) -> str:
        """The registry's REST."""
        return f"http://127.0.0.1:{self.registry_port}"

    def brokers(self) -> list[ProcessSpec]:
        """NATS with JetStream, and Redis without persistence: what it forgets is made again."""
        jetstream, redis = self.state / "nats", self.state / "redis"
        redis.mkdir(parents=True, exist_ok=True)
        host = "127.0.0.1"
        nats = (program("nats-server"), "-a", host, "-p", str(self.nats_port), "-js", "-sd", str(jetstream))
        redis_command = (
            program("redis-server"),
            "--bind",
            host,
            "--port",
            str(self.redis_port),
            "--dir",
            str(redis),
        )
        return [
            ProcessSpec("nats", nats, ready_port=self.nats_port),
            ProcessSpec(
                "redis", (*redis_command, "--save", "", "--appendonly", "no"), ready_port=self.redis_port
            ),
        ]

    def _service(self, name: str, module: str, port: int, **env: str) -> ProcessSpec:
        common = {
            "QM_NATS_URL": f"nats://127.0.0.1:{self.nats_port}",
            "QM_REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "QM_LAKE": str(self.lake),
            "QM_REGISTRY_ENDPOINT": self.registry_url,
        }
        return ProcessSpec(
            name,
            (sys.executable, "-m", module),
            env=common | env,
            ready_url=f"http://127.0.0.1:{port}/ready",
            reloads=True,
        )

    def registry(self) -> ProcessSpec:
        """The registry on its embedded database."""
        return self._service(
            "registry", "qm_registry", self.registry_port, QM_REGISTRY_PORT=str(self.registry_port)
        )

    def harness(self) -> list[ProcessSpec]:
        """The harness's API, and a worker that runs submitted sweeps at low priority."""
        port = free_port()
        return [
            self._service(
                "harness", "qm_harness.service", self.harness_port, QM_HARNESS_PORT=str(self.harness_port)
            ),
            self._service("harness-worker", "qm_harness.service.worker", port, QM_HEALTH_PORT=str(port)),
        ]

    def services(self) -> list[ProcessSpec]:
        """Replay, engine workers and gateway."""
        workers = [("replay", "qm_replay")]
        workers += [("engine" if i == 0 else f"engine-{i + 1}", "qm_engine") for i in range(self.engines)]
        specs = []
        for name, module in workers:
            port = free_port()
            specs.append(self._service(name, module, port, QM_HEALTH_PORT=str(port)))
        gateway = {
            "QM_GATEWAY_PORT": str(self.gateway_port),
            "QM_FRONTEND_DIST": str(self.frontend_dist),
            "QM_HARNESS_ENDPOINT": f"http://127.0.0.1:{self.harness_port}",
        }
        return [*specs, self._service("gateway", "qm_gateway", self.gateway_port, **gateway)]

    def vite(self, frontend: Path, port: int) -> ProcessSpec:
        """Vite's dev server in front of the gateway."""
        env = {"QM_FRONTEND_PORT": str(port), "QM_GATEWAY_URL": f"http://127.0.0.1:{self.gateway_port}"}
        return ProcessSpec(
            "vite", (program("node"), "node_modules/vite/bin/vite.js"), env=env, ready_port=port, cwd=frontend
        )
