"""The replay that the simulator is judged by does notice what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from qmcore.synth import SynthSpec, simulate
from tests.unit.synth.strict_book import F_LAST, F_SNAPSHOT, StrictBook

Records = NDArray[np.void]
SPEC = SynthSpec(minutes=0.2, seed=1)


def _index(records: Records, action: str) -> int:
    """A record of that action well inside the live part."""
    return int(
        np.flatnonzero((records["action"] == ord(action)) & ((records["flags"] & F_SNAPSHOT) == 0))[30]
    )


def _unknown_order(records: Records) -> None:
    records["order_id"][_index(records, "C")] = 1


def _second_use_of_an_id(records: Records) -> None:
    records["order_id"][_index(records, "A")] = records["order_id"][1]


def _wrong_fill(records: Records) -> None:
    records["size"][_index(records, "F")] += 1


def _crossed(records: Records) -> None:
    records["price"][_index(records, "A")] = 6_000_000_000_000
    records["side"][_index(records, "A")] = ord("B")


def _earlier(records: Records) -> None:
    records["ts_event"][_index(records, "A")] -= 10**9


def _split_group(records: Records) -> None:
    records["flags"][_index(records, "F")] |= F_LAST


@pytest.mark.parametrize(
    "spoil", [_unknown_order, _second_use_of_an_id, _wrong_fill, _crossed, _earlier, _split_group]
)
def test_a_spoilt_record_is_noticed(spoil: Callable[[Records], None]) -> None:
    records = np.concatenate(list(simulate(SPEC)))
    StrictBook(SPEC.tick_int, SPEC.start_ns).replay(records)
    spoil(records)
    with pytest.raises((AssertionError, KeyError, StopIteration)):
        StrictBook(SPEC.tick_int, SPEC.start_ns).replay(records)
