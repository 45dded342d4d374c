"""The soak at a tiny size: it runs, ends what it started, and those who keep up lose nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from qm_local.bench import soak


@pytest.mark.timeout(180)
def test_a_few_viewers_for_seconds(tmp_path: Path) -> None:
    said: list[str] = []
    plan = soak.SoakPlan(minutes=0.1, viewers=4, sessions=2, slow=1)
    figures = list(soak.run(tmp_path, plan, said.append))
    processes = {f.what.partition(":")[0] for f in figures if "memory" in f.what}
    assert processes == {"nats", "redis", "registry", "replay", "engine", "gateway"}
    lost, late, _ = figures[6:]
    assert lost.value == 0
    assert "0 of these viewers closed" in lost.detail
    assert late.value > 0
    assert any("of 0.1 minutes" in line for line in said)
