"""The contract of a registry, through both of its doors: this process and REST."""

from __future__ import annotations

import datetime as dt_
import time

import pytest
import yaml

from qm_registry.local import LocalRegistry
from qmcore.config.serving import PublishedServingSpec, publish
from qmcore.errors import AliasConflict, ConfigError, Conflict, NotFound
from qmcore.registry_access import Registry
from tests.unit.registry.servings import back, numbered, serving, snapshot, source, to


def _publish(registry: Registry, *specs: PublishedServingSpec) -> None:
    for spec in specs:
        registry.publish(spec, who="tester", why="a test")


def test_a_published_serving_comes_back_as_it_was(registry: Registry) -> None:
    spec = serving(signal={"name": "ads", "params": {"window": 5, "gate": 0.5, "name": "x", "on": True}})
    published = registry.publish(spec, who="tester", why="a test")
    assert published.created
    assert registry.serving(spec.serving_id) == spec
    assert registry.resolve(spec.serving_id).serving == spec


def test_publishing_the_same_content_again_gives_the_first_one_back(registry: Registry) -> None:
    spec = serving()
    later = publish(spec.runtime_snapshot, name="demo", source=source(serving="another"))
    assert later.serving_id == spec.serving_id
    _publish(registry, spec)
    again = registry.publish(later, who="tester", why="a test")
    assert not again.created
    assert again.serving == spec
    assert registry.servings().total == 1


def test_the_same_snapshot_under_two_names_is_two_servings(registry: Registry) -> None:
    _publish(registry, serving("one"), serving("two"))
    assert {item.name for item in registry.servings().items} == {"one", "two"}


def test_every_field_of_the_content_makes_another_serving(registry: Registry) -> None:
    _publish(registry, serving(), serving(tau_jerk=10.5), serving(end_time="10:31"))
    assert registry.servings().total == 3


def test_an_id_resolves_without_an_alias(registry: Registry) -> None:
    spec = serving()
    _publish(registry, spec)
    resolved = registry.resolve(spec.serving_id)
    assert (resolved.alias, resolved.promoted_at, resolved.version) == (None, None, None)


def test_an_alias_resolves_to_what_it_was_promoted_to(registry: Registry) -> None:
    first, second = numbered(2)
    _publish(registry, first, second)
    before = dt_.datetime.now(dt_.UTC)
    registry.promote("demo", to(first))
    state = registry.promote("demo", to(second))
    resolved = registry.resolve("demo")
    assert (resolved.alias, resolved.serving, resolved.version) == ("demo", second, 2)
    assert resolved.promoted_at == state.promoted_at
    assert before <= state.promoted_at <= dt_.datetime.now(dt_.UTC)


def test_an_unknown_name_is_answered_with_what_there_is(registry: Registry) -> None:
    spec = serving()
    _publish(registry, spec)
    registry.promote("demo", to(spec))
    with pytest.raises(NotFound) as caught:
        registry.resolve("nope")
    assert caught.value.available == ["demo", spec.serving_id]
    assert str(caught.value) == f"unknown serving 'nope'; there are: demo, {spec.serving_id}"
    with pytest.raises(NotFound, match="unknown serving 'nope-000000000000'; there are: demo"):
        registry.serving("nope-000000000000")


def test_an_empty_registry_says_that_it_has_nothing(registry: Registry) -> None:
    with pytest.raises(NotFound, match="there are: none"):
        registry.resolve("demo")
    assert registry.servings().total == registry.aliases().total == registry.events().total == 0


def test_promoting_an_unknown_serving_is_refused_and_recorded(registry: Registry) -> None:
    with pytest.raises(NotFound, match="unknown serving 'nope-000000000000'"):
        registry.promote("demo", to("nope-000000000000"))
    (event,) = registry.history("demo").items
    assert (event.action, event.outcome, event.version) == ("promote", "refused", None)
    assert event.to_id == "nope-000000000000"
    assert "unknown serving" in event.detail
    assert registry.aliases().total == 0


