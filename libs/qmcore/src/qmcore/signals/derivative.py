"""``derivative``: the score of the state model (SPEC section 4), with parameters of its own.

Each parameter that is left out is the serving's (``state_model_*``). The value is the same whichever way a parameter
was set; states and scores come from ``qmcore.kernels.state_model``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, create_model

from qmcore.config.base import Spec
from qmcore.config.instrument import StateModelParams
from qmcore.config.runtime import RuntimeConfig
from qmcore.errors import ConfigError
from qmcore.kernels.state_model import StateModel
from qmcore.session_state import check_forms
from qmcore.signals.base import BatchSignal, BinHeader, GridView, SignalData, State, repeat_last
from qmcore.signals.params import unit

_PREFIX = "state_model_"


def _unit_of(key: str) -> str:
    return "bins" if key.endswith(("_bins", "_periods")) else "ticks" if key.endswith("_radius") else "1"


def _own_fields() -> dict[str, Any]:
    """The fields of the state model, each optional and without its prefix."""
    fields: dict[str, Any] = {}
    for key, info in StateModelParams.model_fields.items():
        kind: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        doc = f"{key} of this signal; the serving's where left out"
        field = Field(None, description=doc, json_schema_extra=unit(_unit_of(key)))
        fields[key.removeprefix(_PREFIX)] = (kind | None, field)
    return fields


if TYPE_CHECKING:

    class DerivativeParams(Spec):
        """Parameters of the state model."""

else:
    DerivativeParams = create_model(
        "DerivativeParams", __base__=Spec, __doc__="Parameters of the state model.", **_own_fields()
    )


class Derivative(BatchSignal[DerivativeParams]):
    """Weighted tanh of the robust z-scores of the state model's first three differences."""

    name = "derivative"
    Params: ClassVar[type[Spec]] = DerivativeParams
    source = "SPEC section 4"

    def __init__(self, params: DerivativeParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        short = {key.removeprefix(_PREFIX): key for key in StateModelParams.model_fields}
        changes = {short[key]: value for key, value in params.model_dump(exclude_none=True).items()}
        fields = {key: getattr(config, key) for key in StateModelParams.model_fields}
        try:
            own = StateModelParams.model_validate(fields | changes)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            raise ConfigError(source="signal derivative", field="", problem=problem) from error
        self._by_force = own.state_source == "force"
        self._model = StateModel(
            config.model_copy(update=own.model_dump()),
            config.grid_radius_ticks,
            config.cell_width_ms / 1000.0,
            score_only=True,
        )

    def next(self, header: BinHeader, grid: GridView) -> float:
        return self._model.step(
            int(grid.column("ask_reprice_sign")[0]),
            int(grid.column("bid_reprice_sign")[0]),
            grid.column("composite"),
        )

    def batch(self, data: SignalData) -> NDArray[np.float64]:
        seen = data.bins("mid_price") != 0
        pick = slice(None) if seen.all() else seen
        composite = data.grid("composite")[pick] if self._by_force else None
        ask, bid = (
            np.ascontiguousarray(data.grid(name)[:, 0][pick])
            for name in ("ask_reprice_sign", "bid_reprice_sign")
        )
        return repeat_last(self._model.scores(ask, bid, composite), seen, 0.0)

    def memory(self) -> State:
        return self._model.export_state()

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        check_forms(state, self._model.export_state())
        self._model.import_state(dict(state))
