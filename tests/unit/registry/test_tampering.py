"""A serving that was changed behind the registry's back is refused in words, and only that one."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from qm_registry.documents import sha256_hex
from qm_registry.local import LocalRegistry
from qm_registry.opening import open_store
from qmcore.config.runtime import canonical_json
from qmcore.config.serving import PublishedServingSpec
from qmcore.errors import CorruptData
from qmcore.registry_access import Registry
from tests.unit.registry.servings import back, numbered, serving, source, to


def _database(lake: Path) -> Path:
    return lake / "research/harness/serving_registry.sqlite"


def _copy(lake: Path, spec: PublishedServingSpec) -> Path:
    return lake / f"research/harness/configs/serving_versions/{spec.serving_id}.yaml"


def _force(lake: Path, serving_id: str, document: str, digest: str) -> None:
    """Change a row as somebody with the file in hand could: after removing the triggers."""
    with sqlite3.connect(_database(lake)) as connection:
        connection.execute("DROP TRIGGER servings_no_update")
        connection.execute(
            "UPDATE servings SET document = ?, document_sha256 = ? WHERE serving_id = ?",
            (document, digest, serving_id),
        )


def _rewrite_text(lake: Path, spec: PublishedServingSpec) -> None:
    document = canonical_json(spec)
    _force(
        lake,
        spec.serving_id,
        document.replace('"tau_jerk":10.0', '"tau_jerk":11.0'),
        sha256_hex(document.encode()),
    )


def _rewrite_text_and_digest(lake: Path, spec: PublishedServingSpec) -> None:
    document = canonical_json(spec).replace('"tau_jerk":10.0', '"tau_jerk":11.0')
    _force(lake, spec.serving_id, document, sha256_hex(document.encode()))


def _put_another_serving_there(lake: Path, spec: PublishedServingSpec) -> None:
    document = canonical_json(serving("demo", tau_jerk=99.0))
    _force(lake, spec.serving_id, document, sha256_hex(document.encode()))


def _put_garbage_there(lake: Path, spec: PublishedServingSpec) -> None:
    _force(lake, spec.serving_id, "{}", sha256_hex(b"{}"))


def _edit_yaml(lake: Path, spec: PublishedServingSpec) -> None:
    path = _copy(lake, spec)
    text = path.read_text()
    path.chmod(0o644)
    path.write_text(text.replace("tau_jerk: 10.0", "tau_jerk: 11.0"))
    assert path.read_text() != text


def _edit_yaml_source(lake: Path, spec: PublishedServingSpec) -> None:
    path = _copy(lake, spec)
    path.chmod(0o644)
    path.write_text(path.read_text().replace("config_hash: c0ffee", "config_hash: decaf"))


def _truncate_yaml(lake: Path, spec: PublishedServingSpec) -> None:
    path = _copy(lake, spec)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:200])


def _swap_yaml(lake: Path, spec: PublishedServingSpec) -> None:
    path = _copy(lake, spec)
    other = json.loads(canonical_json(serving("demo", tau_jerk=99.0)))
    path.chmod(0o644)
    path.write_text(json.dumps(other))  # JSON is YAML


TAMPERINGS = [
    _rewrite_text,
    _rewrite_text_and_digest,
    _put_another_serving_there,
    _put_garbage_there,
    _edit_yaml,
    _edit_yaml_source,
    _truncate_yaml,
    _swap_yaml,
]


@pytest.fixture(params=TAMPERINGS, ids=lambda tamper: tamper.__name__.strip("_"))
def tampered(
    request: pytest.FixtureRequest, local: LocalRegistry, lake: Path
) -> tuple[PublishedServingSpec, PublishedServingSpec]:
    """A registry with one sound and one damaged serving, aliases ``sound`` and ``damaged``."""
    tamper: Callable[[Path, PublishedServingSpec], None] = request.param
    sound, damaged = serving("sound"), serving("damaged")
    for spec in (sound, damaged):
        local.publish(spec, who="tester", why="a test")
        local.promote(spec.serving_id.rsplit("-", 1)[0], to(spec))
        local.resolve(spec.serving_id)  # so that it is remembered: memory must not hide the damage
    tamper(lake, damaged)
    return sound, damaged


Pair = tuple[PublishedServingSpec, PublishedServingSpec]


def test_a_tampered_serving_is_refused_wherever_it_is_asked_for(registry: Registry, tampered: Pair) -> None:
    sound, damaged = tampered
    for ask in (
        lambda: registry.resolve("damaged"),
        lambda: registry.resolve(damaged.serving_id),
        lambda: registry.serving(damaged.serving_id),
        lambda: registry.diff("sound", "damaged"),
    ):
        with pytest.raises(CorruptData, match="hash mismatch"):
            ask()
    assert registry.resolve("sound").serving == sound


def test_a_tampered_serving_is_refused_after_a_restart_as_well(tampered: Pair, lake: Path) -> None:
    sound, _ = tampered
    reopened = open_store(lake)
    with pytest.raises(CorruptData, match="hash mismatch"):
        reopened.resolve("damaged")
    assert reopened.resolve("sound").serving == sound
    reopened.database.close()


def test_no_alias_moves_to_a_tampered_serving(registry: Registry, tampered: Pair) -> None:
    sound, damaged = tampered
    with pytest.raises(CorruptData, match="hash mismatch"):
        registry.promote("sound", to(damaged))
    assert registry.resolve("sound").serving == sound
    event = registry.history("sound").items[0]
    assert (event.outcome, event.version) == ("refused", None)
    assert "hash mismatch" in event.detail


def test_no_alias_rolls_back_to_a_tampered_serving(registry: Registry, tampered: Pair) -> None:
    sound, _ = tampered
    registry.promote("damaged", to(sound))
    with pytest.raises(CorruptData, match="hash mismatch"):
        registry.rollback("damaged", back())
    assert registry.resolve("damaged").serving == sound


def test_a_tampered_serving_stands_in_the_list_with_its_reason(registry: Registry, tampered: Pair) -> None:
    sound, damaged = tampered
    items = {item.serving_id: item for item in registry.servings().items}
    assert items[sound.serving_id].error is None
    assert "hash mismatch" in str(items[damaged.serving_id].error)
    assert items[damaged.serving_id].symbol is None


async def test_rest_answers_500_in_words_logs_it_and_counts_it(
    http: httpx.AsyncClient, tampered: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    _, damaged = tampered
    with caplog.at_level(logging.ERROR):
        answer = await http.get("/v1/resolve/damaged")
    assert answer.status_code == 500
    assert "hash mismatch" in answer.json()["error"]
    assert damaged.serving_id in answer.json()["error"]
    assert any("hash mismatch" in record.message for record in caplog.records)
    assert "qm_registry_hash_mismatches_total 1.0" in (await http.get("/metrics")).text
    assert (await http.get("/v1/resolve/sound")).status_code == 200


def test_publishing_over_a_tampered_row_is_refused_and_recorded(local: LocalRegistry, lake: Path) -> None:
    spec = serving()
    local.publish(spec, who="tester", why="a test")
    _rewrite_text(lake, spec)
    with pytest.raises(CorruptData, match="hash mismatch"):
        local.publish(spec, who="tester", why="a test")
    event = local.events().items[0]
    assert (event.action, event.outcome, event.to_id) == ("publish", "refused", spec.serving_id)


async def test_a_published_id_that_is_not_that_of_its_content_is_refused_and_recorded(
    http: httpx.AsyncClient, local: LocalRegistry
) -> None:
    first, second = numbered(2)
    body = json.loads(first.model_dump_json()) | {"serving_id": second.serving_id}
    answer = await http.post("/v1/servings", json=body, params={"who": "mallory"})
    assert answer.status_code == 422
    assert answer.json()["field"] == "serving_id"
    assert f"hash mismatch: its content belongs to {first.serving_id}" in answer.json()["error"]
    assert local.servings().total == 0
    (event,) = local.events().items
    assert (event.who, event.action, event.outcome, event.to_id) == (
        "mallory",
        "publish",
        "refused",
        second.serving_id,
    )


def test_a_missing_yaml_copy_is_no_damage_and_is_written_again_at_the_next_start(
    local: LocalRegistry, lake: Path
) -> None:
    spec = serving()
    local.publish(spec, who="tester", why="a test")
    before = _copy(lake, spec).read_bytes()
    _copy(lake, spec).unlink()
    assert local.serving(spec.serving_id) == spec
    open_store(lake).database.close()
    assert _copy(lake, spec).read_bytes() == before


def test_publication_never_overwrites_a_yaml_copy(local: LocalRegistry, lake: Path) -> None:
    spec = serving()
    local.publish(spec, who="tester", why="a test")
    _edit_yaml(lake, spec)
    edited = _copy(lake, spec).read_bytes()
    with pytest.raises(CorruptData, match="hash mismatch"):
        local.publish(spec, who="tester", why="a test")
    assert _copy(lake, spec).read_bytes() == edited


def test_a_copy_that_outlived_its_database_stays_the_first_publication(
    local: LocalRegistry, lake: Path
) -> None:
    spec = serving()
    local.publish(spec, who="tester", why="a test")
    local.database.close()
    for file in _database(lake).parent.glob("serving_registry.sqlite*"):
        file.unlink()
    fresh = open_store(lake)
    later = PublishedServingSpec(
        serving_id=spec.serving_id, runtime_snapshot=spec.runtime_snapshot, source=source(serving="later")
    )
    published = fresh.publish(later, who="tester", why="a test")
    assert published.created
    assert fresh.serving(spec.serving_id) == spec
    fresh.database.close()


def test_a_tampered_copy_that_outlived_its_database_is_refused(local: LocalRegistry, lake: Path) -> None:
    spec = serving()
    local.publish(spec, who="tester", why="a test")
    local.database.close()
    for file in _database(lake).parent.glob("serving_registry.sqlite*"):
        file.unlink()
    _edit_yaml(lake, spec)
    fresh = open_store(lake)
    with pytest.raises(CorruptData, match="hash mismatch"):
        fresh.publish(spec, who="tester", why="a test")
    assert fresh.servings().total == 0
    fresh.database.close()


def test_yaml_copies_are_read_only_and_leave_no_drafts(local: LocalRegistry, lake: Path) -> None:
    spec = serving()
    local.publish(spec, who="tester", why="a test")
    assert _copy(lake, spec).stat().st_mode & 0o777 == 0o444
    assert [path.name for path in _copy(lake, spec).parent.iterdir()] == [f"{spec.serving_id}.yaml"]