def test_compare_and_set_moves_the_alias_only_from_the_expected_serving(registry: Registry) -> None:
    first, second, third = numbered(3)
    _publish(registry, first, second, third)
    registry.promote("demo", to(first, expected=""))
    registry.promote("demo", to(second, expected=first.serving_id))
    with pytest.raises(AliasConflict) as caught:
        registry.promote("demo", to(third, expected=first.serving_id))
    assert caught.value.current == second.serving_id
    assert registry.resolve("demo").serving == second
    outcomes = [event.outcome for event in registry.history("demo").items]
    assert outcomes == ["refused", "done", "done"]
    refused = registry.history("demo", outcome="refused").items[0]
    assert (refused.from_id, refused.to_id) == (second.serving_id, third.serving_id)


def test_promoting_the_present_serving_again_is_recorded_but_moves_nothing(registry: Registry) -> None:
    spec = serving()
    _publish(registry, spec)
    first = registry.promote("demo", to(spec))
    assert registry.promote("demo", to(spec)) == first
    assert [event.outcome for event in registry.history("demo").items] == ["unchanged", "done"]


def test_rollback_goes_one_step_back_each_time_and_then_refuses(registry: Registry) -> None:
    first, second, third = numbered(3)
    _publish(registry, first, second, third)
    for spec in (first, second, third):
        registry.promote("demo", to(spec))
    assert registry.rollback("demo", back()).serving_id == second.serving_id
    assert registry.rollback("demo", back(expected=second.serving_id)).serving_id == first.serving_id
    with pytest.raises(Conflict, match="nothing to roll back to"):
        registry.rollback("demo", back())
    assert registry.resolve("demo").serving == first


def test_a_promotion_after_a_rollback_rolls_back_to_where_the_rollback_left(registry: Registry) -> None:
    first, second, third = numbered(3)
    _publish(registry, first, second, third)
    registry.promote("demo", to(first))
    registry.promote("demo", to(second))
    registry.rollback("demo", back())
    registry.promote("demo", to(third))
    assert registry.rollback("demo", back()).serving_id == first.serving_id


def test_rollback_with_an_outdated_expectation_is_refused(registry: Registry) -> None:
    first, second = numbered(2)
    _publish(registry, first, second)
    registry.promote("demo", to(first))
    registry.promote("demo", to(second))
    with pytest.raises(AliasConflict):
        registry.rollback("demo", back(expected=first.serving_id))
    assert registry.resolve("demo").serving == second


def test_rolling_back_an_unknown_alias_is_refused_and_recorded(registry: Registry) -> None:
    with pytest.raises(NotFound, match="unknown alias 'demo'; there are: none"):
        registry.rollback("demo", back())
    (event,) = registry.history("demo").items
    assert (event.action, event.outcome) == ("rollback", "refused")


def test_history_tells_who_when_from_where_to_and_why(registry: Registry) -> None:
    first, second = numbered(2)
    _publish(registry, first, second)
    registry.promote("demo", to(first))
    registry.promote("demo", to(second, why="net expectancy rose"))
    event = registry.history("demo").items[0]
    assert (event.who, event.why, event.version) == ("tester", "net expectancy rose", 2)
    assert (event.from_id, event.to_id) == (first.serving_id, second.serving_id)
    assert abs(event.at - dt_.datetime.now(dt_.UTC)) < dt_.timedelta(minutes=1)


def test_publications_are_in_the_audit_trail(registry: Registry) -> None:
    spec = serving()
    _publish(registry, spec, spec)
    again, first = registry.events().items
    assert (first.action, first.outcome, first.to_id, first.alias) == (
        "publish",
        "done",
        spec.serving_id,
        None,
    )
    assert (again.action, again.outcome) == ("publish", "unchanged")


def test_an_alias_is_known_at_every_past_instant(registry: Registry) -> None:
    first, second = numbered(2)
    _publish(registry, first, second)
    was_first = registry.promote("demo", to(first)).promoted_at
    time.sleep(0.002)
    was_second = registry.promote("demo", to(second)).promoted_at
    tick = dt_.timedelta(microseconds=1)
    assert registry.alias("demo", at=was_first).serving_id == first.serving_id
    assert registry.alias("demo", at=was_second - tick).serving_id == first.serving_id
    assert registry.alias("demo", at=was_second).serving_id == second.serving_id
    assert registry.alias("demo").serving_id == second.serving_id
    elsewhere = was_first.astimezone(dt_.timezone(dt_.timedelta(hours=-5)))
    assert registry.alias("demo", at=elsewhere).serving_id == first.serving_id
    with pytest.raises(NotFound, match=r"unknown alias 'demo at .*'; there are: demo since"):
        registry.alias("demo", at=was_first - tick)


