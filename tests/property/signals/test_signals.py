"""Any bins, any parameters in range: a signal is finite, its batch equals its stream, a checkpoint changes no bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from qmcore.config.runtime import ParamValue, SignalSpec
from qmcore.errors import ConfigError
from qmcore.kernels.windows import Ema, Ring, RobustZ, Slope, WindowSum
from qmcore.reference import windows as plain
from qmcore.signals import describe, names
from qmcore.signals.catalogue import ParamInfo
from qmcore.signals.offline import DatasetBins
from tests.fixtures.artifacts import made, replayed
from tests.fixtures.signal_data import random_columns
from tests.streams.configs import small_config

CONFIGS = [small_config(grid_radius_ticks=radius) for radius in (1, 2, 6, 20)]
FINITE = st.floats(-1e22, 1e22) | st.integers(-3, 3).map(float)


def values_of(info: ParamInfo) -> st.SearchStrategy[ParamValue]:
    """Values that a parameter allows, mostly small."""
    kind, *limits = info.allowed.removesuffix(", or left out").split(", ")
    if kind not in ("int", "float"):
        return st.sampled_from(kind.split(" or "))
    low = max((float(x.split()[1]) for x in limits if x[0] == ">"), default=0.0)
    high = min((float(x.split()[1]) for x in limits if x[0] == "<"), default=1e3)
    if kind == "int":
        return st.integers(int(low), int(min(high, low + 40)))
    least = low if f">= {low:g}" in limits else low + 1e-6
    return st.floats(least, min(high, max(low, 1.0) * 30))


@st.composite
def specs(draw: st.DrawFn, name: str) -> SignalSpec:
    chosen = draw(
        st.lists(st.sampled_from(describe(name).params), max_size=4, unique_by=lambda info: info.name)
    )
    return SignalSpec(name=name, params={info.name: draw(values_of(info)) for info in chosen})


@pytest.mark.parametrize("name", names())
@settings(max_examples=25)
@given(data=st.data())
def test_any_signal_on_any_bins(name: str, data: st.DataObject) -> None:
    config = data.draw(st.sampled_from(CONFIGS))
    n = data.draw(st.integers(1, 90))
    bins_of = random_columns(
        n,
        data.draw(st.integers(0, 1000)),
        config,
        scale=data.draw(st.sampled_from([2.0, 50.0, 1e9, 1e22])),
        valid_share=data.draw(st.sampled_from([0.0, 0.5, 1.0])),
    )
    spec = data.draw(specs(name))
    try:
        first = made(spec, config)
    except ConfigError:
        reject()  # parameters that do not go together
    values = replayed(spec, bins_of)
    assert np.isfinite(values).all()
    cut, bins, streamed = data.draw(st.integers(0, n)), DatasetBins(bins_of), []
    second = made(spec, config)
    for t in range(n):
        if t == cut:
            second.import_state(first.export_state())
        signal = first if t < cut else second
        streamed.append(signal.update(bins.header(t), bins))
    np.testing.assert_array_equal(streamed, values)


@given(st.lists(FINITE, min_size=1, max_size=60), st.integers(2, 20), st.integers(1, 20))
def test_windows_equal_their_plain_twins(values: list[float], size: int, least: int) -> None:
    series = np.array(values)
    tolerance = 1e-12 * max(1.0, np.abs(series).max()) * size
    robust, total, slope, ema, ring = (
        RobustZ(size, least),
        WindowSum(size),
        Slope(size),
        Ema(size),
        Ring(size),
    )
    for t, x in enumerate(values):
        history = series[: t + 1]
        assert robust.update(x) == plain.robust_z(history, size, least)
        assert total.update(x) == pytest.approx(plain.window_sum(history, size), abs=tolerance)
        assert slope.update(x) == pytest.approx(plain.slope(history, size), abs=tolerance)
        assert ema.update(x) == pytest.approx(plain.ema(history, size), abs=tolerance)
        assert ring.update(x) == (values[t - size] if t >= size else 0.0)
