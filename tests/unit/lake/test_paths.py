"""Every path of the lake, and how the file of a day is found."""

from __future__ import annotations

import datetime as dt
import hashlib
import os

import pytest

from qmcore.errors import BadInput, MissingData
from qmcore.lake import Lake, default_lake_root
from tests.streams.dbn_files import DAY, DAY_LENGTH_NS, DAY_NS, metadata, write_plain, write_zstd


@pytest.fixture
def lake(tmp_path):
    lake = Lake(tmp_path)
    lake.raw_dir("future_mbo", "ES").mkdir(parents=True)
    return lake


@pytest.fixture
def raw(lake):
    return lake.raw_dir("future_mbo", "ES")


def test_the_root_comes_from_the_environment_else_it_is_here(monkeypatch, tmp_path):
    monkeypatch.delenv("QM_LAKE", raising=False)
    assert str(default_lake_root()) == "lake"
    monkeypatch.setenv("QM_LAKE", str(tmp_path))
    assert default_lake_root() == tmp_path
    monkeypatch.setenv("QM_LAKE", "")
    assert str(default_lake_root()) == "lake"


def test_everything_lies_where_the_specification_says(tmp_path):
    lake = Lake(tmp_path)
    assert (
        lake.raw_dir("equity_mbo", "NVDA").relative_to(tmp_path).as_posix()
        == "raw/source=databento/product_type=equity_mbo/symbol=NVDA/table=market_by_order_dbn"
    )
    research = tmp_path / "research"
    assert lake.dataset_dir("a__b__c") == research / "datasets" / "a__b__c"
    assert lake.results_dir == research / "harness" / "results"
    assert lake.config_dir("serving_versions") == research / "harness" / "configs" / "serving_versions"
    assert lake.registry_path == research / "harness" / "serving_registry.sqlite"
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_is_named_by_what_it_was_made_from(lake, tmp_path):
    source = write_plain(tmp_path / "f.dbn", b"12345")
    os.utime(source, ns=(1, 17))

    def path() -> str:
        made = lake.checkpoint_path(
            product_type="future_mbo", symbol="ESM4", dt=DAY, warmup_start_ns=9, source=source
        )
        return made.relative_to(tmp_path).as_posix()

    key = hashlib.sha256(b"future_mbo:ESM4:2024-05-08:9:17:5").hexdigest()[:16]
    assert path() == f"cache/book_engine/ESM4_2024-05-08_{key}.ckpt"
    source.write_bytes(b"123456")
    assert key not in path()


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "a b"])
def test_what_cannot_be_a_dataset_id_is_refused(lake, name):
    with pytest.raises(BadInput) as caught:
        lake.dataset_dir(name)
    assert str(caught.value) == f"{name!r} is not a dataset id"


def test_datasets_are_listed_without_unfinished_ones(lake):
    assert lake.dataset_ids() == []
    for name in ("b", "a", ".a.partial-x"):
        (lake.datasets_dir / name).mkdir(parents=True)
    (lake.datasets_dir / "file").touch()
    assert lake.dataset_ids() == ["a", "b"]


@pytest.mark.parametrize("name", ["glbx-mdp3-20240508.mbo.dbn.zst", "es 2024-05-08.dbn"])
def test_a_file_is_found_by_the_date_in_its_name(lake, raw, name):
    for other in ("glbx-mdp3-20240509.mbo.dbn.zst", "120240508.dbn", "glbx-20240508.txt", ".20240508.dbn"):
        (raw / other).write_bytes(b"not read")
    (raw / name).write_bytes(b"not read either")
    assert lake.find_dbn("future_mbo", "ES", DAY) == raw / name


def test_a_file_is_found_by_what_its_metadata_covers(lake, raw):
    wanted = write_zstd(raw / "week.dbn.zst", metadata(end_ns=DAY_NS + 5 * DAY_LENGTH_NS))
    (raw / "broken.dbn").write_bytes(b"no DBN")
    for days in range(5):
        assert lake.find_dbn("future_mbo", "ES", DAY + dt.timedelta(days=days)) == wanted
    for outside in (DAY - dt.timedelta(days=1), DAY + dt.timedelta(days=5)):
        with pytest.raises(MissingData):
            lake.find_dbn("future_mbo", "ES", outside)


def test_of_one_file_in_two_forms_the_uncompressed_one_is_taken(lake, raw):
    (raw / "20240508.dbn.zst").touch()
    (raw / "20240508.dbn").touch()
    assert lake.find_dbn("future_mbo", "ES", DAY) == raw / "20240508.dbn"


def test_several_files_of_one_day_are_refused(lake, raw):
    for name in ("a-20240508.dbn", "b-20240508.dbn.zst"):
        (raw / name).touch()
    with pytest.raises(BadInput) as caught:
        lake.find_dbn("future_mbo", "ES", DAY)
    assert str(caught.value) == (
        f"several files in {raw} hold data for ES (future_mbo) on 2024-05-08: "
        "a-20240508.dbn, b-20240508.dbn.zst; keep one of them there"
    )


def test_missing_data_says_where_it_looked_and_what_is_there(lake, raw):
    (raw / "glbx-mdp3-20240509.mbo.dbn.zst").touch()
    with pytest.raises(MissingData) as caught:
        lake.find_dbn("future_mbo", "ES", DAY)
    assert str(caught.value) == (
        f"no data for ES (future_mbo) on 2024-05-08; looked in {raw}; there is: glbx-mdp3-20240509.mbo.dbn.zst"
    )


def test_a_missing_folder_says_what_is_beside_it(lake):
    with pytest.raises(MissingData) as caught:
        lake.find_dbn("future_mbo", "NQ", DAY)
    family = lake.raw_dir("future_mbo", "NQ").parents[1]
    assert str(caught.value).endswith(f"there is: symbol=ES in {family}")
