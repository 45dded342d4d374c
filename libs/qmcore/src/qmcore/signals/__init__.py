"""Signals: one a file behind one interface (``base.Signal``); ``create`` makes one by name."""

from qmcore.signals.base import Signal, create, names

__all__ = ["Signal", "create", "names"]
