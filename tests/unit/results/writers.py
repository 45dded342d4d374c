"""A process that appends to a store until it is killed, and says what it has appended.

Arguments: the lake's root and a name. Each line on standard output is a run that ``append`` has returned for.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from qm_harness.results.store import ResultStore
from qmcore.lake import Lake
from tests.unit.results.rows import run


def main() -> None:
    root, name = sys.argv[1:]
    store = ResultStore(Lake(Path(root)))
    for number in itertools.count():
        ids = [f"{name}-{number}-{part}" for part in range(3)]
        store.append([run(run_id) for run_id in ids])
        print(*ids, sep="\n", flush=True)


if __name__ == "__main__":
    main()
