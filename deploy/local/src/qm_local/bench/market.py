"""The synthetic market files that the benchmarks run on, made once and kept in the bench folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qmcore.config.instrument import InstrumentConfig
from qmcore.config.pipeline import CaptureSpec, PipelineSpec
from qmcore.config.resolve import resolve_config
from qmcore.config.runtime import RuntimeConfig
from qmcore.dbn import DbnFile
from qmcore.synth import SynthSpec, write_dbn

SYMBOL = "ESH5"
DAY = "2025-02-03"
INSTRUMENT = InstrumentConfig(product_type="future_mbo", symbol=SYMBOL, symbol_root="ES", tick_size=0.25)


@dataclass(frozen=True, slots=True)
class Market:
    """A simulated file and the minutes from 09:30 ET that it covers."""

    name: str
    minutes: int
    events: int
    live_orders: int = 20_000

    def path(self, folder: Path) -> Path:
        """The file, made where it is missing."""
        path = folder / f"{self.name}.dbn.zst"
        if not path.exists():
            spec = SynthSpec(
                symbol=SYMBOL,
                minutes=self.minutes,
                events=self.events,
                live_orders=self.live_orders,
                preset="open",
            )
            write_dbn(path, spec)
        return path

    def pipeline(self) -> PipelineSpec:
        """Every minute of the file as one capture."""
        end = 9 * 60 + 30 + self.minutes
        capture = CaptureSpec.model_validate(
            {
                "product_type": "future_mbo",
                "symbol": SYMBOL,
                "dt": DAY,
                "start_time": "09:30",
                "end_time": f"{end // 60:02d}:{end % 60:02d}",
            }
        )
        return PipelineSpec(name=self.name, capture=capture)

    def config(self) -> RuntimeConfig:
        """The resolved configuration of that capture."""
        return resolve_config(INSTRUMENT, self.pipeline())

    def records(self, folder: Path) -> NDArray[np.void]:
        """Every record of the file in one array."""
        file = DbnFile.open(self.path(folder))
        return np.concatenate([batch.records.copy() for batch in file.batches(SYMBOL)])


BURST = Market("burst-3m", minutes=10, events=3_000_000)
"""The kernels' and the bus's file: 3 M events, about 20 k live orders."""

HOUR = Market("hour-5m", minutes=60, events=5_000_000)
"""One trading hour: 5 M events, 36,000 bins of 100 ms."""

BENCHED = (BURST, HOUR)
