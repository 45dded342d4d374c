"""docs/walkthrough.md does what it says: on its simulated market, and on ten minutes of real ES data."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from qmcore.lake import Lake
from tests.e2e.walkthrough import Done, Shell, Step, Walkthrough
from tests.fixtures.brokers import own_brokers
from tests.fixtures.stack import Stack

ESH4 = Path(__file__).parents[2].parent / "shared" / "data" / "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
REAL = {"ESH5": "ESH4", "2025-02-03": "2023-12-25", '"09:30"': '"18:00"', '"09:40"': '"18:10"'}
"""What is another on the day of the real file, in the files of the page."""
SETTINGS = (
    "QMACHINA_INSTRUMENT_CONFIG_PATH",
    "VP_INSTRUMENT_CONFIG_PATH",
    "QM_REGISTRY_URL",
    "QM_LAKE",
    "QM_WHO",
)
GATEWAY = "ws://127.0.0.1:8002"
STREAMED = "derivative", "pfp", "ofi", "gbm"
MARKETS = [
    pytest.param(None, id="simulated"),
    pytest.param(
        ESH4,
        id="ESH4",
        marks=pytest.mark.skipif(
            not ESH4.exists(), reason="../shared/data is not there: no real market data"
        ),
    ),
]

pytestmark = pytest.mark.timeout(1200)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who follows the page in a folder, with a stack that is up."""

    page: Walkthrough
    shell: Shell
    stack: Stack
    real: Path | None

    def follow(self) -> list[Done]:
        """Every command of the page, in order."""
        return [self.shell.run(self._here(step)) for step in self.page.steps]

    def _here(self, step: Step) -> Step:
        """The step with the stack's address; on real data, with the file in place of the simulator."""
        command = step.command.replace(GATEWAY, self.stack.stream_url().removesuffix("/v1/stream"))
        if self.real is not None and command.startswith("qm data synth"):
            raw = Lake(Path("lake")).raw_dir("future_mbo", "ES")
            return Step(f"mkdir -p {raw} && cp {self.real} {raw}", ())
        return replace(step, command=command)


@pytest.fixture(params=MARKETS)
def reader(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reader]:
    """A reader with the page's files."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    page, real = Walkthrough.read(), request.param
    for name, content in page.files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        for old, new in REAL.items() if real else ():
            content = content.replace(old, new)
        file.write_text(content)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with (
        own_brokers(tmp_path) as (nats, redis),
        Stack(tmp_path, tmp_path / "lake", nats, redis, **page.settings) as stack,
    ):
        registry = f"http://127.0.0.1:{stack.registry.port}"
        shell = Shell(tmp_path, {"PATH": path, "QM_REGISTRY_ENDPOINT": registry, "QM_WHO": "ada"})
        try:
            stack.start()
            yield Reader(page, shell, stack, real)
        finally:
            shell.close()


def _shape(line: str) -> list[str]:
    """The words of a line without what differs from run to run: numbers, hashes, times, places."""
    return [
        re.sub(r"-?[0-9a-f.]*\d[0-9a-f.]*", "#", word) for word in line.split() if not word.startswith("/")
    ]


def test_the_page_names_all_that_it_needs() -> None:
    page = Walkthrough.read()
    specs = [name for name in page.files if "/configs/" in name]
    assert len(specs) == 3, "three small files"
    assert page.settings
    said = " ".join(step.command for step in page.steps)
    for word in ("validate", "generate", "run", "compare", "report", "promote", "audit", "rollback"):
        assert re.search(rf"qm (\w+ )?{word}\b", said), word


def test_what_the_page_says_happens_and_what_streams_is_what_was_evaluated(reader: Reader) -> None:
    done = reader.follow()
    for each in done:
        if reader.real is None:
            assert (each.code != 0) == each.step.fails, f"$ {each.step.command}\n{each.output}"
            said = [_shape(line) for line in each.output.splitlines()]
            for line in each.step.shown:
                words = _shape(line)
                assert any(words == here[: len(words)] for here in said), (
                    f"$ {each.step.command}\n{line}\nis not what it says:\n{each.output}"
                )
        else:
            refused = any(
                words in each.output for words in ("may not be promoted", "nothing to roll back to")
            )
            assert each.code == 0 or (each.code == 1 and refused), f"$ {each.step.command}\n{each.output}"
    streamed = "".join(each.output for each in done if "same_bits.py" in each.step.command)
    bins = {
        int(count)
        for count in re.findall(r": (\d+) bins, [1-9]\d* values not zero, the same bits: True", streamed)
    }
    assert re.findall(r"^(\w+): ", streamed, re.MULTILINE) == list(STREAMED), streamed
    assert bins == {6000}, streamed
