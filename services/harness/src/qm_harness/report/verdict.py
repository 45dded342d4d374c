"""The verdict in plain words: what the numbers of an experiment say together, and what speaks against them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from qm_harness.report.findings import Findings, session_of
from qm_harness.report.numbers import count, p_value, share, ticks
from qm_harness.results.judged import Trial
from qm_harness.results.rows import RunMeta

Tone = Literal["good", "warn", "bad"]

ALPHA: Final = 0.05
FEW_TRADES: Final = 30
"""Below it an interval says little, whatever the experiment asked for."""
ONE_SIDED: Final = 0.1
"""Share of trades against the others below which a run depends on where the market went."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with its name and what it means."""

    name: str
    value: str
    meaning: str
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader who reads nothing else should know."""

    headline: str
    tone: Tone
    sentences: tuple[str, ...]
    tiles: tuple[Tile, ...]
    warnings: tuple[str, ...]


def verdict_of(findings: Findings) -> Verdict:
    """The verdict on ``findings``, whatever there is of them."""
    ranked = findings.ranked()
    best = next((trial for trial in ranked if trial.is_winner), ranked[0] if ranked else None)
    headline, tone = _headline(findings, best)
    return Verdict(
        headline=headline,
        tone=tone,
        sentences=tuple(_sentences(findings, best)),
        tiles=tuple(_tiles(findings, best)),
        warnings=tuple(_warnings(findings, best)),
    )


def _headline(findings: Findings, best: Trial | None) -> tuple[str, Tone]:
    n = count(findings.n_trials, "trial")
    if not findings.metas:
        return "Nothing has been tried yet.", "warn"
    if not findings.trials:
        return f"Nothing to judge: {_all_of(len(findings.failed))} failed.", "bad"
    if best is None:
        return "Nothing to judge: no run had enough signals.", "warn"
    if not findings.winners and best.spa_p is not None and best.spa_p <= ALPHA:
        return (
            f"Not proven: none of {n} remains after correction, though together they beat not trading.",
            "warn",
        )
    if not findings.winners:
        return f"No edge found: after correction for {n}, none is better than luck.", "bad"
    runs = count(len({trial.meta.run_id for trial in findings.winners}), "run")
    remain = "remains" if len(findings.winners) == 1 else "remain"
    held = f"{len(findings.winners):,} of {n}, in {runs}, {remain} after correction"
    outside = best.row.out_of_sample
    if not costs_are_real(best.meta):
        return f"{held}, but costs are zero.", "warn"
    if outside.mean_pnl_ticks is None or outside.mean_pnl_ticks <= 0:
        return f"{held}, but the best of them earns nothing out of sample.", "warn"
    if outside.mean_pnl_low is None or outside.mean_pnl_low <= 0:
        return f"{held}; out of sample the best is not clearly above zero.", "warn"
    return f"{held}, and the best holds out of sample.", "good"


def _all_of(n: int) -> str:
    return "the only run" if n == 1 else f"all {n:,} runs"


def _sentences(findings: Findings, best: Trial | None) -> Iterator[str]:
    if not findings.metas:
        return
    failed = len(findings.failed)
    also = f" {count(failed, 'run')} failed and count{'s' if failed == 1 else ''} as well." if failed else ""
    yield (
        f"{count(findings.n_trials, 'trial')}: every point of the sweep at every threshold, over everything that was "
        f"ever tried under this experiment's name.{also}"
    )
    if best is None:
        return
    row, inside, outside = best.row, best.row.in_sample, best.row.out_of_sample
    which = "The best that remains" if best.is_winner else "The best by net expectancy"
    interval = (
        f" (95 % interval {ticks(row.mean_pnl_low)} to {ticks(row.mean_pnl_high)})"
        if row.mean_pnl_low is not None
        else ""
    )
    yield (
        f"{which}, {best.meta.signal} at threshold {row.threshold:g}, made {ticks(row.mean_pnl_ticks)} ticks a trade "
        f"after costs{interval} over {count(row.n_signals, 'trade')}: in sample {ticks(inside.mean_pnl_ticks)} "
        f"({inside.n_signals:,}), out of sample {ticks(outside.mean_pnl_ticks)} ({outside.n_signals:,})."
    )
    yield f"Its p-value against random entries is {p_value(row.p_value)}, and {p_value(best.holm_p)} after correction."
    if best.spa_p is not None:
        yield (
            f"That no trial at all beats staying out of the market "
            f"{'is refuted' if best.spa_p <= ALPHA else 'cannot be ruled out'} (SPA p {p_value(best.spa_p)})."
        )
    if best.overfitting_probability is not None:
        yield (
            f"In {share(best.overfitting_probability)} of the ways to split time in halves, the winner of one half "
            f"was no better than the median of all trials in the other: the probability of overfitting."
        )


def _tiles(findings: Findings, best: Trial | None) -> Iterator[Tile]:
    ok = len(findings.metas) - len(findings.failed)
    yield Tile("Trials", f"{findings.n_trials:,}", f"{ok:,} runs done, {len(findings.failed):,} failed")
    n = len(findings.winners)
    yield Tile("Winners", f"{n:,}", "Holm p at most 5 %, interval above zero", "good" if n else "bad")
    if best is None:
        return
    spa, overfit = best.spa_p, best.overfitting_probability
    yield Tile(
        "SPA p", p_value(spa), "no trial beats not trading", None if spa is None else _tone(spa <= ALPHA)
    )
    yield Tile(
        "Overfitting",
        share(overfit),
        "probability; a coin has 50 %",
        None if overfit is None else _tone(overfit < 0.2, overfit < 0.5),
    )
    inside, outside = best.row.in_sample.mean_pnl_ticks, best.row.out_of_sample
    yield Tile("In sample", ticks(inside), "net ticks a trade, best run", None)
    low = outside.mean_pnl_low
    yield Tile(
        "Out of sample",
        ticks(outside.mean_pnl_ticks),
        f"{ticks(low)} to {ticks(outside.mean_pnl_high)}" if low is not None else "too few for an interval",
        _tone(low is not None and low > 0, (outside.mean_pnl_ticks or 0) > 0),
    )
    yield Tile(
        "Deflated Sharpe",
        share(best.deflated_sharpe),
        "that it is more than the luck of the best",
        _tone(best.deflated_sharpe >= 0.95, best.deflated_sharpe >= 0.5),
    )


def _tone(good: bool, fair: bool = False) -> Tone:
    return "good" if good else "warn" if fair else "bad"


def costs_are_real(meta: RunMeta) -> bool:
    """Whether a trade of this run pays anything: the spread, fees or slippage."""
    return meta.entry == "touch" or meta.fee_ticks + meta.slippage_ticks > 0


def _warnings(findings: Findings, best: Trial | None) -> Iterator[str]:
    metas = findings.metas
    free = sum(not costs_are_real(meta) for meta in metas)
    if free:
        yield (
            f"Costs are zero in {count(free, 'run')}: entries at the mid, no fees, no slippage. Nobody trades so; "
            "enter at the touch, or set fee_ticks and slippage_ticks."
        )
    if any(meta.latency_bins == 0 for meta in metas):
        yield "Some runs enter in the bin of the signal itself (latency_bins 0): no feed is that fast."
    if findings.failed:
        yield f"{count(len(findings.failed), 'run')} failed; see below. Their trials count as tried."
    made = sum(meta.n_thresholds for meta in metas)
    if findings.n_trials > made:
        yield f"The sweep is not finished: {made:,} of {findings.n_trials:,} planned trials are done."
    ok = {meta.run_id for meta in metas if meta.status == "ok"}
    poor = len(ok) - len({t.meta.run_id for t in findings.trials if t.row.enough_signals})
    if poor:
        yield f"{count(poor, 'run')} of {len(ok):,} had too few signals at every threshold and cannot be ranked."
    if best is not None:
        yield from _doubts(best)
    sessions = {session_of(meta.dataset_id) for meta in metas}
    if len(sessions) == 1:
        yield f"One stretch of market only, {next(iter(sessions))}: nothing here says how other days behave."
    for name, values in (
        ("code", {meta.code_version for meta in metas}),
        ("specification", {meta.spec_hash for meta in metas}),
    ):
        if len(values) > 1:
            yield f"The runs come from {len(values)} versions of the {name}; all of their trials are counted."
    gone = {meta.dataset_id for meta in metas} - set(findings.manifests)
    if gone:
        yield f"No longer in the lake, or damaged: {', '.join(sorted(gone))}."


def _doubts(best: Trial) -> Iterator[str]:
    """What speaks against the best trial."""
    outside = best.row.out_of_sample
    if outside.n_signals < FEW_TRADES:
        yield f"The best run has only {count(outside.n_signals, 'trade')} out of sample."
    if outside.mean_pnl_ticks is not None and outside.mean_pnl_ticks <= 0:
        yield "The best run does not earn its costs out of sample."
    up, down = best.row.n_up, best.row.n_down
    if min(up, down) < ONE_SIDED * (up + down):
        yield f"The best run traded nearly one way only ({up:,} up, {down:,} down): drift may explain it."
    if best.overfitting_probability is not None and best.overfitting_probability >= 0.5:
        yield "Choosing by past results was no better than a coin here (probability of overfitting 50 % or more)."
