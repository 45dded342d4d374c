"""Artifacts in a lake: written once, named by their content, believed only when they match their name."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from qmcore import artifacts as artifacts_module
from qmcore.artifacts import ArtifactStore
from qmcore.errors import BadInput, CorruptData, NotFound
from qmcore.lake import Lake

DATA = b"a model"
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(Lake(tmp_path))


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "research" / "harness" / "artifacts" / f"{NAME}.qma"


def test_what_was_saved_is_loaded_by_its_hash(store: ArtifactStore, tmp_path: Path) -> None:
    assert store.save(DATA) == NAME
    assert store.load(NAME) == DATA
    assert [path.name for path in file_of(tmp_path).parent.iterdir()] == [f"{NAME}.qma"]


def test_it_is_written_once(store: ArtifactStore, tmp_path: Path) -> None:
    store.save(DATA)
    before = os.stat(file_of(tmp_path))
    assert store.save(DATA) == NAME
    after = os.stat(file_of(tmp_path))
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_one_that_is_not_there_is_not_found_and_nothing_is_made(store: ArtifactStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=f"unknown artifact '{NAME}'"):
        store.load(NAME)
    assert not store.holds(NAME)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [b"another model", b"a mode", b"", DATA + b"l"])
def test_damaged_bytes_are_refused_and_saving_mends_them(
    store: ArtifactStore, tmp_path: Path, damage: bytes
) -> None:
    store.save(DATA)
    file_of(tmp_path).write_bytes(damage)
    with pytest.raises(CorruptData, match=rf"{NAME}.qma: its content does not match its name; refused"):
        store.load(NAME)
    assert store.save(DATA) == NAME
    assert store.load(NAME) == DATA


def test_a_folder_in_its_place_is_refused(store: ArtifactStore, tmp_path: Path) -> None:
    file_of(tmp_path).mkdir(parents=True)
    with pytest.raises(CorruptData, match="cannot be read"):
        store.load(NAME)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        NAME[:-1],
        NAME + "0",
        NAME.upper(),
        "../" * 20 + "0000",
        f"{NAME}\n",
        "/" + NAME[1:],
        f"{'.' * 64}",
    ],
)
def test_only_64_hex_digits_are_a_name(store: ArtifactStore, name: str) -> None:
    with pytest.raises(BadInput, match="is not the name of an artifact: 64 hex digits"):
        store.load(name)
    assert not store.holds(name)


def test_a_file_that_is_too_large_is_neither_written_nor_read(
    store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(DATA)
    monkeypatch.setattr(artifacts_module, "LARGEST_BYTES", len(DATA) - 1)
    with pytest.raises(CorruptData, match="is larger than 6 bytes"):
        store.load(NAME)
    with pytest.raises(BadInput, match="at most 6 bytes; this one has 7"):
        store.save(DATA)
