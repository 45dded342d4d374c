"""What a run's code version covers: for a trained signal its training as well."""

from __future__ import annotations

from pathlib import Path

import pytest

import qm_harness
from qm_harness.experiments.tasks import experiment_code_version
from qmcore.signals import kind_of


def test_other_training_code_is_other_code_of_trained_signals_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qm_harness, "__path__", [str(tmp_path)])
    for folder in ("evaluation", "statistics", "training"):
        (tmp_path / folder).mkdir()
    files = [tmp_path / folder / "code.py" for folder in ("statistics", "training")]

    def versions() -> tuple[str, str]:
        experiment_code_version.cache_clear()
        return experiment_code_version(kind_of("gbm")), experiment_code_version(kind_of("ofi"))

    for file in files:
        file.write_text("one")
    before = versions()
    files[1].write_text("two")
    trained = versions()
    files[0].write_text("two")
    judged = versions()
    experiment_code_version.cache_clear()
    assert before[0] != trained[0] != judged[0] != before[0]
    assert before[1] == trained[1] != judged[1]
