"""What every container of the stack may and may not do."""

from __future__ import annotations

import json

from tests.containers.compose_stack import ONE_SHOTS, ComposeStack
from tests.containers.engine import processes, run_in, status_of_first_process

SERVICES = {
    "engine",
    "frontend",
    "gateway",
    "harness",
    "harness-worker",
    "mlflow",
    "nats",
    "redis",
    "registry",
    "replay",
}


def service_of(container: object) -> str:
    return str(container.labels["com.docker.compose.service"])  # type: ignore[attr-defined]


def test_every_service_runs_and_is_healthy(stack: ComposeStack) -> None:
    running = {service_of(c): c for c in stack.containers()}
    assert running.keys() == SERVICES
    assert {name: c.health for name, c in running.items()} == dict.fromkeys(SERVICES, "healthy")
    ended = {
        service_of(c): c.attrs["State"]["ExitCode"] for c in stack.all_containers() if c.status == "exited"
    }
    assert ended == dict.fromkeys(ONE_SHOTS, 0)


def test_no_process_runs_as_root(stack: ComposeStack) -> None:
    found = [process for container in stack.containers() for process in processes(container)]
    assert len(found) >= 2 * len(SERVICES), "each container has its init and its service"
    assert [process for process in found if process.uid == 0] == []


def test_nothing_can_be_written_but_volumes_and_tmp(stack: ComposeStack) -> None:
    for container in stack.all_containers():
        assert container.attrs["HostConfig"]["ReadonlyRootfs"], container.name
    for container in stack.containers():
        for folder in ("/", "/usr", "/etc", "/opt"):
            code, said = container.exec_run(["touch", f"{folder}/probe"], user="0")
            assert code != 0, f"{container.name} lets root write {folder}"
            assert b"ead-only" in said or b"No such file" in said, said


def test_no_process_can_get_more_rights(stack: ComposeStack) -> None:
    for container in stack.containers():
        status = status_of_first_process(container)
        for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(status[name], 16) == 0, f"{container.name}: {name}"
        assert status["NoNewPrivs"] == "1", container.name
        assert "docker.sock" not in json.dumps(container.attrs["Mounts"])


def test_memory_is_limited_and_what_is_used_lies_well_below(stack: ComposeStack) -> None:
    for container in stack.containers():
        limit = container.attrs["HostConfig"]["Memory"]
        assert 0 < limit <= 4 << 30, container.name
        memory = container.stats(stream=False, one_shot=True)["memory_stats"]
        used = memory["usage"] - memory["stats"].get("inactive_file", 0)
        assert used < 0.8 * limit, f"{container.name} uses {used >> 20} of {limit >> 20} MiB"


def test_ports_are_open_on_loopback_only(stack: ComposeStack) -> None:
    published = set()
    for container in stack.containers():
        for port, bindings in container.attrs["HostConfig"]["PortBindings"].items():
            assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}, container.name
            published.add((service_of(container), port))
    assert published == {
        ("frontend", "8080/tcp"),
        ("gateway", "8002/tcp"),
        ("mlflow", "5000/tcp"),
        ("registry", "8003/tcp"),
    }


def test_the_images_have_what_they_need_and_no_more(stack: ComposeStack) -> None:
    engine, harness = stack.containers("engine")[0], stack.containers("harness")[0]
    assert "generate" in run_in(harness, "qm", "--help")
    assert "engine" in run_in(engine, "qm", "--help")
    for container in (engine, harness):
        code, _ = container.exec_run(["sh", "-c", "command -v gcc || command -v cc || command -v g++"])
        assert code != 0, f"{container.name} has a compiler"
    packages = run_in(engine, "ls", "/opt/venv/lib/python3.11/site-packages").split()
    assert not {"mlflow", "sklearn", "pandas", "matplotlib"} & set(packages)
    assert "report.html.j2" in run_in(harness, "ls", "/opt/harness/qm_harness/report/templates")
