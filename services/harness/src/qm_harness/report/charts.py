"""The charts of a report: what a run earned by threshold and over time, and all trials together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from qm_harness.report.findings import Findings, Span, utc
from qm_harness.report.inline_svg import (
    BAD,
    GOOD,
    INSIDE,
    MUTED,
    NET,
    NULL,
    OUTSIDE,
    drawing,
    inline_svg,
)
from qm_harness.results.judged import Trial
from qm_harness.statistics.proportions import null_tp_rate
from qmcore.config.pipeline import EASTERN

_HALF: Final = (5.4, 3.3)
_WHOLE: Final = (11.0, 3.4)
"""Inches; the page scales them."""
_MOST_DOTS: Final = 1_000


def net_by_threshold(curve: Sequence[Trial], chosen: Trial, *, name: str) -> Markup:
    """Net expectancy with its interval, in and out of sample, and of random entries; trades below."""
    from matplotlib.figure import Figure

    x = [t.row.threshold for t in curve]
    mean = _numbers([t.row.mean_pnl_ticks for t in curve])
    low = _numbers([t.row.mean_pnl_low for t in curve])
    high = _numbers([t.row.mean_pnl_high for t in curve])
    with drawing():
        figure = Figure(figsize=_HALF)
        above, below = figure.subplots(2, sharex=True, height_ratios=(4, 1))
        above.set_title("Net expectancy by threshold")
        above.axhline(0, color=MUTED, linewidth=0.8)
        above.axvline(chosen.row.threshold, color=MUTED, linewidth=0.8, linestyle=":")
        above.fill_between(x, low, high, color=NET, alpha=0.18, linewidth=0, label="95 % interval")
        for sample, colour, label in (
            ([t.row.in_sample.mean_pnl_ticks for t in curve], INSIDE, "in sample"),
            ([t.row.out_of_sample.mean_pnl_ticks for t in curve], OUTSIDE, "out of sample"),
        ):
            above.plot(x, _numbers(sample), color=colour, linewidth=1, marker=".", markersize=4, label=label)
        random = _numbers([t.row.random_mean_pnl_ticks for t in curve])
        above.plot(x, random, color=NULL, linewidth=1, linestyle="--", label="random entries")
        above.plot(x, mean, color=NET, marker="o", markersize=3.5, linewidth=1.8, label="all")
        above.set_ylabel("ticks a trade")
        below.bar(x, [t.row.n_signals for t in curve], width=_step(x) * 0.7, color=MUTED, alpha=0.55)
        below.set_ylabel("trades")
        below.set_xlabel("threshold")
        figure.legend(loc="outside lower center", ncols=5, columnspacing=1.1, handlelength=1.6)
        return inline_svg(figure, name=name, label="Net expectancy by threshold")


def hits_by_threshold(curve: Sequence[Trial], chosen: Trial, *, name: str) -> Markup:
    """Share of take-profits with its Wilson interval, against what a driftless walk gives."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    known = [t for t in curve if t.row.tp_rate is not None]
    x = [t.row.threshold for t in known]
    rate = _numbers([t.row.tp_rate for t in known])
    low = _numbers([t.row.tp_rate_low for t in known])
    high = _numbers([t.row.tp_rate_high for t in known])
    null = null_tp_rate(chosen.meta.tp_ticks, chosen.meta.sl_ticks)
    with drawing():
        figure = Figure(figsize=_HALF)
        axes = figure.subplots()
        axes.set_title("Take-profit rate by threshold")
        axes.axvline(chosen.row.threshold, color=MUTED, linewidth=0.8, linestyle=":")
        axes.axhline(null, color=NULL, linewidth=1.2, linestyle="--", label=f"driftless walk, {null:.0%}")
        whiskers = np.clip(np.stack((rate - low, high - rate)), 0, None) if known else None
        axes.errorbar(
            x, rate, yerr=whiskers, color=NET, marker="o", markersize=3.5, capsize=2, elinewidth=1,
            label="tp_rate, 95 % Wilson interval",
        )  # fmt: skip
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel("threshold")
        figure.legend(loc="outside lower center", ncols=2)
        return inline_svg(figure, name=name, label="Take-profit rate by threshold")


