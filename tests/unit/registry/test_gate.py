"""The promotion gate: as a rule, and as the registry holds to it through both of its doors."""

from __future__ import annotations

import httpx
import pytest

from qm_registry.local import LocalRegistry
from qmcore.config.serving import PublishedServingSpec, publish
from qmcore.contracts.promotion import Passage, PromotionEvidence, failed_conditions, pass_gate
from qmcore.errors import ConfigError, PromotionRefused
from qmcore.registry_access import Registry
from tests.unit.registry.servings import serving, snapshot, source

RUN = "0123456789abcdef"


def evidence(**changes: object) -> PromotionEvidence:
    """Evidence that passes; ``changes`` may spoil it."""
    good = {
        "run_id": RUN,
        "experiment": "sweep",
        "threshold": 0.3,
        "n_trials": 500,
        "n_signals": 120,
        "out_of_sample_n_signals": 40,
        "out_of_sample_mean_pnl_ticks": 0.9,
        "out_of_sample_mean_pnl_low": 0.2,
        "holm_p": 0.01,
        "min_signals": 20,
        "entry": "touch",
        "fee_ticks": 0.0,
        "slippage_ticks": 0.0,
    }
    return PromotionEvidence.model_validate(good | changes)


def of_a_run(run_id: str | None = RUN, experiment: str | None = "sweep") -> PublishedServingSpec:
    """A serving that was made of a run."""
    return publish(snapshot(), name="sweep", source=source(run_id=run_id, experiment=experiment))


FAILURES: list[tuple[dict[str, object], tuple[str, ...]]] = [
    ({}, ()),
    ({"out_of_sample_n_signals": 20, "out_of_sample_mean_pnl_low": 1e-9, "holm_p": 0.05}, ()),
    ({"entry": "mid", "fee_ticks": 0.1}, ()),
    ({"entry": "mid", "slippage_ticks": 0.1}, ()),
    ({"out_of_sample_n_signals": 19}, ("out-of-sample trades: 19; must be at least 20",)),
    (
        {"out_of_sample_mean_pnl_low": -0.12},
        ("out-of-sample mean net pnl: 95 % interval reaches down to -0.12 ticks; must be above 0",),
    ),
    (
        {"out_of_sample_mean_pnl_low": 0.0},
        ("out-of-sample mean net pnl: 95 % interval reaches down to 0 ticks; must be above 0",),
    ),
    (
        {"holm_p": 0.0501},
        ("p-value against random entries, Holm-corrected for 500 trials: 0.0501; must be at most 0.05",),
    ),
    (
        {"entry": "mid"},
        (
            "costs: entry at mid, no fee and no slippage; must be entry at the touch, or fee + slippage above 0",
        ),
    ),
    (
        {
            "out_of_sample_n_signals": 0,
            "out_of_sample_mean_pnl_ticks": None,
            "out_of_sample_mean_pnl_low": None,
            "holm_p": 1.0,
            "entry": "mid",
        },
        (
            "out-of-sample trades: 0; must be at least 20",
            "out-of-sample mean net pnl: too few trades for a 95 % interval; must be above 0",
            "p-value against random entries, Holm-corrected for 500 trials: 1; must be at most 0.05",
            "costs: entry at mid, no fee and no slippage; must be entry at the touch, or fee + slippage above 0",
        ),
    ),
]


@pytest.mark.parametrize(("changes", "failed"), FAILURES)
def test_every_condition_that_fails_is_named_with_its_figure(
    changes: dict[str, object], failed: tuple[str, ...]
) -> None:
    assert failed_conditions(evidence(**changes)) == failed


def test_an_override_passes_over_what_failed_and_is_kept_only_where_it_was_needed() -> None:
    weak = evidence(holm_p=0.9)
    passage = pass_gate(of_a_run().source, weak, "the desk wants it")
    assert passage == Passage(weak, "the desk wants it", failed_conditions(weak))
    assert pass_gate(of_a_run().source, evidence(), "not needed") == Passage(evidence())


@pytest.mark.parametrize("override", ["", " \n"])
def test_an_override_without_a_reason_is_none(override: str) -> None:
    with pytest.raises(ConfigError, match="override: is empty"):
        pass_gate(of_a_run().source, evidence(), override)


def test_a_run_with_good_evidence_is_published_and_the_evidence_is_kept(registry: Registry) -> None:
    spec = of_a_run()
    assert registry.publish(spec, who="tester", why="a test", evidence=evidence()).created
    (event,) = registry.events().items
    assert (event.outcome, event.detail, event.override) == ("done", "", None)
    assert event.evidence == evidence()


