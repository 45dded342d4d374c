"""What ``make run`` promises: a URL, a heatmap that moves, and nothing left after Ctrl-C."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page

from tests.e2e.conftest import HARMLESS, Up, alive
from tests.fixtures.harness import events


def heatmap_picture(page: Page) -> bytes:
    """A screenshot of the drawing area alone."""
    return page.locator("#heat").screenshot()


def test_the_heatmap_moves_and_the_console_is_silent(up: Up, page: Page, tmp_path: Path) -> None:
    page.goto(up.url())
    page.wait_for_timeout(6000)
    first = heatmap_picture(page)
    page.wait_for_timeout(2000)
    second = heatmap_picture(page)
    page.screenshot(path=tmp_path / "heatmap.png")
    assert first != second, "two seconds apart, the heatmap shows the same picture"
    assert "live" in page.locator("body").inner_text().lower()
    assert [text for text in page.complaints if HARMLESS not in text] == []  # type: ignore[attr-defined]


def test_an_unknown_serving_is_said_in_words(up: Up, page: Page) -> None:
    page.goto(up.url().replace("serving=demo", "serving=nobody"))
    page.wait_for_timeout(3000)
    text = page.locator("body").inner_text()
    assert "nobody" in text
    assert "demo" in text, "the page should say which servings there are"


def test_the_sample_experiment_can_be_submitted_at_once(up: Up) -> None:
    gateway = up.url().split("/vp-stream")[0]
    experiments = httpx.get(f"{gateway}/v1/experiments", timeout=30).json()["experiments"]
    assert [(e["name"], e["in_lake"], e["error"]) for e in experiments] == [("demo", True, None)]
    job = httpx.post(f"{gateway}/v1/experiments/jobs", json={"experiment": "demo"}, timeout=30).json()
    states = [event.state for event in events(f"{gateway}/v1/experiments/jobs/{job['job_id']}/progress")]
    assert states[-1] == "done"
    runs = httpx.get(f"{gateway}/v1/experiments/runs", timeout=30).json()
    assert runs["total"] + runs["too_few_signals"] == 40


def test_ctrl_c_ends_everything_and_the_second_start_takes_seconds(
    up: Up, built_page: Path, lake: Path
) -> None:
    up.url()
    children = up.children()
    assert len(children) >= 8  # nats, redis, registry, harness and its worker, replay, engine, gateway
    assert up.interrupt() == 0
    assert [pid for pid in children if alive(pid)] == []
    began = time.monotonic()
    again = Up.start(lake, up.state)
    try:
        again.url()
        assert time.monotonic() - began < 30
    finally:
        again.interrupt()


def test_a_service_that_dies_is_started_again(up: Up) -> None:
    url = up.url()
    gateway = url.split("/vp-stream")[0]
    before = set(up.children())
    engine = next(pid for pid in before if b"qm_engine" in Path(f"/proc/{pid}/cmdline").read_bytes())

    os.kill(engine, signal.SIGKILL)
    end = time.monotonic() + 20
    while time.monotonic() < end and not (set(up.children()) - before):
        time.sleep(0.1)
    assert set(up.children()) - before, "no new engine"
    assert "engine ended with code -9; starting it again" in up.output.read_text()
    assert httpx.get(f"{gateway}/health", timeout=5).status_code == 200


def test_two_stacks_on_one_state_folder_are_refused(up: Up, lake: Path) -> None:
    up.url()
    second = Up.start(lake, up.state)
    assert second.process.wait(30) == 1
    assert "another qm up runs on this state folder" in second.output.read_text()
