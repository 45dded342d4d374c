"""The instrument lock: ``instrument.yaml`` binds an environment to one instrument.

``QMACHINA_INSTRUMENT_CONFIG_PATH`` names the file; ``VP_INSTRUMENT_CONFIG_PATH`` still works, with a
deprecation warning.
"""

from __future__ import annotations

import os
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from qmcore.config.base import Spec, load_spec
from qmcore.errors import ConfigError
from qmcore.units import PRICE_SCALE

ProductType = Literal["future_mbo", "equity_mbo"]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]


class GridConfig(Spec):
    """Size of the grid in ticks and time."""

    n_absolute_ticks: int = Field(
        8192, ge=512, le=1 << 20, multiple_of=64, description="slots of the book's window"
    )
    grid_radius_ticks: int = Field(50, ge=1, le=1000, description="rows each side of spot")
    cell_width_ms: int = Field(100, ge=1, le=60_000, description="width of a bin")


class FlowConfig(Spec):
    """The spectrum (SPEC section 4)."""

    flow_windows: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field(
        (5, 10, 20, 40), min_length=1, max_length=16
    )
    flow_rollup_weights: tuple[NonNegative, ...] = (1.0, 1.0, 1.0, 1.0)
    flow_derivative_weights: tuple[NonNegative, NonNegative, NonNegative] = (0.55, 0.30, 0.15)
    flow_tanh_scale: Positive = 3.0
    flow_neutral_threshold: float = Field(0.15, gt=0, le=1)
    flow_zscore_window_bins: int = Field(300, ge=2, le=8192)
    flow_zscore_min_periods: int = Field(75, ge=2, le=8192)
    flow_composite_floor: Positive = 1e-6

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.flow_rollup_weights) != len(self.flow_windows):
            raise ValueError(
                f"flow_rollup_weights must have one weight for each of the {len(self.flow_windows)} flow_windows"
            )
        if sum(self.flow_rollup_weights) <= 0 or sum(self.flow_derivative_weights) <= 0:
            raise ValueError("flow_rollup_weights and flow_derivative_weights must each have a positive sum")
        if self.flow_zscore_min_periods > self.flow_zscore_window_bins:
            raise ValueError("flow_zscore_min_periods must not exceed flow_zscore_window_bins")
        return self


class PhysicsConfig(Spec):
    """Time constants in seconds and force coefficients (SPEC section 2)."""

    tau_velocity: float = Field(2.0, ge=1e-3, le=1e6)
    tau_acceleration: float = Field(5.0, ge=1e-3, le=1e6)
    tau_jerk: float = Field(10.0, ge=1e-3, le=1e6)
    tau_rest_decay: float = Field(30.0, ge=1e-3, le=1e6)
    c1_v_add: NonNegative = 1.0
    c2_v_rest_pos: NonNegative = 0.5
    c3_a_add: NonNegative = 0.3
    c4_v_pull: NonNegative = 1.0
    c5_v_fill: NonNegative = 1.5
    c6_v_rest_neg: NonNegative = 0.5
    c7_a_pull: NonNegative = 0.3


class StateModelParams(Spec):
    """The state model (SPEC section 4)."""

    state_source: Literal["bbo_reprice", "force"] = "bbo_reprice"
    state_model_center_exclusion_radius: int = Field(0, ge=0, le=1000)
    state_model_spatial_decay_power: NonNegative = 0.0
    state_model_zscore_window_bins: int = Field(240, ge=2, le=8192)
    state_model_zscore_min_periods: int = Field(60, ge=2, le=8192)
    state_model_tanh_scale: Positive = 3.0
    state_model_d1_weight: NonNegative = 1.0
    state_model_d2_weight: NonNegative = 0.0
    state_model_d3_weight: NonNegative = 0.0
    state_model_bull_pressure_weight: NonNegative = 1.0
    state_model_bull_vacuum_weight: NonNegative = 1.0
    state_model_bear_pressure_weight: NonNegative = 1.0
    state_model_bear_vacuum_weight: NonNegative = 1.0
    state_model_mixed_weight: NonNegative = 0.0

    @model_validator(mode="after")
    def _weights(self) -> Self:
        if self.state_model_d1_weight + self.state_model_d2_weight + self.state_model_d3_weight <= 0:
            raise ValueError("state_model_d1_weight, _d2_weight and _d3_weight must have a positive sum")
        if self.state_model_zscore_min_periods > self.state_model_zscore_window_bins:
            raise ValueError("state_model_zscore_min_periods must not exceed state_model_zscore_window_bins")
        return self