def test_a_run_that_fails_is_refused_with_every_reason_and_recorded(registry: Registry) -> None:
    weak = evidence(holm_p=0.9, out_of_sample_n_signals=3)
    with pytest.raises(PromotionRefused) as caught:
        registry.publish(of_a_run(), who="tester", why="a test", evidence=weak)
    assert (caught.value.run_id, caught.value.reasons) == (RUN, failed_conditions(weak))
    assert registry.servings().total == 0
    (event,) = registry.events().items
    assert (event.action, event.outcome, event.who) == ("publish", "refused", "tester")
    assert (event.to_id, event.detail) == (of_a_run().serving_id, str(caught.value))
    assert event.evidence == weak
    assert all(reason in event.detail for reason in failed_conditions(weak))


def test_an_overridden_refusal_is_published_with_its_reason_in_the_audit_trail(registry: Registry) -> None:
    weak = evidence(holm_p=0.9)
    registry.publish(of_a_run(), who="tester", why="a test", evidence=weak, override="a demonstration")
    (event,) = registry.events().items
    assert (event.outcome, event.override, event.evidence) == ("done", "a demonstration", weak)
    assert event.detail == f"- {failed_conditions(weak)[0]}"


def test_a_run_without_evidence_is_refused_unless_overridden(registry: Registry) -> None:
    with pytest.raises(PromotionRefused, match=r"evidence: there is none"):
        registry.publish(of_a_run(), who="tester", why="a test")
    assert registry.publish(of_a_run(), who="tester", why="a test", override="it is known").created
    assert [event.outcome for event in registry.events().items] == ["done", "refused"]


@pytest.mark.parametrize("changes", [{"run_id": "another"}, {"experiment": "another"}])
def test_evidence_of_another_run_says_nothing(registry: Registry, changes: dict[str, object]) -> None:
    with pytest.raises(
        PromotionRefused, match=r"evidence: is of run .* must be of run 0123456789abcdef of sweep"
    ):
        registry.publish(of_a_run(), who="tester", why="a test", evidence=evidence(**changes))


def test_a_run_that_was_published_before_still_has_to_pass(registry: Registry) -> None:
    registry.publish(of_a_run(), who="tester", why="a test", evidence=evidence())
    with pytest.raises(PromotionRefused):
        registry.publish(of_a_run(), who="tester", why="more trials since", evidence=evidence(holm_p=0.2))
    again = registry.publish(of_a_run(), who="tester", why="a test", evidence=evidence())
    assert not again.created
    assert [event.outcome for event in registry.events().items] == ["unchanged", "refused", "done"]


def test_a_serving_made_by_hand_needs_no_evidence_and_may_bring_none(registry: Registry) -> None:
    assert registry.publish(serving(), who="tester", why="a test").created
    (event,) = registry.events().items
    assert (event.evidence, event.override) == (None, None)
    for said in ({"evidence": evidence()}, {"override": "why not"}):
        with pytest.raises(ConfigError, match=r"speaks for a run, but source\.run_id names none"):
            registry.publish(serving("other"), who="tester", why="a test", **said)  # type: ignore[arg-type]
    assert registry.servings().total == 1


async def test_over_rest_a_refusal_is_403_with_its_reasons(
    http: httpx.AsyncClient, local: LocalRegistry
) -> None:
    spec, weak = of_a_run(), evidence(holm_p=0.9)
    body = {
        "name": "sweep",
        "runtime_snapshot": spec.runtime_snapshot.model_dump(mode="json"),
        "source": spec.source.model_dump(mode="json"),
        "evidence": weak.model_dump(mode="json"),
    }
    answer = await http.post("/v1/servings", json=body)
    assert answer.status_code == 403
    problem = answer.json()
    assert (problem["type"], problem["run_id"]) == ("PromotionRefused", RUN)
    assert tuple(problem["reasons"]) == failed_conditions(weak)
    passed = await http.post("/v1/servings", json=body | {"override": "a demonstration"})
    assert passed.status_code == 201
    done, refused = (await http.get("/v1/events")).json()["items"]
    assert (done["override"], refused["override"]) == ("a demonstration", None)
    assert refused["evidence"] == done["evidence"] == weak.model_dump(mode="json")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"holm_p": 1.5}, "evidence.holm_p"),
        ({"min_signals": 0}, "evidence.min_signals"),
        ({"entry": "last"}, "evidence.entry"),
        ({"sharpe": 3.0}, "evidence.sharpe"),
    ],
)
async def test_evidence_that_cannot_be_is_422(
    http: httpx.AsyncClient, local: LocalRegistry, changes: dict[str, object], field: str
) -> None:
    spec = of_a_run()
    body = {
        "name": "sweep",
        "runtime_snapshot": spec.runtime_snapshot.model_dump(mode="json"),
        "source": spec.source.model_dump(mode="json"),
        "evidence": evidence().model_dump(mode="json") | changes,
    }
    answer = await http.post("/v1/servings", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert local.servings().total == 0
