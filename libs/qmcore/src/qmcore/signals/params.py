"""Parameters that several signals have."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from qmcore.config.base import Spec


def unit(name: str) -> dict[str, Any]:
    """Say a parameter's unit where ``describe`` finds it."""
    return {"unit": name}


Weight = Annotated[float, Field(ge=0, le=1e6)]


class ZScoreParams(Spec):
    """How a value is put on a common scale: tanh of its robust z-score."""

    zscore_window_bins: int = Field(
        240, ge=2, le=8192, description="bins that the z-score looks back on", json_schema_extra=unit("bins")
    )
    zscore_min_periods: int = Field(
        60, ge=2, le=8192, description="bins before which the z-score is 0", json_schema_extra=unit("bins")
    )
    tanh_scale: float = Field(3.0, gt=0, le=1e6, description="z-score at which the value is tanh 1 = 0.76")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.zscore_min_periods > self.zscore_window_bins:
            raise ValueError(
                f"zscore_min_periods {self.zscore_min_periods} must not exceed "
                f"zscore_window_bins {self.zscore_window_bins}"
            )
        return self


def positive_sum(params: Spec, *names: str) -> None:
    """Raise ValueError unless one of the weights is positive."""
    if sum(getattr(params, name) for name in names) <= 0:
        raise ValueError(f"{', '.join(names)} must have a positive sum")
