"""Holm and Benjamini-Yekutieli against statsmodels and their own promises."""

from __future__ import annotations

import numpy as np
import pytest

from qm_harness.statistics.multiplicity import benjamini_yekutieli, holm

P = np.array([0.01, 0.04, 0.03, 0.005, 0.55, 1.0, 0.04])


def test_holm_equals_statsmodels() -> None:
    wanted = [0.06, 0.16, 0.15, 0.035, 1.0, 1.0, 0.16]  # multipletests(p, method="holm"), 0.15
    np.testing.assert_allclose(holm(P), wanted, rtol=1e-14)


def test_benjamini_yekutieli_equals_statsmodels() -> None:
    wanted = [0.09075, 0.1452, 0.1452, 0.09075, 1.0, 1.0, 0.1452]  # method="fdr_by"
    np.testing.assert_allclose(benjamini_yekutieli(P), wanted, rtol=1e-14)


def test_holm_keeps_the_chance_of_any_false_winner() -> None:
    p_values = np.random.default_rng(1).random((2000, 50))
    any_winner = np.mean([(holm(row) <= 0.05).any() for row in p_values])
    assert any_winner == pytest.approx(0.05, abs=0.015)


def test_benjamini_yekutieli_keeps_the_share_of_false_winners() -> None:
    random = np.random.default_rng(2)
    shares = []
    for _ in range(500):
        p = np.concatenate((random.random(80), random.random(20) * 1e-4))
        found = benjamini_yekutieli(p) <= 0.1
        shares.append(found[:80].sum() / max(1, found.sum()))
        assert found[80:].sum() >= 15
    assert np.mean(shares) <= 0.1


@pytest.mark.parametrize("adjust", [holm, benjamini_yekutieli])
def test_more_trials_never_help(adjust: type[np.ndarray]) -> None:
    more = adjust(np.concatenate((P, np.ones(93))))
    assert (more[: len(P)] >= adjust(P)).all()
    assert adjust(np.array([0.02])) == pytest.approx([0.02])


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan])
def test_what_is_no_p_value_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="p-values must lie in"):
        holm(np.array([0.5, wrong]))
