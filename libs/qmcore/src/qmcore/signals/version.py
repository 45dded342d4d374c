"""The version of a signal's code: a checkpoint, and a run, of other code is another thing."""

from __future__ import annotations

import hashlib
import inspect
from functools import cache
from pathlib import Path
from typing import Any, Final

from qmcore import kernels
from qmcore.signals.base import Signal

_SOURCES: Final = (".py", ".pyx", ".pxd", ".h")


@cache
def signal_code_version(kind: type[Signal[Any]]) -> str:
    """A hash of all that values of ``kind`` depend on: this package, the kernels, and the files of its classes."""
    folders = (Path(__file__).parent, *map(Path, kernels.__path__))
    files = {path for folder in folders for path in folder.iterdir() if path.suffix in _SOURCES}
    files |= {Path(inspect.getfile(each)) for each in kind.__mro__ if issubclass(each, Signal)}
    named = sorted(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files)
    return hashlib.sha256("\n".join(named).encode()).hexdigest()[:12]
