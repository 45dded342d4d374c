"""Promotion of runs: the gate, the choice of a threshold, the serving that comes out, and what the registry keeps."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from qm_harness.promotion.promote import Promoted, promote_run
from qm_harness.results.rows import RunMeta, RunRow
from qm_harness.results.store import ResultStore, Run
from qmcore.cli import main
from qmcore.errors import (
    AliasConflict,
    BadInput,
    ConfigError,
    CorruptData,
    NotFound,
    OptionError,
    PromotionRefused,
)
from qmcore.registry_access import Registry, open_registry
from tests.integration.promotion.conftest import Evaluated
from tests.unit.results.rows import row, sample

WINNER = "feedfeedfeedfeed"
GOOD = sample(n_signals=40, mean_pnl_ticks=1.5, mean_pnl_low=0.5)
BETTER = sample(n_signals=40, mean_pnl_ticks=2.5, mean_pnl_low=1.0)


def _winner(of: RunMeta, **changes: object) -> Run:
    """A run like ``of`` that passes the gate at 0.3, and at 0.1 only looks better out of sample."""
    later = of.created_at + dt.timedelta(minutes=1)
    meta = of.model_copy(update={"run_id": WINNER, "created_at": later, **changes})
    rows = [row(WINNER, threshold, (1.0,) * 128, p_value=1e-6) for threshold in (0.1, 0.3)]
    samples = [(GOOD, BETTER), (BETTER, GOOD)]
    rows = [
        each.model_copy(update={"in_sample": early, "out_of_sample": late})
        for each, (early, late) in zip(rows, samples, strict=True)
    ]
    return Run(meta, tuple(rows))


@pytest.fixture
def registry(evaluated: Evaluated) -> Iterator[Registry]:
    """The lake's own."""
    with open_registry(None, evaluated.lake.root) as opened:
        yield opened


@pytest.fixture
def winner(evaluated: Evaluated) -> RunMeta:
    """A run that passes the gate."""
    run = _winner(evaluated.run("ofi"))
    ResultStore(evaluated.lake).append([run])
    return run.meta


def _promote(evaluated: Evaluated, registry: Registry, run_id: str, **options: object) -> Promoted:
    return promote_run(evaluated.lake, registry, evaluated.chain, run_id, "live", who="tester", **options)  # type: ignore[arg-type]


def test_a_run_that_passes_is_published_and_its_alias_points_at_it(
    evaluated: Evaluated, registry: Registry, winner: RunMeta
) -> None:
    promoted = _promote(evaluated, registry, WINNER)
    serving = registry.resolve("live").serving
    assert (promoted.alias.serving_id, promoted.alias.version) == (serving.serving_id, 1)
    assert (promoted.created, promoted.previous_serving_id, promoted.failed) == (True, None, ())
    assert serving.serving_id.startswith(f"sweep-{WINNER}-")
    assert (serving.source.run_id, serving.source.experiment, serving.source.serving) == (
        WINNER,
        "sweep",
        "live",
    )
    assert serving.source.config_hash == winner.spec_hash
    moved, published = registry.events().items
    assert (published.evidence, published.override) == (promoted.evidence, None)
    assert (moved.who, moved.why) == ("tester", f"run {WINNER} of sweep at threshold 0.3")


def test_the_threshold_is_chosen_in_sample(evaluated: Evaluated, registry: Registry, winner: RunMeta) -> None:
    chosen = _promote(evaluated, registry, WINNER).evidence
    assert (chosen.threshold, chosen.out_of_sample_mean_pnl_ticks) == (0.3, 1.5)
    named = _promote(evaluated, registry, WINNER, threshold=0.1).evidence
    assert (named.threshold, named.out_of_sample_mean_pnl_ticks) == (0.1, 2.5)
    with pytest.raises(OptionError, match=r"0.2 is not allowed; allowed: 0.1, 0.3"):
        _promote(evaluated, registry, WINNER, threshold=0.2)


def test_every_trial_of_the_experiment_is_counted(
    evaluated: Evaluated, registry: Registry, winner: RunMeta
) -> None:
    """One more run is planned by nobody: it is counted all the same."""
    evidence = _promote(evaluated, registry, WINNER).evidence
    assert evidence.n_trials == 2 * len({meta.run_id for meta in ResultStore(evaluated.lake).metas()})
    assert evidence.holm_p == pytest.approx(1e-6 * evidence.n_trials)


def test_a_run_without_evidence_is_refused_recorded_and_moves_nothing(
    evaluated: Evaluated, registry: Registry
) -> None:
    run_id = evaluated.run("pfp").run_id
    with pytest.raises(PromotionRefused) as caught:
        _promote(evaluated, registry, run_id, threshold=0.1)
    assert caught.value.run_id == run_id
    assert registry.servings().total == registry.aliases().total == 0
    (event,) = registry.events().items
    assert (event.action, event.outcome) == ("publish", "refused")
    assert event.evidence is not None
    assert event.evidence.run_id == run_id
    assert all(reason in event.detail for reason in caught.value.reasons)


