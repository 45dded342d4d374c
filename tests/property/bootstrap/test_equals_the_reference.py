"""The bootstrap kernel against its definition in plain Python, and its draws against numpy's."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qmcore.kernels.bootstrap import optimal_block_length, resampled_means
from qmcore.reference import bootstrap as plain

TRADES = st.sampled_from((-5.25, -4.5, -0.75, 0.0, 3.1, 7.55))
numbers = st.integers(0, (1 << 32) - 1)


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(TRADES, min_size=1, max_size=60),
    data=st.data(),
    resamples=st.integers(1, 5),
    draws=st.lists(numbers, min_size=1, max_size=90),
)
def test_resampled_means(values: list[float], data: st.DataObject, resamples: int, draws: list[int]) -> None:
    block_length = data.draw(st.integers(1, len(values)))
    got = resampled_means(np.array(values), block_length, resamples, np.array(draws, np.uint32))
    wanted = plain.resampled_means(values, block_length, resamples, draws)
    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(
    shape=st.sampled_from(("noise", "runs", "wave", "trades")),
    n=st.integers(8, 400),
    seed=st.integers(0, 1000),
)
def test_the_block_length(shape: str, n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = {
        "noise": lambda: random.normal(size=n),
        "runs": lambda: np.repeat(random.normal(size=n), 7)[:n],
        "wave": lambda: np.sin(np.arange(n) / 9) + random.normal(size=n),
        "trades": lambda: random.choice((7.55, -4.7, -5.2), n),
    }[shape]()
    assume(np.ptp(values) > 0)
    assert optimal_block_length(values) == pytest.approx(
        plain.optimal_block_length(values.tolist()), rel=1e-9
    )


@pytest.mark.parametrize("n", [1, 2, 7, 1000, 3_000_000_000 // 2])
def test_blocks_start_where_numpys_integers_are(n: int) -> None:
    """3/2 billion: a third of the numbers is drawn again."""
    wanted = np.random.default_rng(5).integers(0, n, 3000, np.int32)
    draws = np.random.PCG64(5).random_raw(4000).astype("<u8").view("<u4").tolist()
    assert list(islice(plain.block_starts(n, draws), 3000)) == wanted.tolist()


def test_numbers_that_would_be_biased_are_drawn_again() -> None:
    """Of 3 values, 0 * 3 leaves less than 2^32 mod 3 = 1."""
    values = np.array([1.0, 10.0, 100.0])
    twice, thrice = 1 << 31, (1 << 32) - 1  # start at 1 and at 2
    draws = np.array([0, twice, 0, 0, thrice, twice, thrice], np.uint32)
    np.testing.assert_allclose(resampled_means(values, 3, 1, draws), [37.0])
    np.testing.assert_allclose(resampled_means(values, 1, 1, draws), [(10 + 100 + 10) / 3])


@pytest.mark.parametrize(("block_length", "resamples", "draws"), [(0, 1, 1), (4, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_sizes_out_of_range_are_refused(block_length: int, resamples: int, draws: int) -> None:
    with pytest.raises(ValueError, match="cannot draw"):
        resampled_means(np.ones(3), block_length, resamples, np.ones(draws, np.uint32))


def test_too_few_values_for_a_block_length() -> None:
    with pytest.raises(ValueError, match="eight values or more, got 7"):
        optimal_block_length(np.arange(7.0))
