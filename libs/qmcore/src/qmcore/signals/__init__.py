"""Signals: one a file behind one interface (``base.Signal``); ``create`` makes one by name, ``replay`` runs one over a
dataset."""

from qmcore.signals.base import BatchSignal, GridView, MeasuredSignal, Signal, SignalData
from qmcore.signals.catalogue import ParamInfo, SignalInfo, create, describe, kind_of, names, parse_params
from qmcore.signals.offline import replay, stream

__all__ = [
    "BatchSignal",
    "GridView",
    "MeasuredSignal",
    "ParamInfo",
    "Signal",
    "SignalData",
    "SignalInfo",
    "create",
    "describe",
    "kind_of",
    "names",
    "parse_params",
    "replay",
    "stream",
]
