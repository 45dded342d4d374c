"""GridPipeline: MBO records in, grid frames out. Engine and harness both call this one, so that training and
serving see the same bytes.

The pipeline owns no I/O. Feed it the instrument's records in file order, in batches of any size: where they are
cut makes no difference to a single bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from qmcore import __version__, kernels
from qmcore.checkpoint import pack, unpack
from qmcore.config.runtime import RuntimeConfig, canonical_hash
from qmcore.contracts.columns import BIN_COLUMNS, FLOW_COLUMNS
from qmcore.contracts.frames import FrameEncoder, join_message
from qmcore.contracts.messages import RuntimeModel, SignalValue
from qmcore.errors import CorruptData
from qmcore.kernels.frames import ColumnBlock, FrameBuffer
from qmcore.kernels.session import SessionCore
from qmcore.scoring.projection import ScoreProjection
from qmcore.session_state import check_session_state
from qmcore.signals import Artifacts, Signal, create, kind_of
from qmcore.signals.base import BinHeader
from qmcore.signals.version import signal_code_version

CONSUMED, BIN_READY, DONE = range(3)
"""What ``SessionCore`` answers; the same numbers as in session.pxd."""

_PIPELINE_KERNELS = (
    "book",
    "columns",
    "events",
    "flow",
    "frames",
    "numeric",
    "orders",
    "physics",
    "rolling",
    "session",
    "spectrum",
    "state_model",
)
_SIGNAL = "signal."
_FLOW_FIELDS = tuple((c.name, c.dtype == "int64") for c in FLOW_COLUMNS)
"""Name, and whether it travels as a string."""
_HEADER_FIELDS = tuple((c.name, c.dtype == "int64") for c in BIN_COLUMNS)
_MODEL_NAMES = tuple(name for name in RuntimeModel.model_fields if name not in ("name", "projections"))


@cache
def code_version() -> str:
    """Version of the package and a hash of the kernels' sources: what a bin's bytes depend on."""
    digest = hashlib.sha256()
    for path in sorted(Path(kernels.__path__[0]).iterdir()):
        if path.stem in _PIPELINE_KERNELS and path.suffix in (".pyx", ".pxd", ".h"):
            digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


class GridFrame:
    """One closed bin. Valid until the pipeline is asked for the next one."""

    __slots__ = ("_encoder", "buffer", "header", "projections", "signal")

    def __init__(
        self,
        buffer: FrameBuffer,
        encoder: FrameEncoder,
        header: BinHeader,
        signal: SignalValue,
        projections: list[float],
    ) -> None:
        self.buffer, self._encoder = buffer, encoder
        self.header = header
        """The bin's header by the names of ``BIN_TABLE``."""
        self.signal = signal
        self.projections = projections

    def column(self, name: str) -> NDArray[np.generic]:
        """A copy of one grid column, shape (2R + 1,), k ascending."""
        return self.buffer.column(name)

    def arrow(self) -> bytes:
        """The bin's rows as a complete Arrow IPC stream in the serving's stream schema."""
        return self._encoder.arrow()


