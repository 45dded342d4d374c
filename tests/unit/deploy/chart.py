"""The Helm chart, rendered without a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from helm_python import Chart

ROOT: Final = Path(__file__).parents[3]
CHART: Final = ROOT / "deploy/helm/qmachina"
RELEASE: Final = "qm"
NAMESPACE: Final = "trading"

Document = dict[str, Any]

VALUES: Final[dict[str, Document]] = {
    "defaults": {},
    "everything": {
        "sample": {"enabled": True},
        "keda": {"enabled": True},
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "tlsSecret": "tls",
            "annotations": {"nginx.ingress.kubernetes.io/proxy-read-timeout": "3600"},
        },
        "serviceMonitor": {"enabled": True},
        "auth": {"token": "geheim-geheim-geheim-geheim-geheim-1"},
        "imagePullSecrets": [{"name": "pull"}],
        "lake": {"storageClass": "shared"},
        "networkPolicies": {
            "frontendFrom": [
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}
            ]
        },
        "services": {"gateway": {"settings": {"QM_SESSION_SPEED": "4"}}},
    },
    "postgres": {
        "registry": {"databaseUrl": "postgresql+psycopg://user:geheim@db/registry"},
        "services": {"registry": {"replicas": 3}},
    },
    "existing": {
        "auth": {"existingSecret": "ours"},
        "registry": {"external": True},
        "lake": {"existingClaim": "our-lake"},
        "networkPolicies": {"enabled": False},
        "services": {"registry": {"replicas": 2}, "gateway": {"autoscaling": None, "replicas": 3}},
    },
}
"""Ways to install the chart, by name."""


def render(values: Document) -> list[Document]:
    """Every document of the chart with ``values``."""
    with Chart.load(str(CHART)) as chart:
        files = chart.render(values, name=RELEASE, namespace=NAMESPACE)
    texts = [text for name, text in files.items() if not name.endswith("NOTES.txt")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


@cache
def rendered(name: str) -> tuple[Document, ...]:
    """Every document of the way ``name``."""
    return tuple(render(VALUES[name]))


def of_kind(documents: tuple[Document, ...] | list[Document], *kinds: str) -> dict[str, Document]:
    """Documents of these kinds by name."""
    return {d["metadata"]["name"]: d for d in documents if d["kind"] in kinds}


def pods(documents: tuple[Document, ...]) -> Iterator[tuple[str, Document]]:
    """Component and template of every pod."""
    for document in of_kind(documents, "Deployment", "StatefulSet", "Job").values():
        template = document["spec"]["template"]
        yield template["metadata"]["labels"]["app.kubernetes.io/component"], template


def containers(template: Document) -> list[Document]:
    """Containers of a pod, those that run first included."""
    spec = template["spec"]
    return [*spec.get("initContainers", ()), *spec["containers"]]


def selects(selector: Document, labels: Document) -> bool:
    """Whether matchLabels and matchExpressions hold for ``labels``."""
    if not all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for expression in selector.get("matchExpressions", ()):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return True
