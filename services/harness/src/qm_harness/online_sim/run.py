"""Simulations from end to end: of a dataset of the lake, or of the market data behind a pipeline."""

from __future__ import annotations

from pathlib import Path

from qm_harness.columns_cache import ColumnCache
from qm_harness.dataset import Dataset
from qm_harness.generate import generate
from qm_harness.online_sim.feeds import FirstBins, dataset_bins, file_bins
from qm_harness.online_sim.progress import SimulationProgress
from qm_harness.online_sim.row import OnlineSimRow
from qm_harness.online_sim.simulate import simulate
from qm_harness.online_sim.stopwatch import Overhead
from qm_harness.progress import GenerateProgress
from qmcore import signals
from qmcore.artifacts import ArtifactStore
from qmcore.config.base import load_spec
from qmcore.config.instrument import load_instrument
from qmcore.config.pipeline import PipelineSpec
from qmcore.config.resolve import resolve_config
from qmcore.config.runtime import SignalSpec
from qmcore.dbn import DbnFile
from qmcore.lake import Lake
from qmcore.pipeline import GridPipeline
from qmcore.units import NS_PER_MS


def simulate_dataset(
    lake: Lake, dataset_id: str, spec: SignalSpec, *, budget_ms: float | None, n_bins: int | None
) -> OnlineSimRow:
    """The signal of ``spec`` over the first ``n_bins`` bins of a dataset; without a budget it is a bin's width.

    The offline replay comes first, so that the dataset is in memory, as a bin is in an engine. Raises NotFound,
    CorruptData or ConfigError.
    """
    columns = ColumnCache(lake, Dataset.open(lake, dataset_id))
    data = FirstBins(columns, min(n_bins or columns.n_bins, columns.n_bins))
    artifacts = ArtifactStore(lake)
    expected = signals.replay(spec, data, artifacts)
    signal = signals.create(spec, data.config, artifacts)
    overhead, budget_ms = Overhead.measured(), budget_ms or data.config.cell_width_ms
    with SimulationProgress(data.n_bins) as progress:
        bins = dataset_bins(signal, data, overhead)
        seen = simulate(bins, budget_ms=budget_ms, expected=expected, progress=progress)
    return OnlineSimRow.of(
        seen,
        spec,
        signal,
        source=dataset_id,
        budget_ms=budget_ms,
        overhead=overhead,
        is_checked=True,
    )


def simulate_file(
    lake: Lake,
    pipeline_file: Path,
    spec: SignalSpec,
    *,
    budget_ms: float | None,
    n_bins: int | None,
    is_checked: bool,
) -> OnlineSimRow:
    """The same from the records of the pipeline's day, through the engine's ``GridPipeline``.

    Where ``is_checked``, values are held against a replay of the pipeline's dataset, which is made if it is missing.
    Raises what ``generate`` and ``simulate_dataset`` raise.
    """
    pipeline_spec = load_spec(PipelineSpec, pipeline_file)
    config = resolve_config(load_instrument(lake.root), pipeline_spec, None, source=str(pipeline_file))
    config = config.model_copy(update={"signal": spec})
    artifacts = ArtifactStore(lake)
    expected = None
    if is_checked:
        with GenerateProgress() as making:
            made = generate(lake, pipeline_spec, source=str(pipeline_file), progress=making).dataset
        columns = ColumnCache(lake, made)
        data = FirstBins(columns, min(n_bins or columns.n_bins, columns.n_bins))
        expected, n_bins = signals.replay(spec, data, artifacts), data.n_bins
    file = DbnFile.open(lake.find_dbn(config.product_type, config.symbol_root, config.dt))
    pipeline = GridPipeline(config, artifacts)
    overhead, budget_ms = Overhead.measured(), budget_ms or config.cell_width_ms
    planned = (config.window.end_ns - config.window.start_ns) // (config.cell_width_ms * NS_PER_MS)
    with SimulationProgress(n_bins or planned) as progress:
        bins = file_bins(pipeline, file, overhead)
        seen = simulate(bins, budget_ms=budget_ms, expected=expected, n_bins=n_bins, progress=progress)
    return OnlineSimRow.of(
        seen,
        spec,
        pipeline.signal,
        source=file.path.name,
        budget_ms=budget_ms,
        overhead=overhead,
        is_checked=is_checked,
    )