class GridPipeline:
    """Book, physics, spectrum, state model and signal of one session, driven by records.

    Raises NotFound or ConfigError where the configuration's signal, or its artifact in ``artifacts``, does not exist or
    fit; CorruptData where the artifact is damaged.
    """

    def __init__(self, config: RuntimeConfig, artifacts: Artifacts | None = None) -> None:
        self.config = config
        self._core = SessionCore(config)
        self._encoder = FrameEncoder(self._core.frame, config.stream_schema.resolve())
        self._signal = create(config.signal, config, artifacts)
        self._signal_code = signal_code_version(type(self._signal))
        self._projection = ScoreProjection(config, config.cell_width_ms / 1000.0)

    # --- records in, frames out ---

    def feed(self, records: NDArray[np.void]) -> Iterator[GridFrame]:
        """Apply records (``qmcore.dbn.MBO_DTYPE``), yielding each bin that closes on the way.

        Lazy: records behind a frame are applied when the next frame is asked for.
        """
        raw = _as_bytes(records)
        position = 0
        while True:
            position, status = self._core.feed(raw, position)
            if status != BIN_READY:
                return
            yield self._frame()

    def advance(self, through_ns: int) -> Iterator[GridFrame]:
        """Close the bins that end by ``through_ns``: the caller knows that no later group has an earlier time."""
        while self._core.advance(through_ns) == BIN_READY:
            yield self._frame()

    def finish(self, coverage_end_ns: int | None) -> Iterator[GridFrame]:
        """There are no further records: close the whole bins up to the end of what the file covers.

        ``None``: up to the last record's time.
        """
        through = self._core.clock if coverage_end_ns is None else coverage_end_ns
        while self._core.advance(through, True) == BIN_READY:
            yield self._frame()

    def _frame(self) -> GridFrame:
        buffer = self._core.frame
        header = buffer.header()
        signal = SignalValue(name=self._signal.name, value=self._signal.update(header, buffer))
        return GridFrame(
            buffer, self._encoder, header, signal, self._projection.update(header["model_score"])
        )

    # --- the same in blocks, without a Python object per bin ---

    def block(self, n_bins: int) -> ColumnBlock:
        """Memory for ``n_bins`` bins, column by column."""
        return ColumnBlock(n_bins, self.config.rows)

    def fill(self, records: NDArray[np.void], block: ColumnBlock) -> int:
        """Apply records until they are used up, the block is full or the session is over.

        Returns the number of records applied. Signal and projection are not updated: datasets hold neither.
        """
        consumed, _ = self._core.fill(_as_bytes(records), 0, block)
        return int(consumed)

    def finish_block(self, coverage_end_ns: int | None, block: ColumnBlock) -> bool:
        """As ``finish``, into a block; false where the block is full before the last bin is closed."""
        through = self._core.clock if coverage_end_ns is None else coverage_end_ns
        return bool(self._core.finish_block(through, block))

    # --- where it stands ---

    @property
    def signal(self) -> Signal[Any]:
        """The signal at work."""
        return self._signal

    @property
    def done(self) -> bool:
        """The session's last whole bin has been emitted; further records are not read."""
        return bool(self._core.is_finished)

    @property
    def next_event_index(self) -> int:
        """0-based index, among the instrument's records, of the next one to feed."""
        return int(self._core.event_id)

    @property
    def next_bin_seq(self) -> int:
        """Number of the bin that is open."""
        return int(self._core.bin_seq)

    @property
    def clock_ns(self) -> int:
        """Time of the latest record."""
        return int(self._core.clock)

    def counters(self) -> dict[str, int]:
        """Anomalies so far, by name (docs/anomalies.md)."""
        return dict(self._core.book.counters())

    def reanchor_to_bbo(self) -> None:
        """Put the window of the book at the touch. A matter of speed only."""
        self._core.book.reanchor_to_bbo()

    # --- checkpoints ---

    def export_state(self) -> bytes:
        """A checkpoint: continuing from it gives the same bytes as never having stopped."""
        sections: dict[str, NDArray[np.generic] | bytes] = dict(self._core.export_state())
        sections["projection"] = np.array(self._projection.export_state())
        sections |= {_SIGNAL + name: value for name, value in self._signal.export_state().items()}
        sections["config_hash"] = canonical_hash(self.config).encode()
        sections["code_version"] = code_version().encode()
        sections["signal_code"] = self._signal_code.encode()
        return pack(sections)

    @classmethod
    def from_state(
        cls,
        data: bytes,
        config: RuntimeConfig,
        artifacts: Artifacts | None = None,
        *,
        source: str = "checkpoint",
    ) -> Self:
        """Continue from a checkpoint. Raises CorruptData where it is damaged, of other code or other configuration.

        Raises what making a pipeline raises, too.
        """
        sections = unpack(data, source)
        versions = {
            "config_hash": canonical_hash(config),
            "code_version": code_version(),
            "signal_code": signal_code_version(kind_of(config.signal.name)),
        }
        for name, wanted in versions.items():
            found = sections.get(name, b"")
            if found != wanted.encode():
                raise CorruptData(path=source, problem=f"{name} is {found!r}, this session needs {wanted!r}")
        arrays = {name: value for name, value in sections.items() if not isinstance(value, bytes)}
        pipeline = cls(config, artifacts)
        window = config.window
        n_bins = (window.end_ns - window.start_ns) // (config.cell_width_ms * 1_000_000)
        try:
            check_session_state(arrays, pipeline._core.export_state(), n_bins)
            pipeline._core.import_state(arrays)
            pipeline._projection.import_state(arrays["projection"].tolist())
            pipeline._signal.import_state(
                {
                    name.removeprefix(_SIGNAL): value
                    for name, value in arrays.items()
                    if name.startswith(_SIGNAL)
                }
            )
        except (KeyError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise CorruptData(path=source, problem=f"not a checkpoint of this version: {error!r}") from error
        return pipeline


def grid_update(frame: GridFrame, config: RuntimeConfig) -> bytes:
    """The frame's header as the JSON of a ``GridUpdate``, written without building the model: it is made every bin."""
    h = frame.header
    width = config.cell_width_ms
    message: dict[str, object] = {"type": "grid_update"}
    message |= {name: str(h[name]) if wide else h[name] for name, wide in _HEADER_FIELDS}
    message["flow"] = {name: str(h[name]) if wide else h[name] for name, wide in _FLOW_FIELDS}
    message["runtime_model"] = {
        "name": "derivative",
        **{name: h[f"model_{name}"] for name in _MODEL_NAMES},
        "projections": [
            {"horizon_bins": bins, "horizon_ms": float(bins * width), "value": value}
            for bins, value in zip(config.projection_horizons_bins, frame.projections, strict=True)
        ],
    }
    message["signal"] = {"name": frame.signal.name, "value": frame.signal.value}
    return to_json(message)


def grid_message(frame: GridFrame, config: RuntimeConfig) -> bytes:
    """The frame as it goes over the bus."""
    return join_message(grid_update(frame, config), frame.arrow())


def _as_bytes(records: NDArray[np.void]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(records).view(np.uint8)
