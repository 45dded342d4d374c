"""Signals: one a file behind one interface (``base.Signal``); ``create`` makes one by name, ``replay`` runs one over a
dataset."""

from qmcore.signals.base import BatchSignal, GridView, MeasuredSignal, Signal, SignalData
from qmcore.signals.catalogue import ParamInfo, SignalInfo, create, describe, kind_of, names, parse_params
from qmcore.signals.offline import replay, stream
from qmcore.signals.trained import Artifacts, TrainedSignal

__all__ = [
    "Artifacts",
    "BatchSignal",
    "GridView",
    "MeasuredSignal",
    "ParamInfo",
    "Signal",
    "SignalData",
    "SignalInfo",
    "TrainedSignal",
    "create",
    "describe",
    "kind_of",
    "names",
    "parse_params",
    "replay",
    "stream",
]
