"""The Helm chart: valid Kubernetes, and the promises that its README makes."""

from __future__ import annotations

import re
from typing import Final

import kubernetes_validate
import pytest
from helm_python import HelmError

from qm_engine.settings import EngineSettings
from qm_gateway.settings import GatewaySettings
from qm_harness.service.settings import HarnessSettings
from qm_registry.settings import RegistrySettings
from qm_replay.settings import ReplaySettings
from qmcore.service import ServiceSettings, load_settings
from tests.unit.deploy.chart import (
    ROOT,
    VALUES,
    Document,
    containers,
    of_kind,
    pods,
    render,
    rendered,
    selects,
)

SETTINGS: Final[dict[str, type[ServiceSettings]]] = {
    "registry": RegistrySettings,
    "replay": ReplaySettings,
    "engine": EngineSettings,
    "gateway": GatewaySettings,
    "harness": HarnessSettings,
    "harness-worker": HarnessSettings,
}
SERVICES: Final = frozenset(SETTINGS) | {"frontend"}
OTHERS: Final = frozenset({"nats", "redis", "mlflow"})
CUSTOM: Final = frozenset({"ScaledObject", "ServiceMonitor"})
"""Kinds that come with an operator, not with Kubernetes."""

everyway = pytest.mark.parametrize("way", VALUES)


@pytest.mark.parametrize("version", ["1.27", "1.36"])
@everyway
def test_every_document_is_valid(way: str, version: str) -> None:
    for document in rendered(way):
        if document["kind"] not in CUSTOM:
            kubernetes_validate.validate(document, version, strict=True)


@everyway
def test_no_pod_may_do_what_it_need_not(way: str) -> None:
    for component, template in pods(rendered(way)):
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, component
        assert spec["securityContext"]["runAsNonRoot"] is True, component
        assert spec["securityContext"]["runAsUser"] > 0, component
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, component
        for container in containers(template):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, component


@everyway
def test_kubernetes_sets_no_variable_that_looks_like_a_setting(way: str) -> None:
    # A service qm-gateway would become QM_GATEWAY_PORT=tcp://10.0.0.1:8002.
    assert all(template["spec"]["enableServiceLinks"] is False for _, template in pods(rendered(way)))


@everyway
def test_every_container_is_bounded_and_every_lasting_one_is_watched(way: str) -> None:
    for component, template in pods(rendered(way)):
        for container in containers(template):
            assert container["resources"]["limits"]["memory"], component
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, component
        if component != "sample":
            (container,) = containers(template)
            assert container.keys() >= {"livenessProbe", "readinessProbe"}, component
            named = {port["name"] for port in container["ports"]}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                http = container.get(probe, {}).get("httpGet")
                assert http is None or http["port"] in named, component


@everyway
def test_volumes_that_are_mounted_are_there(way: str) -> None:
    documents = rendered(way)
    claims = set(of_kind(documents, "PersistentVolumeClaim")) | {"our-lake"}
    maps = set(of_kind(documents, "ConfigMap"))
    for document in of_kind(documents, "Deployment", "StatefulSet", "Job").values():
        spec = document["spec"]["template"]["spec"]
        volumes = {v["name"]: v for v in spec.get("volumes", ())}
        own = {t["metadata"]["name"] for t in document["spec"].get("volumeClaimTemplates", ())}
        for container in containers(document["spec"]["template"]):
            assert {m["name"] for m in container["volumeMounts"]} <= volumes.keys() | own
        for volume in volumes.values():
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims
            if "configMap" in volume:
                assert volume["configMap"]["name"] in maps


def _expanded(text: str, given: dict[str, str]) -> str:
    """As Kubernetes does it: only what was said before is known."""
    return re.sub(r"\$\((\w+)\)", lambda m: given[m[1]], text)


