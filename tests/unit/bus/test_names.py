"""Names on the bus, and the headers of its binary messages."""

from __future__ import annotations

import pytest

from qmcore.bus.reader import stored_at
from qmcore.contracts import subjects
from qmcore.contracts.bus_messages import BatchHeader, BatchKind, ControlCommand
from qmcore.errors import NotFound


def test_a_new_session_id_is_well_formed_and_new() -> None:
    ids = {subjects.new_session_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(subjects.check_session_id(i) == i for i in ids)


@pytest.mark.parametrize(
    "bad", ["", "short", "a.b.c.d.e", "../../etc/passwd", "*" * 10, "ABCDEFGH", "a" * 41, "abcdefgh\n"]
)
def test_an_id_that_could_reach_elsewhere_is_no_session(bad: str) -> None:
    with pytest.raises(NotFound, match="unknown session"):
        subjects.check_session_id(bad)


def test_bins_and_sequences_are_arithmetic() -> None:
    assert subjects.grid_sequence(0) == 2
    assert [subjects.grid_bin_seq(subjects.grid_sequence(b)) for b in range(5)] == list(range(5))
    assert subjects.grid_bin_seq(1) == -1


def test_batch_headers_survive_the_wire() -> None:
    header = BatchHeader(BatchKind.RECORDS, 3 << 20, 7, 12_345, 1000, 1_738_593_020_000_000_000, 17)
    assert BatchHeader.decode(header.encode()) == header


def test_a_foreign_header_is_refused() -> None:
    with pytest.raises(KeyError):
        BatchHeader.decode({"Qm-Kind": "records"})
    with pytest.raises(ValueError, match="nonsense"):
        BatchHeader.decode({**BatchHeader(BatchKind.EOF, 1, 1, 1, 1, 1, 1).encode(), "Qm-Kind": "nonsense"})


def test_speed_belongs_to_the_speed_command_only() -> None:
    assert ControlCommand(action="speed", speed="max").speed == "max"
    with pytest.raises(ValueError, match="speed is required by action 'speed'"):
        ControlCommand(action="speed")
    with pytest.raises(ValueError, match="refused by every other action"):
        ControlCommand(action="pause", speed=2.0)


def test_sequences_are_read_from_replies_with_and_without_a_domain() -> None:
    assert stored_at("$JS.ACK.GRID_a.c1.1.42.7.1700000000.0") == (42, 7)
    assert stored_at("$JS.ACK.hub.AHASH.GRID_a.c1.1.42.7.1700000000.0.rnd") == (42, 7)