class ProjectionConfig(Spec):
    """How far and how the model score is carried forward."""

    projection_horizons_bins: tuple[Annotated[int, Field(ge=1, le=10_000)], ...] = Field(
        (1, 2, 3, 4), max_length=32
    )
    projection_use_cubic: bool = False
    projection_cubic_scale: NonNegative = 1.0 / 6.0
    projection_damping_lambda: NonNegative = 0.0


class InstrumentIdentity(Spec):
    """What the instrument is."""

    product_type: ProductType
    symbol: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._!-]*$")
    symbol_root: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    tick_size: Positive
    bucket_size_dollars: Positive | None = Field(
        None, description="equities: width of a row; default tick_size"
    )
    contract_multiplier: Positive = 1.0
    qty_unit: str = "contracts"
    price_decimals: int = Field(2, ge=0, le=9)

    @model_validator(mode="after")
    def _tick_is_representable(self) -> Self:
        for name in ("tick_size", "bucket_size_dollars"):
            value = getattr(self, name)
            if value is not None and Decimal(str(value)) * PRICE_SCALE % 1 != 0:
                raise ValueError(f"{name} {value!r} must be a multiple of 1e-9")
        if self.bucket_size_dollars is not None:
            if self.product_type != "equity_mbo":
                raise ValueError("bucket_size_dollars is for equity_mbo; the rows of a future are its ticks")
            if Decimal(str(self.bucket_size_dollars)) % Decimal(str(self.tick_size)) != 0:
                raise ValueError(
                    f"bucket_size_dollars {self.bucket_size_dollars!r} must be a multiple of tick_size"
                )
        return self

    @property
    def tick_int(self) -> int:
        """The price increment in units of 1e-9: the book and the touch live on it."""
        return int(Decimal(str(self.tick_size)) * PRICE_SCALE)

    @property
    def bucket_ticks(self) -> int:
        """Price increments in one row of the grid: 1, but for equities with wider buckets."""
        return 1 if self.bucket_size_dollars is None else round(self.bucket_size_dollars / self.tick_size)


class InstrumentConfig(
    ProjectionConfig, StateModelParams, PhysicsConfig, FlowConfig, GridConfig, InstrumentIdentity
):
    """``instrument.yaml``: the instrument, and the defaults of everything that a pipeline may override."""


def instrument_config_path(lake_root: Path) -> Path:
    """Where the instrument lock is: the environment's choice, else ``<lake>/instrument.yaml``."""
    chosen = os.environ.get("QMACHINA_INSTRUMENT_CONFIG_PATH")
    if chosen:
        return Path(chosen)
    old = os.environ.get("VP_INSTRUMENT_CONFIG_PATH")
    if old:
        warnings.warn(
            "VP_INSTRUMENT_CONFIG_PATH is deprecated; set QMACHINA_INSTRUMENT_CONFIG_PATH instead",
            DeprecationWarning,
            stacklevel=2,
        )
        return Path(old)
    return lake_root / "instrument.yaml"


def load_instrument(lake_root: Path) -> InstrumentConfig:
    """Read the instrument lock. Raises ConfigError or NotFound."""
    path = instrument_config_path(lake_root)
    if not path.exists():
        raise ConfigError(
            source=str(path),
            field="",
            problem="the instrument lock is missing",
            allowed="an instrument.yaml in the lake, or QMACHINA_INSTRUMENT_CONFIG_PATH naming one",
        )
    return load_spec(InstrumentConfig, path)