@everyway
def test_every_variable_is_a_setting_of_its_service(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for component, template in pods(rendered(way)):
        if component not in SETTINGS:
            continue
        model = SETTINGS[component]
        (container,) = containers(template)
        known = {f"QM_{name.upper()}" for name in model.model_fields}
        given: dict[str, str] = {}
        for variable in container["env"]:
            name = variable["name"]
            assert name in known or not name.startswith("QM_"), (component, name)
            assert name not in given, (component, name)
            given[name] = _expanded(variable.get("value", "secret-secret-secret"), given)
        with monkeypatch.context() as patch:
            for name, text in given.items():
                patch.setenv(name, text)
            settings = load_settings(model)
        (port,) = container["ports"]
        field = f"{component}_port" if f"{component}_port" in model.model_fields else "health_port"
        assert getattr(settings, field) == port["containerPort"], component
        assert getattr(settings, field.replace("port", "host")) == "0.0.0.0"


@everyway
def test_selectors_and_ports_lead_to_pods(way: str) -> None:
    documents = rendered(way)
    templates = [template for _, template in pods(documents)]
    for document in of_kind(documents, "Deployment", "StatefulSet").values():
        spec = document["spec"]
        assert selects(spec["selector"], spec["template"]["metadata"]["labels"])
    services = of_kind(documents, "Service")
    assert {f"qm-{name}" for name in SERVICES | OTHERS} == services.keys()
    for service in services.values():
        chosen = [
            t
            for t in templates
            if selects({"matchLabels": service["spec"]["selector"]}, t["metadata"]["labels"])
        ]
        assert len(chosen) == 1
        offered = {p["name"] for c in containers(chosen[0]) for p in c["ports"]}
        assert {p["targetPort"] for p in service["spec"]["ports"]} <= offered
    for host, port in re.findall(r"@?//?(?:[^@\s]*@)?(qm-[a-z]+)[.\w-]*:(\d+)", str(documents)):
        assert int(port) in {p["port"] for p in services[host]["spec"]["ports"]}, host


@everyway
def test_every_service_survives_a_drain_of_its_node(way: str) -> None:
    documents = rendered(way)
    budgets = [b["spec"] for b in of_kind(documents, "PodDisruptionBudget").values()]
    for component, template in pods(documents):
        if component in SERVICES:
            (budget,) = [b for b in budgets if selects(b["selector"], template["metadata"]["labels"])]
            assert budget["maxUnavailable"] == 1


@everyway
def test_a_number_of_replicas_has_one_master(way: str) -> None:
    documents = rendered(way)
    scaled = [
        d["spec"]["scaleTargetRef"]["name"] for d in of_kind(documents, "HorizontalPodAutoscaler").values()
    ] + [d["spec"]["scaleTargetRef"]["name"] for d in of_kind(documents, "ScaledObject").values()]
    assert len(scaled) == len(set(scaled))
    deployments = of_kind(documents, "Deployment")
    assert set(scaled) <= deployments.keys()
    for name, deployment in deployments.items():
        assert ("replicas" in deployment["spec"]) == (name not in scaled), name


def test_gateways_need_not_scale_by_themselves() -> None:
    documents = rendered("existing")
    assert of_kind(documents, "HorizontalPodAutoscaler") == {}
    assert of_kind(documents, "Deployment")["qm-gateway"]["spec"]["replicas"] == 3


def test_engines_and_workers_follow_what_waits_and_runs() -> None:
    documents = rendered("everything")
    scaled = {d["metadata"]["name"]: d["spec"] for d in documents if d["kind"] == "ScaledObject"}
    assert scaled.keys() == {"qm-engine", "qm-harness-worker"}
    (engine,) = scaled["qm-engine"]["triggers"]
    assert engine == {
        "type": "metrics-api",
        "metricType": "AverageValue",
        "metadata": {
            "url": "http://qm-gateway.trading.svc.cluster.local:8002/metrics",
            "format": "prometheus",
            "valueLocation": "qm_gateway_sessions_wanted",
            "targetValue": "4",
        },
    }
    (worker,) = scaled["qm-harness-worker"]["triggers"]
    assert worker["metadata"]["valueLocation"] == "qm_harness_jobs_wanted"
    assert worker["metadata"]["url"] == "http://qm-harness.trading.svc.cluster.local:8004/metrics"
    assert scaled["qm-harness-worker"]["minReplicaCount"] == 0


@everyway
def test_no_secret_is_outside_the_secret(way: str) -> None:
    documents = rendered(way)
    secrets = of_kind(documents, "Secret")
    assert bool(secrets) == (way != "existing")
    names = set(secrets) or {"ours"}
    values = [v for s in secrets.values() for k, v in s["stringData"].items() if k != "nats-user"]
    assert all(len(value) >= 32 for value in values)
    for document in documents:
        if document["kind"] != "Secret":
            assert not any(value in str(document) for value in values), document["metadata"]["name"]
            assert "geheim" not in str(document)
    keys = {k for s in secrets.values() for k in s["stringData"]}
    for _, template in pods(documents):
        for container in containers(template):
            for variable in container.get("env", ()):
                if "valueFrom" in variable:
                    reference = variable["valueFrom"]["secretKeyRef"]
                    assert reference["name"] in names
                    assert not keys or reference["key"] in keys or reference.get("optional")


@everyway
def test_sqlite_has_one_writer(way: str) -> None:
    registry = of_kind(rendered(way), "Deployment")["qm-registry"]["spec"]
    url = {v["name"]: v for v in registry["template"]["spec"]["containers"][0]["env"]}["QM_REGISTRY_URL"]
    if "value" in url:
        assert url["value"].startswith("sqlite:////registry/")
        assert (registry["replicas"], registry["strategy"]) == (1, {"type": "Recreate"})
    else:
        assert (registry["replicas"] > 1, registry["strategy"]["type"]) == (True, "RollingUpdate")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"services": {"registry": {"replicas": 2}}}, "SQLite has one writer"),
        ({"registry": {"external": True}}, "needs registry.databaseUrl"),
        ({"auth": {"existingSecret": "ours", "natsPassword": "abc"}}, "belong into that secret"),
        ({"auth": {"natsPassword": "a@b"}}, "does not match pattern"),
        ({"auth": {"token": "short"}}, "does not match pattern"),
        ({"registry": {"databaseUrl": "sqlite:////lake/x.sqlite"}}, "registry"),
        ({"services": {"engine": {"setings": {}}}}, "setings"),
        ({"services": {"engines": {}}}, "engines"),
        ({"settings": {"LOG_LEVEL": "INFO"}}, "LOG_LEVEL"),
    ],
)
def test_values_that_cannot_work_are_refused(values: Document, words: str) -> None:
    with pytest.raises(HelmError, match=re.escape(words)):
        render(values)


