"""The whole stack by ``docker compose``, as a user starts it, under a name and on ports of its own."""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import docker
import httpx
from docker.models.containers import Container
from testcontainers.compose import DockerCompose

from tests.containers.engine import COMPOSE_FILE, REPOSITORY
from tests.fixtures.brokers import free_port
from tests.fixtures.viewer import Viewer

PATIENCE_S: Final = 180.0
ONE_SHOTS: Final = {"sample", "demo"}
ENGINE_SLOTS: Final = 2
IDLE_S: Final = 3
IMAGES: Final = os.environ.get("QM_TEST_IMAGES", "test")
"""Tag of the images; with QM_TEST_IMAGES those of that tag are tested as they are."""


class ComposeStack(DockerCompose):
    """Started with passwords that nobody could guess, so that they can be looked for wherever they must not be."""

    def __init__(self, folder: Path) -> None:
        self.project = f"qmtest-{secrets.token_hex(4)}"
        self.passwords = {
            name: f"7{secrets.token_hex(16)}" for name in ("QM_NATS_PASSWORD", "QM_REDIS_PASSWORD")
        }
        self._ports = {name: free_port() for name in ("FRONTEND", "GATEWAY", "REGISTRY", "MLFLOW")}
        settings = {
            "COMPOSE_PROJECT_NAME": self.project,
            "QM_VERSION": IMAGES,
            **{f"QM_{name}_PORT": str(port) for name, port in self._ports.items()},
            **self.passwords,
        }
        env = folder / "compose.env"
        env.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        # So few slots that six sessions need three engines; free again soon after the last viewer has gone.
        changes = folder / "changes.yml"
        changes.write_text(
            "services:\n"
            f"  engine: {{ environment: {{ QM_ENGINE_SLOTS: {ENGINE_SLOTS} }} }}\n"
            f"  gateway: {{ environment: {{ QM_IDLE_SECONDS: {IDLE_S} }} }}\n"
        )
        super().__init__(REPOSITORY, [str(COMPOSE_FILE), str(changes)], env_file=str(env))

    def start(self) -> None:
        """Build what is not built yet and return when everything is healthy."""
        build = "--no-build" if "QM_TEST_IMAGES" in os.environ else "--build"
        self.compose("up", build, "--wait", "--wait-timeout", "900")

    def stop(self, down: bool = True) -> None:
        """Take everything away, volumes too."""
        self.compose("down", "--volumes", "--timeout", "10")

    def compose(self, *arguments: str) -> str:
        """``docker compose`` of this stack; its output."""
        # What is set for somebody's own stack goes before --env-file.
        own = {k: v for k, v in os.environ.items() if not k.startswith(("QM_", "COMPOSE_", "MLFLOW_"))}
        done = subprocess.run(
            [*self.compose_command_property, *arguments],
            cwd=REPOSITORY,
            env=own | {"COMPOSE_ANSI": "never"},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            command = [*self.compose_command_property, "logs", "--no-color", "--tail", "30"]
            logs = subprocess.run(command, cwd=REPOSITORY, env=own, capture_output=True, text=True).stdout
            raise AssertionError(
                f"docker compose {' '.join(arguments)}\n{done.stderr[-4000:]}\n{logs[-16000:]}"
            )
        return done.stdout

    def scale(self, **services: int) -> None:
        """As many containers of each service, all healthy; the others stay as they are."""
        wanted = [f"--scale={name.replace('_', '-')}={count}" for name, count in services.items()]
        self.compose("up", "--wait", "--no-recreate", *wanted)

    def containers(self, service: str | None = None) -> list[Container]:
        """Running containers, of one service or of all."""
        label = f"com.docker.compose.project={self.project}"
        of_service = [f"com.docker.compose.service={service}"] if service else []
        return list(docker.from_env().containers.list(filters={"label": [label, *of_service]}))

    def all_containers(self) -> list[Container]:
        """Those that have ended as well."""
        label = f"com.docker.compose.project={self.project}"
        return list(docker.from_env().containers.list(all=True, filters={"label": label}))

    def url(self, path: str = "") -> str:
        """The origin that the frontend container serves: pages, REST, WebSockets."""
        return f"http://127.0.0.1:{self._ports['FRONTEND']}{path}"

    def registry_url(self, path: str) -> str:
        """The registry by itself."""
        return f"http://127.0.0.1:{self._ports['REGISTRY']}{path}"

    def mlflow_url(self, path: str) -> str:
        """MLflow by itself."""
        return f"http://127.0.0.1:{self._ports['MLFLOW']}{path}"

    def get(self, path: str) -> Any:
        """JSON of a GET through the frontend."""
        return httpx.get(self.url(path), timeout=30).raise_for_status().json()

    def post(self, path: str, document: dict[str, Any]) -> Any:
        """JSON of a POST through the frontend."""
        return httpx.post(self.url(path), json=document, timeout=30).raise_for_status().json()

    def watch(self, serving: str) -> Viewer:
        """A viewer through the frontend; use as ``async with``."""
        return Viewer(f"ws://127.0.0.1:{self._ports['FRONTEND']}/v1/stream?serving={serving}")

    def publish_variant(self, number: int) -> str:
        """A serving like the demo's, but for one number; the answer is its id."""
        demo = self.get("/v1/resolve/demo")["serving"]
        changed = {**demo["runtime_snapshot"], "flow_tanh_scale": 3.0 + number / 100}
        source = {"serving": "demo", "config_hash": "0" * 64, "published_at": "2026-01-01T00:00:00Z"}
        answer = self.post(
            "/v1/servings", {"name": f"variant{number}", "runtime_snapshot": changed, "source": source}
        )
        return str(answer["serving"]["serving_id"])

    def wait_for_job(self, job_id: str) -> dict[str, Any]:
        """The job when it has ended."""
        end = time.monotonic() + PATIENCE_S * 2
        while time.monotonic() < end:
            job: dict[str, Any] = self.get(f"/v1/experiments/jobs/{job_id}")
            if job["ended_at"] is not None:
                return job
            time.sleep(0.5)
        raise AssertionError(f"the job has not ended: {job}")
