"""The compose file as a user runs it: up, watched by alias, scaled, promoted, experimented with, down."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import docker
import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.containers.compose_stack import ENGINE_SLOTS, ComposeStack
from tests.containers.engine import processes

BINS = 200
VARIANTS = 6


async def test_200_bins_come_by_alias_through_the_frontend(stack: ComposeStack) -> None:
    async with stack.watch("demo") as viewer:
        await viewer.read_bins(BINS)
    assert viewer.seqs[:BINS] == list(range(viewer.seqs[0], viewer.seqs[0] + BINS))
    assert viewer.config["symbol"] == "ESZ5"
    assert all(len(bin_.arrow) > 1000 for bin_ in viewer.bins)


async def test_three_engines_share_six_sessions(stack: ComposeStack) -> None:
    await asyncio.to_thread(stack.scale, engine=3)
    assert len(stack.containers("engine")) == 3
    assert VARIANTS == 3 * ENGINE_SLOTS, "each engine is needed for two of them"
    servings = [await asyncio.to_thread(stack.publish_variant, number) for number in range(VARIANTS)]
    assert len(set(servings)) == VARIANTS
    viewers = [stack.watch(serving) for serving in servings]

    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for viewer in viewers:
            await group.create_task(viewer.__aenter__())
        for viewer in viewers:
            group.create_task(viewer.read_bins(50))
    try:
        sessions = await asyncio.to_thread(stack.get, "/v1/sessions")
        watched = [s for s in sessions if s["serving_id"] in servings]
        assert sorted(s["serving_id"] for s in watched) == sorted(servings)
        workers = [s["worker"] for s in watched]
        assert {workers.count(worker) for worker in workers} == {ENGINE_SLOTS}, workers
        assert len(set(workers)) == 3
        for viewer in viewers:
            assert viewer.seqs == list(range(viewer.seqs[0], viewer.seqs[0] + len(viewer.seqs)))
    finally:
        for viewer in viewers:
            await viewer.__aexit__()


async def test_an_alias_that_is_promoted_streams_its_new_serving(stack: ComposeStack) -> None:
    before = (await asyncio.to_thread(stack.get, "/v1/aliases/demo"))["serving_id"]
    after = await asyncio.to_thread(stack.publish_variant, 50)
    request = {"serving_id": after, "expected_serving_id": before, "who": "test", "why": "a container test"}
    async with httpx.AsyncClient(timeout=30) as client:
        (await client.put(stack.registry_url("/v1/aliases/demo"), json=request)).raise_for_status()

    async with stack.watch("demo") as viewer:
        await viewer.read_bins(20)
        sessions = await asyncio.to_thread(stack.get, "/v1/sessions")
    assert {s["serving_id"] for s in sessions if s["session_id"] == viewer.session_id} == {after}
    assert viewer.config["flow_tanh_scale"] == 3.5


def test_an_experiment_that_is_submitted_ends_well_and_is_in_mlflow(stack: ComposeStack) -> None:
    job_id = stack.post("/v1/experiments/jobs", {"experiment": "demo"})["job_id"]
    job = stack.wait_for_job(job_id)
    assert (job["state"], job["reason"], job["errors"]) == ("done", "", [])
    assert job["progress"]["finished"] == job["progress"]["points"] > 0
    (worker,) = stack.containers("harness-worker")
    assert worker.short_id[:12] in job["worker"]

    runs = stack.get("/v1/experiments/runs?experiment=demo&min_signals=1")["runs"]
    assert runs
    report = httpx.get(stack.url("/v1/experiments/demo/report"), timeout=60)
    assert report.status_code == 200
    assert "<html" in report.text
    tracked = httpx.post(
        stack.mlflow_url("/api/2.0/mlflow/experiments/search"), json={"max_results": 100}, timeout=30
    )
    assert "demo" in [found["name"] for found in tracked.raise_for_status().json()["experiments"]]


@pytest.mark.browser
def test_the_page_that_the_frontend_container_serves_is_live(
    stack: ComposeStack, page: Page, tmp_path: Path
) -> None:
    page.goto(stack.url("/vp-stream.html?serving=demo"))
    expect(page.locator("#status")).to_have_text("live", timeout=60_000)
    page.wait_for_timeout(8_000)
    page.screenshot(path=tmp_path / "stream.png")
    page.goto(stack.url("/experiments.html"))
    expect(page.locator(".job").first.locator(".pill")).to_have_text("done", timeout=30_000)
    page.screenshot(path=tmp_path / "experiments.png")
    assert (tmp_path / "stream.png").stat().st_size > 20_000, "an empty page"


def test_no_password_is_in_a_log_on_a_command_line_or_in_an_image(stack: ComposeStack) -> None:
    client = docker.from_env()
    for name, password in stack.passwords.items():
        for container in stack.all_containers():
            assert password not in container.logs().decode(errors="replace"), (
                f"{name}: log of {container.name}"
            )
        for container in stack.containers():
            assert password not in "".join(p.command for p in processes(container)), (
                f"{name}: {container.name}"
            )
        for image in {container.image.id for container in stack.all_containers()}:
            said = json.dumps([client.images.get(image).history(), client.images.get(image).attrs])
            assert password not in said, f"{name}: {image}"