def test_an_override_is_in_the_history_of_alias_and_publication(
    evaluated: Evaluated, registry: Registry
) -> None:
    run_id = evaluated.run("pfp").run_id
    promoted = _promote(evaluated, registry, run_id, threshold=0.1, override="a demonstration")
    assert promoted.failed
    moved, published = registry.events().items
    assert (published.override, published.outcome) == ("a demonstration", "done")
    assert moved.why == f"run {run_id} of sweep at threshold 0.1; gate overridden: a demonstration"


def test_two_runs_are_two_servings_although_they_stream_the_same(
    evaluated: Evaluated, registry: Registry, winner: RunMeta
) -> None:
    same = evaluated.run("ofi").run_id
    first = _promote(evaluated, registry, WINNER)
    second = _promote(evaluated, registry, same, threshold=0.1, override="a demonstration")
    assert registry.resolve("live").serving.source.run_id == same
    assert second.previous_serving_id == first.alias.serving_id
    assert registry.diff(first.alias.serving_id, second.alias.serving_id).same
    again = _promote(evaluated, registry, same, threshold=0.1, override="a demonstration")
    assert (again.created, again.alias.version) == (False, 2)


def test_an_alias_that_is_not_where_it_was_expected_stays(
    evaluated: Evaluated, registry: Registry, winner: RunMeta
) -> None:
    _promote(evaluated, registry, WINNER, expected="")
    with pytest.raises(AliasConflict):
        _promote(evaluated, registry, WINNER, expected="")
    with pytest.raises(ConfigError, match="expected_serving_id"):
        _promote(evaluated, registry, WINNER, expected="yesterday's")
    assert registry.history("live", outcome="refused").total == 1


def test_a_run_that_is_not_there_or_failed_cannot_be_promoted(
    evaluated: Evaluated, registry: Registry
) -> None:
    there = sorted(meta.run_id for meta in ResultStore(evaluated.lake).metas())
    with pytest.raises(NotFound, match="unknown run of experiment sweep 'nope'") as caught:
        _promote(evaluated, registry, "nope")
    assert caught.value.available == there
    failed = evaluated.run("ofi").model_copy(
        update={"run_id": "f" * 16, "status": "failed", "error": "ValueError: x"}
    )
    ResultStore(evaluated.lake).append([Run(failed)])
    with pytest.raises(BadInput, match=r"failed, there is nothing to promote: ValueError: x"):
        _promote(evaluated, registry, "f" * 16)
    assert registry.events().total == 0


def test_without_enough_trades_in_sample_there_is_no_choice_to_make(
    evaluated: Evaluated, registry: Registry
) -> None:
    meta = evaluated.run("ofi").model_copy(update={"run_id": WINNER})
    quiet = sample(n_signals=2, mean_pnl_ticks=9.0)
    rows: tuple[RunRow, ...] = (row(WINNER, 0.1, (0.0,) * 128).model_copy(update={"in_sample": quiet}),)
    ResultStore(evaluated.lake).append([Run(meta, rows)])
    with pytest.raises(
        BadInput, match=r"no threshold with 3 trades in sample to choose by; name one \(threshold\): 0.1"
    ):
        _promote(evaluated, registry, WINNER)


CHANGED: list[tuple[str, str, dict[str, object], str]] = [
    ("serving", "live", {"scoring": {"flow_tanh_scale": 4.0}}, "flow_tanh_scale: was 3.0 and is 4.0"),
    ("pipelines", "market", {"pipeline": {"grid_radius_ticks": 40}}, "grid_radius_ticks: was 50 and is 40"),
    (
        "pipelines",
        "market",
        {
            "capture": {
                "product_type": "future_mbo",
                "symbol": "ESH5",
                "dt": "2025-02-03",
                "start_time": "09:30:20",
                "end_time": "09:30:41",
            }
        },
        "end_time: was '09:30:40' and is '09:30:41'",
    ),
]


@pytest.mark.parametrize(("kind", "name", "changes", "words"), CHANGED)
def test_files_that_make_other_bins_than_the_run_are_refused(
    evaluated: Evaluated,
    registry: Registry,
    winner: RunMeta,
    kind: str,
    name: str,
    changes: dict[str, object],
    words: str,
) -> None:
    evaluated.edit(kind, name, **changes)
    with pytest.raises(ConfigError) as caught:
        _promote(evaluated, registry, WINNER)
    assert words in str(caught.value)
    assert f"its files have changed since (spec hash {winner.spec_hash[:12]}, now" in str(caught.value)
    assert registry.events().total == 0


def test_files_that_changed_only_in_what_is_streamed_or_tried_do_not_matter(
    evaluated: Evaluated, registry: Registry, winner: RunMeta
) -> None:
    evaluated.edit("serving", "live", stream_schema={"float_dtype": "float32"})
    evaluated.edit("experiments", "sweep", sweep={"per_signal": {"pfp": {}}})
    promoted = _promote(evaluated, registry, WINNER)
    snapshot = registry.serving(promoted.alias.serving_id).runtime_snapshot
    assert (snapshot.signal.name, snapshot.stream_schema.float_dtype) == ("ofi", "float32")


