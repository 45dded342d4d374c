"""Records in, bins out: the slow, obvious, end-to-end definition of the grid.

Guarantees: event by event through the plain book, flow and physics, then the spectrum as dense arrays
over the whole session. For tests and for reading; ``qmcore.pipeline.GridPipeline`` is held to it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from qmcore.config.instrument import InstrumentConfig
from qmcore.config.pipeline import SessionWindow
from qmcore.contracts.columns import GRID_COLUMNS
from qmcore.reference.book import ASK, BID, ReferenceBook
from qmcore.reference.flow import ReferenceFlow
from qmcore.reference.physics import ReferencePhysics
from qmcore.reference.records import GroupClock, MboRecord, read_records
from qmcore.reference.spectrum import Dense, DenseSpectrum, composite
from qmcore.reference.state_model import ReferenceStateModel, TouchMove, states_by_force, states_by_reprice
from qmcore.units import NS_PER_MS, NS_PER_SECOND, PRICE_SCALE

Header = dict[str, int | float | bool]
Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class ReferenceBin:
    """One bin: ``header`` by the names of ``BIN_TABLE``, ``columns`` by those of ``GRID_COLUMNS``, each (2R+1,)."""

    header: Header
    columns: Columns


@dataclass(frozen=True)
class _BinEnd:
    """What is remembered of a bin's end until the whole session is known."""

    header: Header
    spot_row: int | None
    move: TouchMove
    physics: ReferencePhysics
    depths: Columns


