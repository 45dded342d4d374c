"""How numbers are written."""

from __future__ import annotations

from qm_harness.report.numbers import MINUS, NONE, count, duration, p_value, share, ticks


def test_ticks_have_a_sign_and_no_negative_zero():
    assert [ticks(x) for x in (1.234, -12.5, 0.0123, -0.0001, 0.0, None)] == [
        "+1.23",
        f"{MINUS}12.50",
        "+0.012",
        "0.000",
        "0.00",
        NONE,
    ]


def test_shares_say_when_they_are_nearly_all_or_nothing():
    assert [share(x) for x in (0.0, 0.0004, 0.125, 0.9996, 1.0, None)] == [
        "0 %",
        "< 0.1 %",
        "12.5 %",
        "> 99.9 %",
        "100 %",
        NONE,
    ]


def test_no_p_value_is_written_as_zero():
    assert [p_value(x) for x in (0.0, 0.0004, 0.0123, 0.99999, None)] == [
        "< 0.001",
        "< 0.001",
        "0.012",
        "1",
        NONE,
    ]


def test_counts_and_durations_read_as_sentences():
    assert (count(1, "run"), count(2000, "run")) == ("1 run", "2,000 runs")
    assert [duration(x) for x in (12.0, 4_000.0, 600_000.0, 9_000_000.0, None)] == [
        "12 ms",
        "4.0 s",
        "10 min",
        "2.5 h",
        NONE,
    ]