def _may(documents: tuple[Document, ...], caller: Document, callee: Document, port: int) -> bool:
    """Whether the policies let pods with labels ``caller``, in the release's namespace, reach ``callee``."""
    policies = [
        p["spec"]
        for p in of_kind(documents, "NetworkPolicy").values()
        if selects(p["spec"]["podSelector"], callee)
    ]
    return not policies or any(
        any(p["port"] == port for p in rule["ports"])
        and (
            "from" not in rule
            or any(selects(f["podSelector"], caller) for f in rule["from"] if "podSelector" in f)
        )
        for policy in policies
        for rule in policy["ingress"]
    )


def test_policies_let_through_who_uses_whom_and_nobody_else() -> None:
    documents = rendered("everything")
    labels = {component: template["metadata"]["labels"] for component, template in pods(documents)}
    ports = {
        name.removeprefix("qm-"): s["spec"]["ports"][0]["port"]
        for name, s in of_kind(documents, "Service").items()
    }
    through = {
        (caller, callee)
        for caller in labels
        for callee in ports
        if caller != callee and _may(documents, labels[caller], labels[callee], ports[callee])
    }
    told = set()
    for component, template in pods(documents):
        for name in re.findall(r"(?:@|//)qm-([a-z]+)\S*:\d+", str(template)):
            told.add((component, name))
    told.discard(("mlflow", "mlflow"))
    assert through == told | {("frontend", "gateway")}
    assert ("sample", "registry") in through
    assert ("engine", "redis") in through
    assert ("registry", "nats") not in through