def row_of(tick: int, bucket: int) -> int:
    """The row of ``bucket`` ticks that is nearest to a tick, half up."""
    return (tick + bucket // 2) // bucket


def spot_row_of(bid_tick: int, ask_tick: int, bucket: int) -> int:
    """The mid rounded half up to a row."""
    return (bid_tick + ask_tick + bucket) // (2 * bucket)


@dataclass(frozen=True)
class ReferenceSession:
    """A whole session: its bins, its anomalies, and the dense spectrum of every tick that was ever served."""

    bins: list[ReferenceBin]
    counters: dict[str, int]
    ticks: list[int]
    spectrum: DenseSpectrum


def reference_session(
    records: NDArray[np.void],
    config: InstrumentConfig,
    window: SessionWindow,
    coverage_end_ns: int | None = None,
) -> ReferenceSession:
    """Every whole bin of ``window`` that is covered, from all records of one instrument.

    Coverage ends at the last record's time when left out.
    """
    run = _Run(config, window)
    for record in read_records(records):
        if not run.take(record):
            break
    run.finish(coverage_end_ns)
    return _second_pass(run.ends, run.counters(), config)


class _Run:
    """Drives the plain parts record by record and remembers the end of every bin."""

    def __init__(self, config: InstrumentConfig, window: SessionWindow) -> None:
        self.ends: list[_BinEnd] = []
        self._config, self._window = config, window
        self._width_ns = config.cell_width_ms * NS_PER_MS
        self._book = ReferenceBook(config.tick_int)
        self._physics = ReferencePhysics(config)
        self._flow = ReferenceFlow()
        self._clock = GroupClock()
        self._event_id = 0
        self._bin_event_count = 0
        self._group_ns = 0
        self._group_restores = False
        self._touch: tuple[int, int] | None = None

    def take(self, record: MboRecord) -> bool:
        """Close what ends before the record, apply it, close its group; False where the session is over before it."""
        if self._clock.observe(record):
            self._end_group(after_last=False)
        now_ns = self._group_ns = self._clock.now_ns
        self._close_bins(now_ns)
        if now_ns >= self._window.start_ns and self._is_over:
            return False
        self._clock.join(record)
        self._event_id += 1
        self._group_restores |= record.is_snapshot or record.action == "R"
        if now_ns >= self._window.start_ns:
            self._bin_event_count += 1
            if record.action == "T":
                self._flow.trade(record)
        effects = self._book.apply(record, self._event_id)
        if now_ns >= self._window.warmup_ns and not record.is_snapshot:
            for effect in effects:
                row = row_of(effect.tick, self._config.bucket_ticks)
                self._physics.impulse(effect._replace(tick=row), now_ns)
        if record.is_last:
            self._end_group(after_last=True)
        return True

    def finish(self, coverage_end_ns: int | None) -> None:
        """There are no further records: end the open group and close the whole bins that are covered."""
        if self._clock.end_of_file():
            self._end_group(after_last=False)
        self._close_bins(self._clock.now_ns if coverage_end_ns is None else coverage_end_ns)

    def counters(self) -> dict[str, int]:
        """All anomalies by name."""
        return self._book.counters() | self._clock.counters()

    @property
    def _next_bin_end_ns(self) -> int:
        return self._window.start_ns + (len(self.ends) + 1) * self._width_ns

    @property
    def _is_over(self) -> bool:
        """No whole bin fits into the window any more."""
        return self._next_bin_end_ns > self._window.end_ns

    def _end_group(self, *, after_last: bool) -> None:
        self._book.end_group(after_last=after_last)
        in_session = self._group_ns >= self._window.start_ns
        self._flow.end_group(self._book, counts=in_session and not self._group_restores)
        self._group_restores = False

    def _close_bins(self, through_ns: int) -> None:
        while not self._is_over and self._next_bin_end_ns <= through_ns:
            bin_end_ns = self._next_bin_end_ns
            self.ends.append(self._close_bin(bin_end_ns - self._width_ns, bin_end_ns))

    def _close_bin(self, bin_start_ns: int, bin_end_ns: int) -> _BinEnd:
        book, tick_int = self._book, self._config.tick_int
        touch, bid, ask = book.touch(), book.best_tick(BID), book.best_tick(ASK)
        bucket = self._config.bucket_ticks
        spot_row = None if touch is None else spot_row_of(*touch, bucket)
        header: Header = {
            "ts_ns": bin_end_ns,
            "bin_seq": len(self.ends),
            "bin_start_ns": bin_start_ns,
            "bin_end_ns": bin_end_ns,
            "bin_event_count": self._bin_event_count,
            "event_id": self._event_id,
            "mid_price": 0.0 if touch is None else sum(touch) * tick_int / (2 * PRICE_SCALE),
            "spot_ref_price_int": 0 if spot_row is None else spot_row * bucket * tick_int,
            "best_bid_price_int": 0 if bid is None else bid * tick_int,
            "best_ask_price_int": 0 if ask is None else ask * tick_int,
            "book_valid": touch is not None and not book.suspect,
        }
        end = _BinEnd(
            header=header | self._flow.close_bin(book),
            spot_row=spot_row,
            move=self._move_to(touch),
            physics=self._physics.frozen(),
            depths={} if spot_row is None else self._depths(_served(spot_row, self._config)),
        )
        self._bin_event_count = 0
        return end

    def _move_to(self, touch: tuple[int, int] | None) -> TouchMove:
        """The touch's move since the last bin; 0 in the first bin and where a touch is missing, now or then."""
        before, self._touch = self._touch, touch
        if before is None or touch is None:
            return TouchMove()
        return TouchMove(ask_ticks=touch[1] - before[1], bid_ticks=touch[0] - before[0])

    def _depths(self, rows: list[int]) -> Columns:
        book, bucket = self._book, self._config.bucket_ticks
        ticks = [range(row * bucket - bucket // 2, (row + 1) * bucket - bucket // 2) for row in rows]
        bid = np.array([sum(book.depth(BID, tick) for tick in row) for row in ticks], np.float64)
        ask = np.array([sum(book.depth(ASK, tick) for tick in row) for row in ticks], np.float64)
        last = [max(book.last_event_id.get(tick, 0) for tick in row) for row in ticks]
        return {
            "rest_depth": bid + ask,
            "bid_depth": bid,
            "ask_depth": ask,
            "last_event_id": np.array(last, np.int64),
        }


def _served(spot_row: int, config: InstrumentConfig) -> list[int]:
    """Absolute rows around ``spot_row``."""
    radius = config.grid_radius_ticks
    return list(range(spot_row - radius, spot_row + radius + 1))


def _second_pass(ends: list[_BinEnd], counters: dict[str, int], config: InstrumentConfig) -> ReferenceSession:
    """Dense composites of every tick that is ever served, then the rows of every bin."""
    ticks = sorted(
        {tick for end in ends if end.spot_row is not None for tick in _served(end.spot_row, config)}
    )
    forces = np.array([[e.physics.forces(tick, _time(e)) for tick in ticks] for e in ends])
    forces = forces.reshape(len(ends), len(ticks), 2)
    balance = composite(forces[:, :, 0], forces[:, :, 1], config.flow_composite_floor)
    bin_seconds = config.cell_width_ms * NS_PER_MS / NS_PER_SECOND
    spectrum = DenseSpectrum(balance, config, bin_seconds)
    model = ReferenceStateModel(config, bin_seconds)
    position = {tick: i for i, tick in enumerate(ticks)}

    bins = []
    for t, end in enumerate(ends):
        columns = _empty_rows(config)
        if end.spot_row is not None:
            served = _served(end.spot_row, config)
            at = slice(position[served[0]], position[served[-1]] + 1)
            columns |= end.depths | _physics_columns(end, served) | end.move.columns(len(served))
            columns |= {
                "pressure_variant": forces[t, at, 0],
                "vacuum_variant": forces[t, at, 1],
            } | _signal_columns(spectrum, t, at)
            k = columns["k"].astype(np.int32)
            columns["state5_code"] = (
                states_by_force(k, spectrum.rolled[t, at], config.flow_neutral_threshold)
                if config.state_source == "force"
                else states_by_reprice(k, end.move)
            )
            model.update(k, columns["state5_code"].astype(np.int8))
        output = {f"model_{name}": value for name, value in asdict(model.output).items()}
        bins.append(ReferenceBin(end.header | output, columns))
    return ReferenceSession(bins, counters, ticks, spectrum)


def _time(end: _BinEnd) -> int:
    return int(end.header["bin_end_ns"])


def _empty_rows(config: InstrumentConfig) -> Columns:
    """All columns zero, ``k`` from -R to R."""
    columns: Columns = {c.name: np.zeros(2 * config.grid_radius_ticks + 1, c.dtype) for c in GRID_COLUMNS}
    columns["k"] = np.arange(-config.grid_radius_ticks, config.grid_radius_ticks + 1, dtype=np.int32)
    return columns


def _physics_columns(end: _BinEnd, served: list[int]) -> Columns:
    rows = [end.physics.state(tick, _time(end)).columns() for tick in served]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _signal_columns(spectrum: DenseSpectrum, t: int, at: slice) -> Columns:
    score: Dense = spectrum.flow_score(t, at)
    return {
        "composite": spectrum.rolled[t, at],
        "composite_d1": spectrum.d1[t, at],
        "composite_d2": spectrum.d2[t, at],
        "composite_d3": spectrum.d3[t, at],
        "flow_score": score,
        "flow_state_code": spectrum.flow_state_code(score),
    }