def equity(trial: Trial, span: Span | None, *, name: str) -> Markup:
    """What the trades had earned by the end of each period, and how far below its best that was."""
    from matplotlib.figure import Figure

    worth, depth = equity_and_drawdown(trial)
    n = len(worth) - 1
    x, of_x = _clock(span, n)
    border = x[0] + (x[-1] - x[0]) * trial.meta.in_sample_fraction
    with drawing():
        figure = Figure(figsize=_WHOLE)
        above, below = figure.subplots(2, sharex=True, height_ratios=(3, 1))
        above.set_title("Net result over time, and drawdown")
        above.axhline(0, color=MUTED, linewidth=0.8)
        above.plot(x, worth, color=NET, linewidth=1.8)
        above.set_ylabel("net ticks")
        below.fill_between(x, depth, 0, color=BAD, alpha=0.35, linewidth=0)
        below.set_ylabel("drawdown")
        below.set_xlabel(of_x)
        for axes in (above, below):
            axes.axvspan(border, x[-1], color=OUTSIDE, alpha=0.10, linewidth=0)
            axes.axvline(border, color=OUTSIDE, linewidth=1, linestyle="--")
            axes.margins(x=0)
        above.annotate(
            "out of sample", (border, 1), (4, -3), color=OUTSIDE, xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", fontsize=8,
        )  # fmt: skip
        return inline_svg(figure, name=name, label="Net result over time, and drawdown")


def equity_and_drawdown(trial: Trial) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Net ticks at the borders of periods, from 0 on, and less the highest until then; shape (periods + 1,)."""
    worth = np.concatenate(([0.0], np.cumsum(trial.row.period_pnl)))
    return worth, worth - np.maximum.accumulate(worth)


def carry_over(findings: Findings, *, name: str) -> Markup:
    """Each run at the threshold that its in-sample part would have chosen: what came of it out of sample."""
    from matplotlib.figure import Figure

    chosen = list(best_inside(findings).values())[:_MOST_DOTS]
    inside = _numbers([t.row.in_sample.mean_pnl_ticks for t in chosen])
    outside = _numbers([t.row.out_of_sample.mean_pnl_ticks for t in chosen])
    winners = np.array([t.is_winner for t in chosen], bool)
    with drawing():
        figure = Figure(figsize=_HALF)
        axes = figure.subplots()
        axes.set_title("Does it carry over?")
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.axvline(0, color=MUTED, linewidth=0.8)
        axes.axline((0, 0), slope=1, color=NULL, linewidth=1, linestyle="--", label="as good as before")
        for which, colour, label in ((~winners, NET, "runs"), (winners, GOOD, "winners")):
            if which.any():
                axes.plot(
                    inside[which], outside[which], "o", color=colour, alpha=0.55, markersize=3.5,
                    markeredgewidth=0, label=label,
                )  # fmt: skip
        axes.set_xlabel("in sample, net ticks a trade (best threshold there)")
        axes.set_ylabel("out of sample")
        figure.legend(loc="outside lower center", ncols=3)
        return inline_svg(figure, name=name, label="In sample against out of sample, one dot a run")


def best_inside(findings: Findings) -> dict[str, Trial]:
    """Of each run the trial with the best in-sample net expectancy, by run id; best runs first.

    Among those with enough signals for an interval in both parts.
    """

    def known(trial: Trial) -> float | None:
        inside, outside = trial.row.in_sample, trial.row.out_of_sample
        enough = inside.mean_pnl_low is not None and outside.mean_pnl_low is not None
        return inside.mean_pnl_ticks if enough else None

    pairs = [(mean, trial) for trial in findings.trials if (mean := known(trial)) is not None]
    found: dict[str, Trial] = {}
    for _, trial in sorted(pairs, key=lambda p: (-p[0], p[1].meta.run_id, p[1].row.threshold)):
        found.setdefault(trial.meta.run_id, trial)
    return found


def p_values(findings: Findings, *, name: str) -> Markup:
    """How the uncorrected p-values are spread, and how they would be if no trial had an edge."""
    from matplotlib.figure import Figure

    known = [t.row.p_value for t in findings.trials if t.row.p_value is not None]
    with drawing():
        figure = Figure(figsize=_HALF)
        axes = figure.subplots()
        axes.set_title("p-values of all trials, before correction")
        counts, edges = np.histogram(known, bins=20, range=(0, 1))
        axes.bar(edges[:-1], counts, width=0.046, align="edge", color=NET, alpha=0.75)
        axes.axhline(len(known) / 20, color=NULL, linewidth=1.2, linestyle="--", label="no edge at all")
        axes.set_xlabel("p-value against random entries")
        axes.set_ylabel("trials")
        figure.legend(loc="outside lower center")
        return inline_svg(figure, name=name, label="Histogram of p-values")


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    """None as a gap."""
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _step(x: Sequence[float]) -> float:
    return min(np.diff(x).tolist(), default=0.1)


def _clock(span: Span | None, n: int) -> tuple[NDArray[Any], str]:
    """Where the borders of ``n`` periods lie on the time axis, shape (n + 1,), and what the axis is called."""
    if span is None:
        return np.arange(n + 1, dtype=np.float64), f"period, of {n} equal ones"
    begin = np.datetime64(utc(span[0]).astimezone(EASTERN).replace(tzinfo=None), "ns")
    length_ns = span[1] - span[0]
    return begin + np.arange(n + 1) * length_ns // n * np.timedelta64(1, "ns"), "New York time"
