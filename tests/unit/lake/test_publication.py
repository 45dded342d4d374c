"""Files and folders appear whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from qmcore.lake import publish_dir, publish_file


def test_a_file_replaces_the_old_one_and_leaves_nothing_beside_it(tmp_path):
    target = tmp_path / "deep" / "config.yaml"
    publish_file(target, b"old")
    publish_file(target, b"new")
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    target = tmp_path / "config.yaml"
    publish_file(target, b"old")
    with pytest.raises(TypeError):
        publish_file(target, "text")  # type: ignore[arg-type]
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_appears_with_its_content(tmp_path):
    target = tmp_path / "datasets" / "a"
    with publish_dir(target) as folder:
        (folder / "file").write_text("content")
        assert not target.exists()
    assert (target / "file").read_text() == "content"
    assert list(target.parent.iterdir()) == [target]


def fail_half_way(target: Path) -> None:
    """Publish, and fail with one file written."""
    with publish_dir(target) as folder:
        (folder / "file").write_text("half")
        raise RuntimeError("half way")


def be_overtaken(target: Path) -> None:
    """Publish what somebody else publishes in the meantime."""
    with publish_dir(target) as slow:
        (slow / "file").write_text("second")
        with publish_dir(target) as fast:
            (fast / "file").write_text("first")


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_two_writers_wins(tmp_path):
    target = tmp_path / "a"
    with pytest.raises(FileExistsError) as caught:
        be_overtaken(target)
    assert str(caught.value) == f"{target} was published by somebody else"
    assert (target / "file").read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


DYING = """
import os, signal, sys
from pathlib import Path
from qmcore.lake import publish_dir
with publish_dir(Path(sys.argv[1])) as folder:
    (folder / "file").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_never_seen_and_goes_with_the_next_one(tmp_path):
    target = tmp_path / "a"
    assert subprocess.run([sys.executable, "-c", DYING, str(target)]).returncode == -signal.SIGKILL
    (left,) = os.listdir(tmp_path)
    assert left.startswith(".a.partial-")
    with publish_dir(target) as folder:
        assert os.listdir(tmp_path) == [folder.name]
    assert os.listdir(tmp_path) == ["a"]
