"""A market simulator that writes valid DBN v3 MBO files, for the demo, the benchmarks and the tests.

    spec = SynthSpec(minutes=10, preset="open", seed=7)
    for records in simulate(spec): ...            # arrays of MBO_DTYPE, bounded memory
    summary = write_dbn(Path("a.dbn.zst"), spec)  # atomic

Equal specs give equal records on every machine. What is simulated and why: ``spec`` (what can be chosen),
``profile`` (the shape of book and flow), ``qmcore.kernels.market`` (the dynamics).
"""

from qmcore.synth.simulation import simulate
from qmcore.synth.spec import PRESETS, Preset, Snapshot, SynthSpec
from qmcore.synth.writing import SynthSummary, write_dbn

__all__ = [
    "PRESETS",
    "Preset",
    "Snapshot",
    "SynthSpec",
    "SynthSummary",
    "simulate",
    "write_dbn",
]
