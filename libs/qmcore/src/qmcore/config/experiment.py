"""ExperimentSpec: a sweep over signals, their parameters and how they are traded (SPEC section 6).

Guarantees: an axis is finite and in the order in which it was written, so that a sweep expands the same way
everywhere. What a signal's own parameters may be is known to the signal, not here.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from qmcore.config.base import Spec
from qmcore.config.overrides import ScoringOverrides
from qmcore.config.pipeline import SpecName
from qmcore.config.runtime import ParamValue

AnyT = TypeVar("AnyT")

LONGEST_AXIS = 10_000
DEFAULT_ROUND_SIZE = 16
DEFAULT_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 17))


def _listed(value: object) -> object:
    """A single value is an axis of one."""
    return value if isinstance(value, list | tuple | dict) else (value,)


class Steps(Spec):
    """An evenly spaced axis: ``low``, ``low + step``, ... up to and including ``high``."""

    low: float
    high: float
    step: float = Field(gt=0)

    @model_validator(mode="after")
    def _finite(self) -> Self:
        if self.high < self.low:
            raise ValueError(f"high must not be below low ({self.low:g})")
        if (self.high - self.low) / self.step >= LONGEST_AXIS:
            raise ValueError(f"step is too small: an axis has at most {LONGEST_AXIS} values")
        return self

    def values(self) -> tuple[int | float, ...]:
        """The values, free of binary rounding; whole numbers as int when all three fields are whole."""
        low, high, step = (Decimal(repr(x)) for x in (self.low, self.high, self.step))
        count = int((high - low) // step) + 1
        whole = all(x.is_integer() for x in (self.low, self.step))
        return tuple((int if whole else float)(low + step * i) for i in range(count))


def _scalar(value: object) -> object:
    if not isinstance(value, bool | int | float | str) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        raise ValueError("must be a finite number, true, false or a text")
    return value


def _some(values: tuple[AnyT, ...]) -> tuple[AnyT, ...]:
    # Not as a limit of the tuple's length, which would also count the values that were refused.
    if not 1 <= len(values) <= LONGEST_AXIS:
        raise ValueError(f"must have 1 to {LONGEST_AXIS} values")
    if len(set(values)) != len(values):
        raise ValueError("names a value twice")
    return values


AxisValue = Annotated[ParamValue, BeforeValidator(_scalar, json_schema_input_type=ParamValue)]
ValueAxis = Annotated[tuple[AxisValue, ...], AfterValidator(_some)]
Axis = Annotated[
    Annotated[Steps, Tag("steps")] | Annotated[ValueAxis, Tag("values")],
    Discriminator(lambda axis: "steps" if isinstance(axis, Steps | dict) else "values"),
    BeforeValidator(_listed, json_schema_input_type=Steps | ValueAxis | ParamValue),
]
"""One value, a list of them, or ``{low, high, step}``."""


def _numbers(value: object) -> object:
    """An axis of numbers, its steps worked out."""
    if not isinstance(value, dict):
        return _listed(value)
    try:
        return Steps.model_validate(value).values()
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"])
        raise ValueError(f"{where}{first['msg'].removeprefix('Value error, ')}") from error


Ticks = Annotated[float, Field(gt=0, le=100_000)]
Bins = Annotated[int, Field(ge=0, le=10_000_000)]
TicksAxis = Annotated[
    tuple[Ticks, ...],
    BeforeValidator(_numbers, json_schema_input_type=tuple[Ticks, ...] | Ticks | Steps),
    AfterValidator(_some),
]
BinsAxis = Annotated[
    tuple[Bins, ...],
    BeforeValidator(_numbers, json_schema_input_type=tuple[Bins, ...] | Bins | Steps),
    AfterValidator(_some),
]
Threshold = Annotated[float, Field(gt=0)]
ThresholdAxis = Annotated[
    tuple[Threshold, ...],
    BeforeValidator(_numbers, json_schema_input_type=tuple[Threshold, ...] | Threshold | Steps),
    AfterValidator(_some),
]


def axis_values(axis: Steps | tuple[ParamValue, ...]) -> tuple[ParamValue, ...]:
    """The values of an axis, in order."""
    return axis.values() if isinstance(axis, Steps) else axis


class CostSpec(Spec):
    """What a trade costs."""

    entry: Literal["mid", "touch"] = Field("touch", description="the price of entry and of a timeout's exit")
    fee_ticks: float = Field(0.0, ge=0, le=1000, description="fees of a whole trade, in and out, in ticks")
    slippage_ticks: float = Field(
        0.0, ge=0, le=1000, description="added to each fill that takes liquidity, in ticks"
    )
    latency_bins: int = Field(1, ge=0, le=10_000, description="bins between the signal and the entry")


class EvalSpec(Spec):
    """How a signal is traded and measured; lists are axes of the sweep."""

    tp_ticks: TicksAxis = Field((8.0,), description="take-profit distances from the entry, in ticks")
    sl_ticks: TicksAxis = Field((4.0,), description="stop-loss distances from the entry, in ticks")
    thresholds: ThresholdAxis = Field(
        DEFAULT_THRESHOLDS, max_length=256, description="crossings of +threshold and -threshold"
    )
    max_hold_bins: int = Field(1200, ge=1, le=10_000_000, description="a trade times out after so many bins")
    warmup_bins: int = Field(300, ge=0, le=10_000_000, description="no signal counts before this bin")
    cooldown_bins: BinsAxis = Field((30,), description="no new signal for so many bins after one")
    min_signals: int = Field(5, ge=1, le=10_000_000, description="fewer signals than this are not ranked")
    in_sample_fraction: float = Field(
        0.6, gt=0, lt=1, description="of the bins after warm-up; the rest is out of sample"
    )
    costs: CostSpec = CostSpec()


SignalName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class SweepSpec(Spec):
    """What is varied beside trading, and how the space is searched."""

    scoring: dict[str, Axis] = Field(
        {}, description="axes of flow_* and state_model_*; a dataset is made for every combination"
    )
    per_signal: dict[SignalName, dict[str, Axis]] = Field(
        {}, description="signals with axes of their parameters; left out: the serving's signal"
    )
    search: Literal["grid", "random", "tpe"] = Field(
        "grid",
        description="every point of the space; n_trials different ones drawn from it; or n_trials that a "
        "Tree-structured Parzen Estimator suggests from what earlier ones earned in sample",
    )
    n_trials: int | None = Field(
        None, ge=1, le=1_000_000, description="points that search: random or tpe visits"
    )
    round_size: int | None = Field(
        None,
        ge=1,
        le=10_000,
        description=f"points that search: tpe suggests before it learns from them; {DEFAULT_ROUND_SIZE} if "
        "left out",
    )
    seed: int = Field(0, ge=0, lt=1 << 63, description="of the search and of every resampling")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.search == "grid") != (self.n_trials is None):
            raise ValueError("n_trials belongs to search: random or tpe, which need it")
        if self.round_size is not None and self.search != "tpe":
            raise ValueError("round_size belongs to search: tpe")
        known = ScoringOverrides.model_fields
        for name, axis in self.scoring.items():
            if name not in known:
                raise ValueError(f"scoring: unknown key {name!r}; allowed: {', '.join(known)}")
            for value in axis_values(axis):
                _check_scoring(name, value)
        return self


def _check_scoring(name: str, value: ParamValue) -> None:
    try:
        ScoringOverrides.model_validate({name: value})
    except ValidationError as error:
        raise ValueError(f"scoring.{name}: {error.errors()[0]['msg']} (got {value!r})") from error


_DASK_ADDRESS = re.compile(r"((tcp|tls|ws|wss)://)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")
_TRACKING_SCHEMES = ("http", "https", "sqlite", "postgresql", "mysql", "mssql", "file", "databricks")


def dask_address(value: str) -> str:
    """``value``, which must look like the address of a Dask scheduler. Raises ValueError."""
    if not _DASK_ADDRESS.fullmatch(value):
        raise ValueError("must be the address of a Dask scheduler, such as tcp://10.0.0.5:8786")
    return value


def _tracking_uri(value: str) -> str:
    scheme = re.match(r"([a-z]+)(\+[a-z0-9]+)?:", value)
    if scheme is None or scheme[1] not in _TRACKING_SCHEMES:
        raise ValueError(
            "must be the URI of an MLflow server or store, such as http://127.0.0.1:5000; "
            f"schemes: {', '.join(_TRACKING_SCHEMES)}"
        )
    return value


class ParallelSpec(Spec):
    """Who works on the sweep; changes no result."""

    workers: int | None = Field(
        None, ge=1, le=1024, description="processes on this machine; left out: one for each core"
    )
    dask: Annotated[str, AfterValidator(dask_address)] | None = Field(
        None, description="address of a Dask scheduler whose workers are used instead"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.workers is not None and self.dask is not None:
            raise ValueError("workers are processes on this machine; with dask the scheduler's are used")
        return self


class TrackingSpec(Spec):
    """Where MLflow keeps a copy of the results; changes no result."""

    enabled: bool = True
    uri: Annotated[str, AfterValidator(_tracking_uri)] | None = Field(
        None,
        description="left out: MLFLOW_TRACKING_URI, else <lake>/research/harness/mlflow.db",
    )
    experiment: str | None = Field(
        None, min_length=1, max_length=200, description="in MLflow; left out: this one's name"
    )


class ExperimentSpec(Spec):
    """``<name>.yaml`` under configs/experiments."""

    name: SpecName
    serving: str = Field(min_length=1, description="name of a ServingSpec, or a path to one")
    eval: EvalSpec = EvalSpec()
    sweep: SweepSpec = SweepSpec()
    parallel: ParallelSpec = ParallelSpec()
    tracking: TrackingSpec = TrackingSpec()