def test_parameters_that_mean_something_else_now_are_refused(
    evaluated: Evaluated, registry: Registry
) -> None:
    run = _winner(evaluated.run("pfp"), params='{"lag_bins": 5}')
    ResultStore(evaluated.lake).append([run])
    with pytest.raises(ConfigError, match=r"signal\.params\.\w+: was None and would be"):
        _promote(evaluated, registry, WINNER)


def test_a_run_of_other_code_is_promoted_and_said_to_be(evaluated: Evaluated, registry: Registry) -> None:
    ResultStore(evaluated.lake).append([_winner(evaluated.run("ofi"), code_version="0.0.1+other")])
    assert not _promote(evaluated, registry, WINNER).same_code
    assert _promote(evaluated, registry, evaluated.run("ofi").run_id, threshold=0.1, override="x").same_code


def test_a_run_whose_dataset_is_gone_is_refused_only_where_it_cannot_be_made_again(
    evaluated: Evaluated, registry: Registry
) -> None:
    ResultStore(evaluated.lake).append(
        [_winner(evaluated.run("ofi"), dataset_id="ESH5_20250203__gone__00000000")]
    )
    with pytest.raises(ConfigError, match=r"not the run's ESH5_20250203__gone__00000000, which is gone"):
        _promote(evaluated, registry, WINNER)


def test_a_run_whose_model_is_gone_or_damaged_is_refused(evaluated: Evaluated, registry: Registry) -> None:
    run = evaluated.run("logit")
    assert run.artifact is not None
    path = evaluated.lake.artifact_path(run.artifact)
    model = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(model[:-1] + b"x")
    with pytest.raises(CorruptData, match="does not match its name"):
        _promote(evaluated, registry, run.run_id, threshold=0.1, override="a demonstration")
    path.unlink()
    with pytest.raises(NotFound, match=f"unknown artifact '{run.artifact}'"):
        _promote(evaluated, registry, run.run_id, threshold=0.1, override="a demonstration")
    assert registry.events().total == 0
    path.write_bytes(model)
    promoted = _promote(evaluated, registry, run.run_id, threshold=0.1, override="a demonstration")
    snapshot = registry.serving(promoted.alias.serving_id).runtime_snapshot
    assert snapshot.signal.artifact == run.artifact


# --- qm promote ---


def _qm(evaluated: Evaluated, *arguments: str) -> Result:
    return CliRunner().invoke(
        main, ["promote", *arguments, "--lake-root", str(evaluated.lake.root), "--who", "ada"]
    )


def test_the_command_prints_what_it_did(evaluated: Evaluated, winner: RunMeta) -> None:
    done = _qm(evaluated, "sweep", "--run-id", WINNER, "--alias", "live", "--format", "json")
    assert (done.exit_code, done.stderr) == (0, "")
    (printed,) = json.loads(done.stdout)
    assert (printed["alias"], printed["version"], printed["run_id"]) == ("live", 1, WINNER)
    assert (printed["threshold"], printed["overridden"]) == (0.3, False)
    table = _qm(evaluated, str(evaluated.file), "--run-id", WINNER, "--alias", "live")
    assert printed["serving_id"] in table.stdout


def test_the_command_fails_where_the_gate_refuses_and_says_every_reason(evaluated: Evaluated) -> None:
    run_id = evaluated.run("pfp").run_id
    arguments = "sweep", "--run-id", run_id, "--alias", "live", "--threshold", "0.1"
    refused = _qm(evaluated, *arguments)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"error: run {run_id} may not be promoted, unless with an override")
    assert "\n  - p-value against random entries, Holm-corrected for 28 trials: " in refused.stderr
    passed = _qm(evaluated, *arguments, "--override", "a demonstration")
    assert passed.exit_code == 0
    assert "overridden: p-value against random entries" in passed.stderr
    empty = _qm(evaluated, *arguments, "--override", " ")
    assert (empty.exit_code, empty.stderr) == (
        2,
        "error: publication: override: is empty; allowed: a reason\n",
    )


def test_the_command_warns_of_other_code(evaluated: Evaluated) -> None:
    ResultStore(evaluated.lake).append([_winner(evaluated.run("ofi"), code_version="0.0.1+other")])
    done = _qm(evaluated, "sweep", "--run-id", WINNER, "--alias", "live")
    assert done.exit_code == 0
    assert f"warning: the code has changed since run {WINNER} was evaluated" in done.stderr


def test_bad_input_is_exit_code_2(evaluated: Evaluated) -> None:
    for arguments, words in (
        (("nope", "--run-id", "x", "--alias", "a"), "unknown experiment file 'nope'; there are: sweep"),
        (("sweep", "--run-id", "x", "--alias", "a.b"), "alias: String should match pattern"),
        (("sweep", "--run-id", "x", "--alias", "a"), "unknown run of experiment sweep 'x'"),
    ):
        done = _qm(evaluated, *arguments)
        assert done.exit_code == 2
        assert words in done.stderr
