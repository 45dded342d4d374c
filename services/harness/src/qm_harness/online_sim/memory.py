"""How much memory the process has for itself."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_MAXRSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024


def own_bytes() -> int:
    """Resident bytes that belong to no file: mapped datasets do not count.

    Where the system does not tell (no /proc), the most that was ever resident.
    """
    with contextlib.suppress(FileNotFoundError), open("/proc/self/statm", "rb") as status:
        _, resident, of_files, *_ = map(int, status.read().split())
        return (resident - of_files) * _PAGE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT
