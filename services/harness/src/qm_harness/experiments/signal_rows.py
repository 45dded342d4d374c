"""What ``qm list-signals`` prints: one row a parameter, one for a signal that has none."""

from __future__ import annotations

from qmcore.config.base import Spec
from qmcore.config.runtime import ParamValue
from qmcore.signals.catalogue import describe, names


class SignalRow(Spec):
    """A parameter of a signal; all of it null where the signal takes none."""

    signal: str
    unit: str
    parameter: str | None = None
    default: ParamValue | None = None
    allowed: str | None = None
    parameter_unit: str | None = None
    doc: str


def signal_rows() -> list[SignalRow]:
    """Sorted by signal, its parameters in the order of their declaration."""
    rows = []
    for info in map(describe, names()):
        if not info.params:
            rows.append(SignalRow(signal=info.name, unit=info.unit, doc=info.doc))
        rows += [
            SignalRow(
                signal=info.name,
                unit=info.unit,
                parameter=param.name,
                default=param.default,
                allowed=param.allowed,
                parameter_unit=param.unit,
                doc=param.doc,
            )
            for param in info.params
        ]
    return rows
