"""The page: what it shows of known results, that it shows it as text, and that nothing makes it fail."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qm_harness.evaluation import SampleStats
from qm_harness.report.findings import Findings
from qm_harness.report.page import MOST_SHOWN, render
from qm_harness.results.judged import Trial
from qm_harness.results.rows import RunMeta, RunRow
from qm_harness.results.store import ResultStore, Run
from tests.unit.report.conftest import ERROR, rows_of, runs
from tests.unit.report.reading import Page
from tests.unit.results.rows import meta

NOON = dt.datetime(2025, 2, 3, 12, 30, tzinfo=dt.UTC)


def read(findings: Findings) -> Page:
    return Page(render(findings, written_at=NOON))


@pytest.fixture(scope="module")
def html(findings: Findings) -> str:
    """The report of the made-up experiment."""
    return render(findings, written_at=NOON)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    """The same, read."""
    return Page(html)


def test_a_report_has_these_parts_in_this_order(page):
    assert page.headings == [
        ("h1", "Experiment report sweep"),
        ("h2", "3 of 12 trials, in 1 run, remain after correction, and the best holds out of sample."),
        ("h2", "Runs, best first"),
        ("h2", "All trials together"),
        ("h2", "The best runs"),
        ("h3", "1. ofi · TP 8 / SL 4 · cooldown 30 · window_bins 20 winner"),
        ("h3", "2. ofi · TP 6 / SL 4 · cooldown 30 · window_bins 40"),
        ("h2", "Parameters in pairs"),
        ("h2", "Failed points"),
        ("h2", "Lineage"),
        ("h2", "How to read this"),
    ]
    assert page.tags.count("svg") == 2 + 2 + 3 * 2  # intervals in the table, all trials, three charts a run
    assert "2025-02-03 12:30 UTC" in page.text


def test_the_table_ranks_runs_with_enough_signals_at_their_best_threshold(page):
    header, first, second = page.tables[0]
    assert dict(zip(header, first, strict=True)) == {
        "": "",
        "Signal": "ofi winner window_bins 20",
        "TP / SL ticks": "8 / 4",
        "Cool- down": "30",
        "Thres- hold": "0.4",
        "Trades": "50",
        "Net a trade 95 % interval": "+2.00 +1.50 to +2.50",
        "In sample trades": "+2.00 33",
        "Out of sample trades": "+1.00 35",
        "TP rate null": "50.0 % 33.3 %",
        "To exit median": "4.0 s",
        "p": "< 0.001",
        "Holm p": "0.001",
        "BY p": "0.001",
        "Deflated Sharpe": first[-1],
    } | {"": first[7]}
    assert second[0] == "2"
    assert second[1] == "ofi window_bins 40"


def test_errors_and_names_are_shown_as_text(lake):
    name = "<img src=x onerror=alert(1)>"
    strange = Run(
        meta("x", 8, signal=name, params=json.dumps({name: "</td><marquee>"}), serving=name),
        rows_of("x", 0.5),
    )
    other = Run(meta("y", 9, signal=name, params=json.dumps({name: 1})), rows_of("y", 0.25))
    ResultStore(lake).append([strange, other])
    page = read(Findings.gather(lake, "sweep"))
    assert {"script", "img", "marquee"} & set(page.tags) == set()
    assert ERROR in page.text
    assert page.text.count(name) >= 4
    assert "</td><marquee>" in page.text


def test_a_report_needs_nothing_but_itself(html, page):
    assert all(link.startswith("#") for link in page.links)
    assert {"script", "link", "iframe", "object"} & set(page.tags) == set()
    assert "@import" not in html
    assert re.findall(r"https?://[^\"' ]+", html) == [
        address
        for address in re.findall(r"https?://[^\"' ]+", html)
        if address.startswith("http://www.w3.org/")
    ]


def test_every_link_has_its_target_and_every_id_is_there_once(html, page):
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} | set(re.findall(r"url\(#([^)]+)\)", html)) <= set(page.ids)


def test_colours_of_charts_follow_the_page(html):
    used = set(re.findall(r"var\((--chart-[a-z]+)\)", html))
    assert used >= {"--chart-net", "--chart-outside", "--chart-null", "--chart-grid"}
    assert used <= set(re.findall(r"(--chart-[a-z]+):", html))
    assert "#f00d" not in html
    assert not re.findall(r"(?:fill|stroke): #", html)


def test_the_same_findings_are_the_same_bytes(findings, html):
    assert html == render(findings, written_at=NOON)


def test_lineage_names_all_that_the_runs_were_made_of(page):
    text = page.text
    assert "Dataset hash d Specification hash s Code version 1 Seed 1 Serving live" in text
    assert "Costs entry touch, fee_ticks 0, slippage_ticks 0, latency_bins 1 Trials counted 12" in text
    assert "bad: signal derivative, tp_ticks 8, sl_ticks 4, cooldown_bins 30" in text


def test_stretches_of_market_are_listed_apart(lake):
    other_day = meta("f", 5, dataset_id="ES_20250204_0930_1030__m__01234567")
    ResultStore(lake).append([Run(other_day, rows_of("f", 0.5))])
    page = read(Findings.gather(lake, "sweep"))
    (sessions,) = [table for table in page.tables if table[0][0] == "Stretch of market"]
    assert [line[0] for line in sessions[1:]] == ["ES_20250203_0930_1030", "ES_20250204_0930_1030"]
    assert [line[2:4] for line in sessions[1:]] == [["9", "3"], ["3", "0"]]


@pytest.mark.parametrize("kept", [[], [0], [1], [2], [3], [2, 3]])
def test_any_part_of_an_experiment_is_a_report(findings, kept):
    metas = tuple(findings.metas[i] for i in kept)
    ids = {m.run_id for m in metas}
    page = read(Findings("sweep", metas, tuple(t for t in findings.trials if t.meta.run_id in ids)))
    assert page.headings[0] == ("h1", "Experiment report sweep")
    assert page.headings[-1] == ("h2", "How to read this")


NUMBER = st.none() | st.floats(-1e6, 1e6)
SHARE = st.none() | st.floats(0, 1)


@st.composite
def samples(draw: st.DrawFn) -> SampleStats:
    """Whatever may be null is."""
    n = draw(st.integers(0, 500))
    shares = ("tp_rate", "sl_rate", "timeout_rate", "tp_rate_low", "tp_rate_high", "p_value")
    numbers = set(SampleStats.model_fields) - set(shares) - {"n_signals", "n_up", "n_down", "events_per_hour"}
    return SampleStats.model_validate(
        {"n_signals": n, "n_up": n, "n_down": 0, "events_per_hour": 1.0}
        | {name: draw(SHARE) for name in shares}
        | {name: draw(NUMBER) for name in sorted(numbers)}
    )


@st.composite
def experiments(draw: st.DrawFn) -> Findings:
    """Some runs, some failed, some without thresholds, all numbers anything."""
    metas: list[RunMeta] = []
    trials: list[Trial] = []
    for index in range(draw(st.integers(0, 4))):
        error = draw(st.none() | st.text(max_size=30))
        params = draw(
            st.dictionaries(st.text(max_size=5), NUMBER | st.text(max_size=5) | st.booleans(), max_size=2)
        )
        signal, fraction = draw(st.sampled_from(("ofi", "pfp"))), draw(st.floats(0.01, 0.99))
        made = meta(
            f"r{index}", index, error, params=json.dumps(params), signal=signal, in_sample_fraction=fraction
        )
        metas.append(made)
        for threshold in () if error is not None else draw(st.sets(st.floats(0.01, 1e3), max_size=3)):
            row = RunRow(
                **dict(draw(samples())),
                threshold=threshold,
                enough_signals=draw(st.booleans()),
                in_sample=draw(samples()),
                out_of_sample=draw(samples()),
                run_id=made.run_id,
                period_pnl=tuple(draw(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))),
            )
            trials.append(
                Trial(
                    meta=made,
                    row=row,
                    n_trials=draw(st.integers(1, 10**6)),
                    holm_p=draw(st.floats(0, 1)),
                    benjamini_yekutieli_p=draw(st.floats(0, 1)),
                    deflated_sharpe=draw(st.floats(0, 1)),
                    is_winner=draw(st.booleans()),
                    overfitting_probability=draw(SHARE),
                    spa_p=draw(SHARE),
                )
            )
    return Findings("sweep", tuple(metas), tuple(trials))


@settings(max_examples=6)
@given(experiments())
def test_no_experiment_is_without_a_report(findings):
    page = read(findings)
    assert len(page.ids) == len(set(page.ids))
    shown = min(MOST_SHOWN, len(findings.ranked()))
    assert sum(tag == "h3" for tag, _ in page.headings) == shown


def test_ranks_are_those_of_compare(lake, findings):
    from qm_harness.results.comparison import ranked

    rows = ranked([t for t in findings.trials if t.row.enough_signals])
    assert [(r.run_id, r.threshold) for r in rows] == [
        (t.meta.run_id, t.row.threshold) for t in findings.ranked()
    ]
    assert len(rows) == 2
    assert replace(findings, trials=()).ranked() == []
    assert [run.meta.run_id for run in runs()] == [m.run_id for m in findings.metas]
