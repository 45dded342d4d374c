"""An experiment's report in a real browser: from disk, light and dark, small and large, on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from qm_harness.report.write import write_report
from qm_harness.results.store import ResultStore
from qmcore.lake import Lake
from tests.unit.report.conftest import runs

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a made-up experiment, whose error is a script."""
    lake = Lake(tmp_path_factory.mktemp("report"))
    ResultStore(lake).append(runs())
    return write_report(lake, "sweep")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (3840, 2160)])
def test_it_fits_the_screen_needs_no_network_and_follows_the_system(
    browser: Browser, report: Path, width: int, height: int
) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        page = context.new_page()
        heard: list[str] = []
        page.on("console", lambda message, heard=heard: heard.append(message.text))
        page.on("dialog", lambda dialog, heard=heard: heard.append(dialog.message))
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(report.as_uri())
        assert asked == [report.as_uri()]
        assert heard == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        seen[scheme] = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(document.querySelector('.chart text')).fill]"
        )
        assert page.locator("svg.chart").first.bounding_box()["width"] > width / 4
        context.close()
    assert seen["light"][0] != seen["dark"][0]
    assert seen["light"][1] != seen["dark"][1]


def test_it_prints(browser: Browser, report: Path) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    assert (
        page.evaluate("getComputedStyle(document.body).color") == "rgb(20, 28, 39)"
    )  # ink, not light on dark
    assert not page.locator("nav").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    context.close()
