"""The page: findings in, HTML out. Whatever a name, a parameter or an error contains is shown as text."""

from __future__ import annotations

import datetime as dt_
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qm_harness.report import charts, numbers
from qm_harness.report.findings import Findings, session_of, utc
from qm_harness.report.surfaces import LEVELS, TRADING, settings_of, surfaces_of, varied
from qm_harness.report.verdict import verdict_of
from qm_harness.results.judged import Trial
from qm_harness.results.rows import RunMeta
from qm_harness.statistics.proportions import null_tp_rate
from qmcore import __version__
from qmcore.config.pipeline import EASTERN
from qmcore.contracts.experiments import Lineage

MOST_RANKED: Final = 50
MOST_SHOWN: Final = 5
"""Best runs with charts."""
MOST_SURFACES: Final = 16
MOST_ERRORS: Final = 20
MOST_POINTS: Final = 5
"""Points named for each error."""

_CARRY_OVER: Final = (
    "A dot is a run with enough signals in both parts. Where dots below the dashed line prevail, what looked good in "
    "sample was partly luck; a cloud around zero is nothing but luck."
)
_P_VALUES: Final = "Without any edge p-values are spread evenly; an edge piles them up at the left end."


@dataclass(frozen=True, slots=True)
class Whisker:
    """An interval as a drawing: places between 0 and 100."""

    low: float
    high: float
    mean: float
    outside: float | None
    zero: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """A line of the table."""

    rank: int
    trial: Trial
    settings: str
    """Parameters that the sweep varied for this signal."""
    null_tp_rate: float
    whisker: Whisker | None
    has_detail: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """One of the best runs with its charts."""

    ranked: Ranked
    charts: tuple[Markup, ...]
    net_ticks: float
    worst_drawdown: float
    lineage: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """One error, and where it happened."""

    error: str
    n: int
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """Trials over one stretch of market, which are judged together."""

    name: str
    bins: int | None
    hours: str
    n_trials: int
    n_winners: int
    spa_p: float | None
    overfitting_probability: float | None


