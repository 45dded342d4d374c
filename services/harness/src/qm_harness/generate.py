"""One dataset from one day's file: the pipeline fills blocks, a thread writes them, a folder appears whole.

Guarantees: the same spec, code and file give the same tables; a dataset that is there is not made again;
on any error nothing is left behind; memory does not grow with the file.
"""

from __future__ import annotations

import datetime as dt_
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from qm_harness.dataset import Dataset
from qm_harness.identity import dataset_id
from qm_harness.manifest import (
    CHECKSUMS_FILE,
    MANIFEST_FILE,
    Checksums,
    DatasetManifest,
    FileChecksum,
    SourceFile,
    Timings,
    write_document,
)
from qm_harness.tables import BlockPair, TableWriter, bins_per_block
from qmcore.config.instrument import load_instrument
from qmcore.config.pipeline import PipelineSpec
from qmcore.config.resolve import resolve_config
from qmcore.config.runtime import RuntimeConfig, SignalSpec
from qmcore.config.serving import ServingSpec
from qmcore.dbn import DbnFile
from qmcore.errors import BadInput, CorruptData
from qmcore.lake import Lake, publish_dir
from qmcore.pipeline import GridPipeline, code_version
from qmcore.units import NS_PER_MS


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a generation has come: records and bins so far, of ``bins_expected`` at most."""

    events: int
    bins: int
    bins_expected: int


Progress = Callable[[Advance], None]


@dataclass(frozen=True, slots=True)
class Generated:
    """The dataset, and whether it was made just now."""

    dataset: Dataset
    is_new: bool


def generate(
    lake: Lake,
    spec: PipelineSpec,
    serving: ServingSpec | None = None,
    *,
    source: str,
    progress: Progress | None = None,
) -> Generated:
    """Make the dataset of ``spec``, which was read from ``source``, unless it is there.

    With ``serving`` it is made with that one's spectrum and state model, else with the instrument's.

    Raises ConfigError, InstrumentMismatch, MissingData, UnknownSymbol, DbnError; CorruptData where the
    dataset is there but damaged.
    """
    config = resolve_config(load_instrument(lake.root), spec, serving, source=source)
    name = dataset_id(spec.name, config)
    target = lake.dataset_dir(name)
    if target.exists():
        return Generated(_existing(lake, name), is_new=False)
    file = DbnFile.open(lake.find_dbn(config.product_type, config.symbol_root, config.dt))
    try:
        with publish_dir(target) as folder:
            writer = TableWriter(folder)
            manifest = _make(config, file, writer, progress, dataset=name, pipeline_name=spec.name)
            write_document(folder / MANIFEST_FILE, manifest)
            checksums = writer.checksums() | {MANIFEST_FILE: FileChecksum.of(folder / MANIFEST_FILE)}
            write_document(folder / CHECKSUMS_FILE, Checksums(files=checksums))
    except FileExistsError:
        return Generated(_existing(lake, name), is_new=False)
    return Generated(Dataset(target, manifest), is_new=True)


def _existing(lake: Lake, name: str) -> Dataset:
    try:
        return Dataset.open(lake, name)
    except CorruptData as error:
        raise CorruptData(
            path=error.path, problem=f"{error.problem}; remove {lake.dataset_dir(name)} to make it again"
        ) from error


def _make(
    config: RuntimeConfig,
    file: DbnFile,
    writer: TableWriter,
    progress: Progress | None,
    *,
    dataset: str,
    pipeline_name: str,
) -> DatasetManifest:
    """Write both tables, and say what is in them."""
    begun = time.monotonic()
    # A dataset holds no signal; the serving's may be one that is trained on this very dataset.
    pipeline = GridPipeline(config.model_copy(update={"signal": SignalSpec()}))
    _fill(pipeline, file, writer, progress)
    if pipeline.next_bin_seq == 0:
        covered = "" if file.coverage_end_ns is None else f", which covers up to {_utc(file.coverage_end_ns)}"
        raise BadInput(
            f"{file.path}: no whole bin of {config.start_time} to {config.end_time} ET on {config.dt} "
            f"(from {_utc(config.window.start_ns)}) lies in this file{covered}"
        )
    bins = pipeline.next_bin_seq
    start_ns = int(config.window.start_ns)
    seconds = time.monotonic() - begun
    return DatasetManifest(
        dataset_id=dataset,
        name=pipeline_name,
        created_at=dt_.datetime.now(dt_.UTC),
        code_version=code_version(),
        config=config,
        source=_source(file),
        first_bin_start_ns=start_ns,
        last_bin_end_ns=start_ns + bins * config.cell_width_ms * NS_PER_MS,
        bins=bins,
        rows=bins * config.rows,
        bins_with_touch=writer.bins_with_touch,
        events=pipeline.next_event_index,
        anomalies=pipeline.counters(),
        timings=Timings(
            seconds=seconds,
            events_per_second=pipeline.next_event_index / seconds,
            bins_per_second=bins / seconds,
        ),
    )


def _fill(pipeline: GridPipeline, file: DbnFile, writer: TableWriter, progress: Progress | None) -> None:
    """Run the whole session through the pipeline into the writer."""
    config = pipeline.config
    expected = (config.window.end_ns - config.window.start_ns) // (config.cell_width_ms * NS_PER_MS)
    size = min(bins_per_block(config.rows), max(1, expected))
    with BlockPair(writer, pipeline.block(size), pipeline.block(size)) as pair:

        def turn() -> None:
            pair.turn()
            report()

        def report() -> None:
            if progress is not None:
                progress(Advance(pipeline.next_event_index, pipeline.next_bin_seq, expected))

        for batch in file.batches(config.symbol):
            records = batch.records
            while len(records) and not pipeline.done:
                records = records[pipeline.fill(records, pair.block) :]
                if pair.block.n_filled == size:
                    turn()
            report()
            if pipeline.done:
                break
        while not pipeline.finish_block(file.coverage_end_ns, pair.block):
            turn()
        report()


def _source(file: DbnFile) -> SourceFile:
    with file.path.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256")
    return SourceFile(
        name=file.path.name,
        size=file.path.stat().st_size,
        sha256=digest.hexdigest(),
        dbn_version=file.version,
        dataset=file.metadata.dataset,
        start_ns=file.metadata.start,
        end_ns=file.coverage_end_ns,
    )


def _utc(time_ns: int) -> str:
    return f"{dt_.datetime.fromtimestamp(time_ns // 10**9, dt_.UTC):%Y-%m-%d %H:%M:%S} UTC"