def test_outside_only_the_ingress_controller_and_metrics_come_in() -> None:
    policies = of_kind(rendered("everything"), "NetworkPolicy")
    outside = {
        name.removeprefix("qm-"): [
            peer["namespaceSelector"]["matchLabels"]
            for rule in policy["spec"]["ingress"]
            for peer in rule["from"]
            if "namespaceSelector" in peer
        ]
        for name, policy in policies.items()
    }
    assert outside.pop("frontend") == [{"kubernetes.io/metadata.name": "ingress"}]
    assert all(outside.pop(name) == [{"qmachina.io/metrics": "true"}] for name in SETTINGS)
    assert outside == {"nats": [], "redis": [], "mlflow": []}


def test_the_monitor_finds_every_service_that_has_metrics_and_no_other() -> None:
    documents = rendered("everything")
    monitor = next(d for d in documents if d["kind"] == "ServiceMonitor")
    found = {
        name.removeprefix("qm-")
        for name, s in of_kind(documents, "Service").items()
        if selects(monitor["spec"]["selector"], s["metadata"]["labels"])
    }
    assert found == SETTINGS.keys()


def test_nginx_asks_the_clusters_dns_for_the_gateway() -> None:
    documents = render({"cluster": {"dns": "10.96.0.10", "domain": "k8s.example.org"}})
    conf = of_kind(documents, "ConfigMap")["qm-nginx"]["data"]["nginx.conf"]
    assert "resolver 10.96.0.10 valid=" in conf
    assert "set $gateway qm-gateway.trading.svc.k8s.example.org:8002;" in conf
    assert "127.0.0.11" not in conf


def test_an_address_is_the_viewers_and_not_a_proxys() -> None:
    conf = of_kind(rendered("defaults"), "ConfigMap")["qm-nginx"]["data"]["nginx.conf"]
    trusted = re.findall(r"^    set_real_ip_from (\S+);$", conf, re.MULTILINE)
    assert "    real_ip_header X-Forwarded-For;\n" in conf
    template = of_kind(rendered("defaults"), "Deployment")["qm-gateway"]["spec"]["template"]
    variables = {v["name"]: v.get("value") for v in containers(template)[0]["env"]}
    assert sorted(variables["QM_TRUSTED_PROXIES"].split(",")) == sorted(trusted)
    none = of_kind(render({"cluster": {"trustedProxies": []}}), "ConfigMap")["qm-nginx"]["data"]["nginx.conf"]
    assert "real_ip" not in none


def test_the_token_is_shown_by_all_who_talk_to_a_service() -> None:
    documents = rendered("everything")
    assert of_kind(documents, "Secret")["qm-auth"]["stringData"]["token"].startswith("geheim")
    showing = {
        component
        for component, template in pods(documents)
        for container in containers(template)
        for variable in container.get("env", ())
        if variable["name"] == "QM_TOKEN"
    }
    assert showing == SETTINGS.keys() | {"sample"}
    assert "token" not in of_kind(rendered("defaults"), "Secret")["qm-auth"]["stringData"]


def test_the_brokers_settings_are_those_of_compose() -> None:
    conf = of_kind(rendered("defaults"), "ConfigMap")["qm-nats"]["data"]["nats.conf"]
    assert conf.split() == (ROOT / "deploy/docker/nats.conf").read_text(encoding="utf-8").split()
