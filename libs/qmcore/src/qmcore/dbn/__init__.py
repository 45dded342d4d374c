"""Databento DBN files: the records of one instrument as a NumPy array, never one object a record."""

from qmcore.dbn.file import DbnFile, RecordBatch
from qmcore.dbn.layout import MBO_BYTES, MBO_DTYPE

__all__ = ["MBO_BYTES", "MBO_DTYPE", "DbnFile", "RecordBatch"]
