"""The registry page on the real stack: what is promoted and rolled back there is so, and is in the history."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import HARMLESS, Up

pytestmark = pytest.mark.browser


def publish_variant(gateway: str) -> str:
    """A second serving: that of ``demo`` with another scale. The answer is its id."""
    demo = httpx.get(f"{gateway}/v1/resolve/demo", timeout=10).raise_for_status().json()["serving"]
    request = {
        "name": "wider",
        "runtime_snapshot": {**demo["runtime_snapshot"], "flow_tanh_scale": 4.0},
        "source": {"serving": "demo", "config_hash": "0" * 64, "published_at": "2026-01-01T00:00:00Z"},
    }
    answer = httpx.post(f"{gateway}/v1/servings", json=request, timeout=10).raise_for_status()
    return str(answer.json()["serving"]["serving_id"])


def fill_and_send(page: Page, form: str, why: str) -> None:
    """Say who and why, and press the form's button."""
    page.locator(f"#{form} [name=who]").fill("e2e")
    page.locator(f"#{form} [name=why]").fill(why)
    page.locator(f"#{form} button.primary").click()


def test_promote_compare_and_roll_back_on_the_registry_page(up: Up, page: Page) -> None:
    gateway = up.url().split("/vp-stream")[0]
    first = httpx.get(f"{gateway}/v1/aliases/demo", timeout=10).raise_for_status().json()["serving_id"]
    second = publish_variant(gateway)

    page.goto(f"{gateway}/index.html")
    page.get_by_role("link", name="Registry").first.click()
    expect(page.locator("#health")).to_have_text("ready")
    page.get_by_role("link", name=second).click()
    expect(page.locator("dt", has_text="flow_tanh_scale").locator("+ dd")).to_have_text("4")
    page.locator("#promote [name=alias]").fill("demo")
    expect(page.locator("#promote")).to_contain_text(f"demo points at {first} now (version 1)")
    fill_and_send(page, "promote", "a wider scale")
    expect(page.locator("#notice")).to_contain_text(f"demo points at {second} now (version 2).")

    page.goto(f"{gateway}/registry.html?a={first}&b=demo")
    expect(page.locator("table.list tbody tr")).to_have_count(1)
    expect(page.locator("table.list tbody tr")).to_contain_text("flow_tanh_scale")

    page.goto(f"{gateway}/registry.html?alias=demo")
    page.get_by_role("button", name="Roll back", exact=True).click()
    expect(page.locator("#rollback")).to_contain_text(f"demo will point at {first} again")
    fill_and_send(page, "rollback", "the old scale was better")
    expect(page.locator("#notice")).to_contain_text(f"demo points at {first} now (version 3).")
    rows = page.locator("table.list tbody tr")
    expect(rows).to_have_count(3)
    assert [r.split("\t")[1:3] for r in rows.all_inner_texts()] == [
        ["rollback", "done"],
        ["promotion", "done"],
        ["promotion", "done"],
    ]
    expect(rows.first).to_contain_text("the old scale was better")
    assert httpx.get(f"{gateway}/v1/aliases/demo", timeout=10).json()["serving_id"] == first

    page.get_by_role("link", name="Open the stream").click()
    expect(page.locator("#status")).to_have_text("live", timeout=20_000)
    page.locator("#places").get_by_role("link", name="Streams").click()
    expect(page.locator("#sessions table")).to_contain_text("running")
    complaints = page.complaints  # type: ignore[attr-defined]
    assert [text for text in complaints if HARMLESS not in text] == []


def test_a_promotion_that_comes_too_late_is_told_what_happened_meanwhile(up: Up, page: Page) -> None:
    gateway = up.url().split("/vp-stream")[0]
    second = publish_variant(gateway)
    page.goto(f"{gateway}/registry.html?serving={second}")
    page.locator("#promote [name=alias]").fill("late")
    expect(page.locator("#promote")).to_contain_text("late does not exist yet")
    first = httpx.get(f"{gateway}/v1/aliases/demo", timeout=10).json()["serving_id"]
    faster = {"serving_id": first, "who": "somebody", "why": "was faster"}
    httpx.put(f"{gateway}/v1/aliases/late", json=faster, timeout=10).raise_for_status()
    fill_and_send(page, "promote", "too late")
    said = page.locator("#promote .note")
    expect(said).to_contain_text(f"meanwhile somebody pointed it at {first}")
    expect(said).to_contain_text("Nothing was changed")
    page.goto(f"{gateway}/registry.html?alias=late")
    expect(page.locator("table.list tbody tr").first).to_contain_text("refused")


def test_pages_are_served_under_their_names(up: Up, built_page: Path) -> None:
    gateway = up.url().split("/vp-stream")[0]
    for name in ("index.html", "registry.html", "experiments.html", "vp-stream.html"):
        assert httpx.get(f"{gateway}/{name}", timeout=10).text == (built_page / name).read_text()
