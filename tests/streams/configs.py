"""Runtime configurations for tests: small grids and short windows, so that a few bins reach every branch."""

from __future__ import annotations

from qmcore.config.runtime import RuntimeConfig

SESSION_START_NS = 1_715_175_000_000_000_000
"""Start of the session of ``small_config``: 2024-05-08 09:30 ET."""


def small_config(**overrides: object) -> RuntimeConfig:
    """A resolved configuration of an E-mini-like future; any field may be overridden."""
    fields: dict[str, object] = {
        "product_type": "future_mbo",
        "symbol": "TEST",
        "symbol_root": "TEST",
        "tick_size": 0.25,
        "n_absolute_ticks": 512,
        "grid_radius_ticks": 6,
        "flow_windows": (1, 3, 5),
        "flow_rollup_weights": (1.0, 2.0, 0.5),
        "flow_zscore_window_bins": 12,
        "flow_zscore_min_periods": 4,
        "state_model_zscore_window_bins": 10,
        "state_model_zscore_min_periods": 3,
        "state_model_d2_weight": 0.5,
        "state_model_d3_weight": 0.25,
        "state_model_spatial_decay_power": 0.5,
        "dt": "2024-05-08",
        "start_time": "09:30:00",
        "end_time": "09:30:02.5",
    }
    return RuntimeConfig.model_validate(fields | overrides)
