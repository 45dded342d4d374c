"""The experiments page on the real stack: a sweep is run, looked into, promoted and watched, all from the page."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import HARMLESS, Up

pytestmark = pytest.mark.browser

SWEEP_MS = 120_000.0
"""A sweep of some forty points on five minutes of market, its dataset made first, on a busy machine."""


def test_run_look_promote_and_watch_on_the_experiments_page(up: Up, page: Page) -> None:
    gateway = up.url().split("/vp-stream")[0]

    page.goto(f"{gateway}/experiments.html")
    expect(page.locator(".runs-note")).to_contain_text("No runs yet")
    page.get_by_role("button", name="Run an experiment").click()
    page.locator("#submit-experiment").select_option("demo")
    page.locator(".submit button.primary").click()
    job = page.locator(".job").first
    expect(job.locator(".pill")).to_have_text("done", timeout=SWEEP_MS)
    points = httpx.get(f"{gateway}/v1/experiments/jobs", timeout=10).json()["jobs"][0]["progress"]["points"]
    expect(job).to_contain_text(f"{points} of {points} points")

    page.locator("#filter-min").fill("1")
    expect(page.locator("#summary")).to_contain_text(re.compile(r"\d+ runs? ·"))
    page.locator(".run-table tbody tr[data-index='0']").click()
    expect(page.locator(".run-panel .gate")).to_contain_text("The promotion gate refuses it")
    expect(page.locator(".run-panel .chart-line").first).to_be_visible()
    run_id = re.search(r"run=([0-9a-f]{16})", page.url)
    assert run_id is not None

    page.get_by_role("button", name="Promote…").click()
    page.get_by_label("Alias").fill("tried")
    expect(page.locator(".points-at")).to_have_text("tried does not exist yet.")
    page.get_by_label("Who").fill("e2e")
    page.get_by_label("Why promote it nevertheless").fill("only to watch it")
    page.get_by_role("button", name="Override and promote").click()
    expect(page.locator("dialog.promote")).to_contain_text("The gate was overridden")
    resolved = httpx.get(f"{gateway}/v1/resolve/tried", timeout=10).raise_for_status().json()
    assert resolved["serving"]["source"]["run_id"] == run_id.group(1)

    page.locator("dialog.promote").get_by_role("link", name="Open stream").click()
    expect(page.locator("#status")).to_have_text("live", timeout=60_000)
    # That an alias does not exist yet is an answer of the registry, and a complaint of the browser.
    said = [line for line in page.complaints if HARMLESS not in line and "404" not in line]  # type: ignore[attr-defined]
    assert said == []
