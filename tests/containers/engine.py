"""The Docker engine: whether it answers, whether it has what the images are made of, and what it says of containers."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import docker
import yaml
from docker.errors import DockerException, ImageNotFound
from docker.models.containers import Container

REPOSITORY: Final = Path(__file__).parents[2]
COMPOSE_FILE: Final = REPOSITORY / "docker-compose.yml"
DOCKERFILE: Final = REPOSITORY / "deploy" / "docker" / "Dockerfile"
NOT_OURS: Final = re.compile(r"^(?!qmachina/)")


@dataclass(frozen=True, slots=True)
class Process:
    """One process inside a container, as the machine sees it."""

    container: str
    uid: int
    command: str


def why_not() -> str | None:
    """Why container tests cannot run here, in a sentence; None when they can."""
    if shutil.which("docker") is None:
        return "no Docker on this machine: container tests skipped"
    try:
        client = docker.from_env()
        client.ping()
    except DockerException:
        return "no Docker engine answers: container tests skipped"
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        return "Docker has no Compose v2: container tests skipped"
    for image in public_images():
        try:
            client.images.get(image)
        except ImageNotFound:
            try:
                client.images.pull(image)
            except DockerException as error:
                return f"the image {image} cannot be had ({str(error)[:100]}): container tests skipped"
    return None


def public_images() -> list[str]:
    """Images of others that the Dockerfile and the compose file name."""
    services = yaml.safe_load(COMPOSE_FILE.read_text())["services"].values()
    named = {service["image"] for service in services if NOT_OURS.match(service["image"])}
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?", DOCKERFILE.read_text(), re.MULTILINE)
    return sorted(named | {base for base, _ in stages} - {name for _, name in stages})


def processes(container: Container) -> list[Process]:
    """Everything that runs in ``container``."""
    top = container.top(ps_args="-eo pid,uid,args")
    assert [title.strip() for title in top["Titles"]] == ["PID", "UID", "COMMAND"]
    return [Process(str(container.name), int(uid), command) for _, uid, command in top["Processes"]]


def status_of_first_process(container: Container) -> dict[str, str]:
    """/proc/1/status in ``container``."""
    said = run_in(container, "cat", "/proc/1/status")
    return dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)


def run_in(container: Container, *command: str) -> str:
    """Output of a command that must end well in ``container``."""
    code, output = container.exec_run(list(command))
    assert code == 0, output.decode()
    return str(output.decode())
