"""A promoted run of any signal streams: the published snapshot alone makes a pipeline that emits the offline values."""

from __future__ import annotations

import numpy as np
import pytest

from qm_harness.columns_cache import ColumnCache
from qm_harness.dataset import Dataset
from qm_harness.promotion.promote import promote_run
from qmcore.artifacts import ArtifactStore
from qmcore.config.runtime import RuntimeConfig
from qmcore.dbn import DbnFile
from qmcore.pipeline import GridPipeline
from qmcore.registry_access import open_registry
from qmcore.signals import replay
from tests.integration.promotion.conftest import SIGNALS, Evaluated


def _streamed(evaluated: Evaluated, snapshot: RuntimeConfig) -> list[float]:
    file = evaluated.lake.find_dbn(snapshot.product_type, snapshot.symbol_root, snapshot.dt)
    source = DbnFile.open(file)
    pipeline = GridPipeline(snapshot, artifacts=ArtifactStore(evaluated.lake))
    values: list[float] = []
    for batch in source.batches(snapshot.symbol):
        values += [frame.signal.value for frame in pipeline.feed(batch.records)]
    return values + [frame.signal.value for frame in pipeline.finish(source.coverage_end_ns)]


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_promoted_run_streams_the_values_that_it_was_evaluated_on(
    evaluated: Evaluated, signal: str
) -> None:
    run = evaluated.run(signal)
    with open_registry(None, evaluated.lake.root) as registry:
        promoted = promote_run(
            evaluated.lake,
            registry,
            evaluated.chain,
            run.run_id,
            signal,
            who="tester",
            threshold=0.1,
            override="twenty seconds prove nothing",
        )
        serving = registry.resolve(signal).serving
    assert serving.serving_id == promoted.alias.serving_id
    assert (serving.source.run_id, serving.source.experiment) == (run.run_id, "sweep")
    snapshot = serving.runtime_snapshot
    assert snapshot.signal.name == signal
    data = ColumnCache(evaluated.lake, Dataset.open(evaluated.lake, run.dataset_id))
    offline = replay(snapshot.signal, data, ArtifactStore(evaluated.lake))
    np.testing.assert_array_equal(_streamed(evaluated, snapshot), offline)
    assert len(offline) == 200
    assert offline.any()
