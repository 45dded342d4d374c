"""Databento's own files read as its own library reads them."""

from __future__ import annotations

from pathlib import Path

import databento
import numpy as np
import pytest

from qmcore.dbn import DbnFile
from qmcore.errors import DbnError

DATA = Path(__file__).parents[4] / "shared" / "data"
FILES = sorted(DATA.rglob("*.mbo.*dbn*"))

pytestmark = pytest.mark.skipif(not FILES, reason="no real market data in ../shared/data")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_file_reads_as_databento_reads_it(path):
    file = DbnFile.open(path)
    (symbol,) = file.symbols()
    ours = np.concatenate([batch.records.copy() for batch in file.batches(symbol)])
    theirs = databento.DBNStore.from_file(path).to_ndarray()
    assert len(ours) > 0
    assert ours.tobytes() == theirs.tobytes()


def test_the_mbp_file_is_refused_in_words():
    (path,) = DATA.rglob("*.mbp-1.*")
    with pytest.raises(DbnError) as caught:
        DbnFile.open(path)
    assert str(caught.value) == f"{path}: this file holds mbp-1, only mbo can be used"
