"""Alert rules, dashboard and scrape settings: every expression parses and names what some service exports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, get_args

import promql_parser
import pytest
import yaml

from qm_gateway.session_counts import count
from qmcore.contracts.jobs import JobState
from qmcore.contracts.messages import SessionState
from qmcore.kernels.book import COUNTER_NAMES
from tests.unit.deploy.chart import ROOT, containers, of_kind, pods, rendered
from tests.unit.deploy.exported import exported

FOLDER: Final = ROOT / "deploy/observability"
SERVICES: Final = frozenset({"registry", "replay", "engine", "gateway", "harness", "harness-worker"})


COMMON: Final = ("_ready", "_created", "_access_refused_total")
"""Of every service; the README names them once."""


def _yaml(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


RULES: Final = {rule["alert"]: rule for group in _yaml("rules.yml")["groups"] for rule in group["rules"]}
DASHBOARD: Final = json.loads((FOLDER / "grafana/dashboards/qmachina.json").read_text(encoding="utf-8"))
EXPRESSIONS: Final = [rule["expr"] for rule in RULES.values()] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
]


def _parts(node: Any) -> Iterator[Any]:
    """An expression and all inside it."""
    yield node
    for name in ("lhs", "rhs", "expr", "vector_selector"):
        inner = getattr(node, name, None)
        if inner is not None:
            yield from _parts(inner)
    for argument in getattr(node, "args", ()):
        yield from _parts(argument)


def _parse(expression: str) -> Any:
    return promql_parser.parse(expression.replace("$__rate_interval", "1m"))


def _selectors(expression: str) -> list[Any]:
    return [n for n in _parts(_parse(expression)) if isinstance(n, promql_parser.VectorSelector)]


def _values(label: str) -> frozenset[str]:
    """What a label may be."""
    return {
        "job": SERVICES,
        "kind": frozenset(COUNTER_NAMES),
        "answer": frozenset({"accepted", "refused"}),
    }[label]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_names_series_and_labels_that_are_exported(expression: str) -> None:
    selectors = _selectors(expression)
    assert selectors
    known = exported()
    for selector in selectors:
        assert selector.name in known, selector.name
        for matcher in selector.matchers.matchers:
            assert matcher.name in known[selector.name], (selector.name, matcher.name)
            if matcher.name == "state":
                states = get_args(JobState if "jobs" in selector.name else SessionState)
            else:
                states = tuple(_values(matcher.name))
            assert set(matcher.value.split("|")) <= set(states), (selector.name, matcher.value)
    for node in _parts(_parse(expression)):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            inner = _selectors(node.expr.prettify())
            assert all(set(node.modifier.labels) <= known[s.name] for s in inner), expression


def test_a_name_that_nobody_exports_is_found() -> None:
    assert "qm_engine_bins_totals" not in exported()
    assert exported()["qm_engine_anomalies_total"] >= {"kind"}
    with pytest.raises(ValueError, match="expected type matrix"):
        _parse("sum(rate(qm_engine_bins_total))")


@pytest.mark.parametrize("alert", RULES)
def test_every_alert_says_what_is_wrong_and_what_to_do(alert: str) -> None:
    rule = RULES[alert]
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["annotations"].keys() == {"summary", "action"}
    assert all(
        len(text) > 15 and text.rstrip().endswith((".", ")", "?")) for text in rule["annotations"].values()
    )
    assert re.fullmatch(r"\d+[sm]", rule.get("for", "0s"))
    compared = _parse(rule["expr"])
    assert isinstance(compared, promql_parser.Call | promql_parser.BinaryExpr), "an alert is a comparison"


def test_what_an_operator_must_hear_of_has_an_alert() -> None:
    assert RULES.keys() >= {
        "SessionLags",
        "SessionsWaitForAnEngine",
        "BinsComeLate",
        "ViewersLoseBins",
        "SessionFailed",
        "BooksCross",
        "RecordsAreOdd",
        "NotReady",
        "JobsFail",
    }
    ready = {s.name for s in _selectors(RULES["NotReady"]["expr"])}
    assert ready == {name for name in exported() if name.endswith("_ready")}


def test_the_dashboard_shows_what_it_must() -> None:
    shown = {s.name for panel in DASHBOARD["panels"] for t in panel["targets"] for s in _selectors(t["expr"])}
    assert shown >= {
        "qm_engine_bins_total",
        "qm_gateway_session_lag_seconds",
        "qm_engine_bin_latency_seconds_bucket",
        "qm_gateway_bin_latency_seconds_bucket",
        "qm_gateway_viewers",
        "qm_gateway_bins_dropped_total",
        "qm_engine_anomalies_total",
        "qm_gateway_sessions",
    }
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    for one in DASHBOARD["panels"]:
        a = one["gridPos"]
        assert a["x"] + a["w"] <= 24
        for other in DASHBOARD["panels"]:
            b = other["gridPos"]
            apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
            assert one is other or apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]


def test_what_the_autoscaler_reads_is_exported() -> None:
    scaled = [
        d["spec"]["triggers"][0]["metadata"] for d in rendered("everything") if d["kind"] == "ScaledObject"
    ]
    assert len(scaled) == 2
    assert all(exported()[s["valueLocation"]] == exported()["up"] for s in scaled), (
        "exported, and without labels"
    )
    assert count([]).wanted == 0.0


def test_compose_is_scraped_where_its_services_listen() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    jobs = {job["job_name"]: job["dns_sd_configs"][0] for job in _yaml("prometheus.yml")["scrape_configs"]}
    assert jobs.keys() == SERVICES
    ports = {
        component: containers(template)[0]["ports"][0]["containerPort"]
        for component, template in pods(rendered("defaults"))
    }
    for name, found in jobs.items():
        assert found["names"] == [name]
        assert name in compose
        assert found["port"] == ports[name]


def test_kubernetes_is_scraped_where_its_pods_listen() -> None:
    (job,) = _yaml("prometheus-kubernetes.yml")["scrape_configs"]
    kept = {
        rule["source_labels"][0]: rule["regex"]
        for rule in job["relabel_configs"]
        if rule.get("action") == "keep"
    }
    found = set()
    for component, template in pods(rendered("defaults")):
        meta = {
            f"__meta_kubernetes_pod_label_{re.sub('[./]', '_', key)}": value
            for key, value in template["metadata"]["labels"].items()
        }
        for container in containers(template):
            for port in container["ports"]:
                said = meta | {"__meta_kubernetes_pod_container_port_name": port["name"]}
                if all(re.fullmatch(regex, said[label]) for label, regex in kept.items()):
                    found.add(component)
    assert found == SERVICES
    assert of_kind(rendered("everything"), "ServiceMonitor").keys() == {"qm"}


def test_the_readme_names_every_metric_and_no_other() -> None:
    named = set(re.findall(r"`(qm_[a-z_]+)", (FOLDER / "README.md").read_text(encoding="utf-8")))
    series = {name for name in exported() if name.startswith("qm_") and not name.endswith(COMMON)}
    assert named == {re.sub(r"_(bucket|sum|count)$", "", name) for name in series}


def test_files_that_are_mounted_are_there() -> None:
    compose = _yaml("compose.yaml")
    for service in compose["services"].values():
        assert service["profiles"] == ["observability"]
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (ROOT / source).exists(), source