def test_unknown_aliases_have_no_state_and_no_history(registry: Registry) -> None:
    with pytest.raises(NotFound, match="unknown alias 'nope'"):
        registry.alias("nope")
    with pytest.raises(NotFound, match="unknown alias 'nope'"):
        registry.history("nope")


def test_diff_says_which_fields_change_and_nothing_else(registry: Registry) -> None:
    before = serving(signal={"name": "ads", "params": {"window": 5}})
    after = serving(
        tau_jerk=12.0, flow_windows=(5, 10, 20, 80), signal={"name": "ads", "params": {"gate": 1.5}}
    )
    _publish(registry, before, after)
    registry.promote("demo", to(before))
    diff = registry.diff("demo", after.serving_id)
    assert (diff.a, diff.b, diff.same) == (before.serving_id, after.serving_id, False)
    assert {(change.field, str(change.a), str(change.b)) for change in diff.changes} == {
        ("flow_windows", "[5, 10, 20, 40]", "[5, 10, 20, 80]"),
        ("tau_jerk", "10.0", "12.0"),
        ("signal.params.window", "5", "None"),
        ("signal.params.gate", "None", "1.5"),
    }


def test_a_serving_does_not_differ_from_itself(registry: Registry) -> None:
    spec = serving()
    _publish(registry, spec)
    assert registry.diff(spec.serving_id, spec.serving_id).same


def test_lists_come_in_pages(registry: Registry) -> None:
    specs = numbered(5)
    _publish(registry, *specs)
    for index, spec in enumerate(specs):
        registry.promote(f"alias-{index}", to(spec))
    newest_first = [spec.serving_id for spec in reversed(specs)]
    page = registry.servings(limit=2, offset=1)
    assert ([item.serving_id for item in page.items], page.total) == (newest_first[1:3], 5)
    assert [item.alias for item in registry.aliases(limit=2, offset=3).items] == ["alias-3", "alias-4"]
    assert registry.servings(offset=5).items == ()
    assert registry.events(limit=3).total == 10


def test_the_list_of_servings_shows_what_each_plays_and_which_aliases_point_there(registry: Registry) -> None:
    spec = serving("demo")
    _publish(registry, serving("other"), spec)
    registry.promote("b", to(spec))
    registry.promote("a", to(spec))
    (item,) = registry.servings(name="demo").items
    assert (item.symbol, str(item.dt), item.start_time, item.signal) == (
        "ESZ5",
        "2025-11-24",
        "09:30",
        "derivative",
    )
    assert item.aliases == ("a", "b")
    assert item.error is None


@pytest.mark.parametrize(
    "alias",
    [
        "",
        "..",
        "../demo",
        "a/b",
        "a.b",
        "a b",
        "-a",
        "_a",
        "ä",
        "demo\n",
        "a" * 65,
        "demo-0123456789ab",
        "a\x00",
    ],
)
def test_names_that_could_leave_a_folder_or_pass_for_an_id_are_no_aliases(
    registry: Registry, alias: str
) -> None:
    spec = serving()
    _publish(registry, spec)
    with pytest.raises(ConfigError, match="alias"):
        registry.promote(alias, to(spec))
    assert registry.aliases().total == 0


@pytest.mark.parametrize("name", ["../evil", "a/b", "a.b", "", "-a", "a" * 65, "a\n"])
def test_a_serving_whose_name_could_leave_a_folder_is_refused(local: LocalRegistry, name: str) -> None:
    spec = publish(snapshot(), name=name, source=source())
    with pytest.raises(ConfigError, match="serving_id"):
        local.publish(spec, who="tester", why="a test")
    assert local.servings().total == 0


def test_the_yaml_copy_holds_exactly_the_serving(registry: Registry, lake: object) -> None:
    spec = serving(flow_composite_floor=1e-6, tick_size=0.01, start_time="09:30:00.125")
    _publish(registry, spec)
    path = f"{lake}/research/harness/configs/serving_versions/{spec.serving_id}.yaml"
    with open(path, encoding="utf-8") as file:
        assert PublishedServingSpec.model_validate(yaml.safe_load(file)) == spec
