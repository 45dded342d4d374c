"""``qm up`` as a user starts it: on a lake of its own with a short simulated day, ended by Ctrl-C."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

REPOSITORY = Path(__file__).parents[2]
SAMPLE = REPOSITORY / "deploy" / "sample-lake"
PATIENCE_S = 90.0
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
HARMLESS = "GPU stall due to ReadPixels"
"""Chromium says this of its own screenshots."""


def short_lake(root: Path) -> Path:
    """The sample lake with a demo of five minutes."""
    shutil.copytree(SAMPLE, root)
    demo = root / "research" / "harness" / "configs" / "pipelines" / "demo.yaml"
    demo.write_text(demo.read_text().replace('end_time: "10:30"', 'end_time: "09:35"'))
    assert "09:35" in demo.read_text()
    return root


@dataclass
class Up:
    """A running ``qm up``."""

    process: subprocess.Popen[bytes]
    output: Path
    state: Path

    @classmethod
    def start(cls, lake: Path, state: Path, *options: str) -> Up:
        """Start it on free ports."""
        output = state.with_suffix(".out")
        qm = str(Path(sys.executable).parent / "qm")
        command = [qm, "up", "--lake-root", str(lake), "--state", str(state), "--port", "0"]
        with output.open("ab") as sink:
            process = subprocess.Popen([*command, *options], stdout=sink, stderr=subprocess.STDOUT)
        return cls(process, output, state)

    def url(self) -> str:
        """The URL that it prints when everything is ready."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            text = self.output.read_text()
            found = re.search(r"http://127\.0\.0\.1:\d+/\S+", text)
            if found:
                return found.group()
            assert self.process.poll() is None, text
            time.sleep(0.05)
        raise AssertionError(f"no URL: {self.output.read_text()}")

    def children(self) -> list[int]:
        """Process ids of everything that it has started."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def interrupt(self) -> int:
        """Ctrl-C; the answer is the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


def alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.fixture(scope="session")
def built_page() -> Path:
    """The built front end."""
    dist = REPOSITORY / "frontend" / "dist"
    if not (dist / "vp-stream.html").exists():
        pytest.skip("the front end is not built: make frontend/dist/.built")
    return dist


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short lake; its market data is made by the first ``qm up``."""
    return short_lake(tmp_path_factory.mktemp("up") / "lake")


@pytest.fixture
def up(built_page: Path, lake: Path, tmp_path: Path) -> Iterator[Up]:
    """A running stack."""
    running = Up.start(lake, tmp_path / "state")
    try:
        yield running
    finally:
        running.interrupt()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that collects what the console complains of in ``page.complaints``."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.complaints = []  # type: ignore[attr-defined]
    page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()