def render(findings: Findings, *, written_at: dt_.datetime) -> str:
    """The whole file."""
    ranked = findings.ranked()
    lines = list(_lines(findings, ranked))
    surfaces, failures = surfaces_of(findings), list(_failures(findings))
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            findings=findings,
            verdict=verdict_of(findings),
            sessions=list(_sessions(findings)),
            overview=list(_overview(findings, ranked)),
            lines=lines[:MOST_RANKED],
            n_ranked=len(ranked),
            details=[_detail(findings, line) for line in lines if line.has_detail],
            surfaces=surfaces[:MOST_SURFACES],
            n_surfaces=len(surfaces),
            failures=failures[:MOST_ERRORS],
            n_failures=len(failures),
            lineage=list(_lineage(findings)),
            levels=LEVELS,
            written_at=f"{written_at:%Y-%m-%d %H:%M} UTC",
            version=__version__,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("qm_harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("ticks", "share", "p_value", "count", "duration"):
        environment.filters[name] = getattr(numbers, name)
    return environment


def _lines(findings: Findings, ranked: Sequence[Trial]) -> Iterator[Ranked]:
    shown = ranked[:MOST_RANKED]
    known = [x for t in shown for x in (*_interval(t), t.row.out_of_sample.mean_pnl_ticks) if x is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    axes = {
        signal: set(varied(m for m in findings.metas if m.signal == signal)) - set(TRADING)
        for signal in {t.meta.signal for t in shown}
    }
    for index, trial in enumerate(shown):
        own = axes[trial.meta.signal]
        settings = {name: value for name, value in settings_of(trial.meta).items() if name in own}
        yield Ranked(
            rank=index + 1,
            trial=trial,
            settings=_spelled(settings),
            null_tp_rate=null_tp_rate(trial.meta.tp_ticks, trial.meta.sl_ticks),
            whisker=_whisker(trial, low, high),
            has_detail=index < MOST_SHOWN,
        )


def _interval(trial: Trial) -> tuple[float | None, float | None, float | None]:
    return trial.row.mean_pnl_low, trial.row.mean_pnl_ticks, trial.row.mean_pnl_high


def _whisker(trial: Trial, low: float, high: float) -> Whisker | None:
    bottom, mean, top = _interval(trial)
    if bottom is None or mean is None or top is None or high <= low:
        return None
    outside = trial.row.out_of_sample.mean_pnl_ticks

    def place(value: float) -> float:
        return round(2 + 96 * (value - low) / (high - low), 2)

    return Whisker(
        place(bottom), place(top), place(mean), None if outside is None else place(outside), place(0.0)
    )


def _spelled(settings: dict[str, str | float | int | bool]) -> str:
    return ", ".join(f"{name} {numbers.plain(value)}" for name, value in settings.items())


def _overview(findings: Findings, ranked: Sequence[Trial]) -> Iterator[tuple[Markup, str]]:
    """Charts of all trials, with how to read each."""
    if charts.best_inside(findings):
        yield charts.carry_over(findings, name="carry-over"), _CARRY_OVER
    if ranked:
        yield charts.p_values(findings, name="p-values"), _P_VALUES


def _detail(findings: Findings, line: Ranked) -> Detail:
    trial, name = line.trial, f"run{line.rank}"
    curve = findings.curve(trial.meta.run_id)
    worth, depth = charts.equity_and_drawdown(trial)
    drawn = (
        charts.net_by_threshold(curve, trial, name=f"{name}-net"),
        charts.hits_by_threshold(curve, trial, name=f"{name}-hits"),
        charts.equity(trial, findings.evaluated(trial.meta), name=f"{name}-equity"),
    )
    of_run = trial.meta.model_dump(include=set(Lineage.model_fields))
    lineage = tuple((key, numbers.plain(value)) for key, value in of_run.items() if value is not None)
    return Detail(line, drawn, float(worth[-1]), float(depth.min()), lineage)


def _sessions(findings: Findings) -> Iterator[Session]:
    groups: dict[tuple[str, float | None, float | None], list[Trial]] = {}
    for trial in findings.trials:
        key = session_of(trial.meta.dataset_id), trial.spa_p, trial.overfitting_probability
        groups.setdefault(key, []).append(trial)
    for (name, spa_p, overfitting), trials in groups.items():
        meta = trials[0].meta
        manifest, span = findings.manifests.get(meta.dataset_id), findings.evaluated(meta)
        yield Session(
            name=name,
            bins=None if manifest is None else manifest.bins,
            hours="" if span is None else " to ".join(f"{utc(t).astimezone(EASTERN):%H:%M:%S}" for t in span),
            n_trials=len(trials),
            n_winners=sum(trial.is_winner for trial in trials),
            spa_p=spa_p,
            overfitting_probability=overfitting,
        )


def _failures(findings: Findings) -> Iterator[Failure]:
    points: dict[str, list[RunMeta]] = {}
    for meta in findings.failed:
        points.setdefault(meta.error or "no reason was recorded", []).append(meta)
    for error, metas in sorted(points.items(), key=lambda item: -len(item[1])):
        named = tuple(f"{m.run_id}: {_spelled(settings_of(m))}" for m in metas[:MOST_POINTS])
        yield Failure(error, len(metas), named)


def _lineage(findings: Findings) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """What the runs were made of, each with how many of them."""
    for title, name in (
        ("Dataset", "dataset_id"),
        ("Dataset hash", "dataset_hash"),
        ("Specification hash", "spec_hash"),
        ("Code version", "code_version"),
        ("Seed", "seed"),
        ("Serving", "serving"),
    ):
        counted = Counter(str(getattr(meta, name)) for meta in findings.metas)
        yield title, counted.most_common()
    costs = Counter(
        json.dumps(meta.model_dump(include={"entry", "fee_ticks", "slippage_ticks", "latency_bins"}))
        for meta in findings.metas
    )
    yield "Costs", [(_spelled(json.loads(text)), n) for text, n in costs.most_common()]
