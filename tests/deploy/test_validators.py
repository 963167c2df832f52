"""The files of deploy/ before the judges of the tools that read them: Kubernetes' schemas, compose's, promtool."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema.validators import validator_for
from kubernetes_validate.utils import all_versions

import loadtests
from loadtests.services.prometheus import CONFIG

ROOT = Path(loadtests.__file__).parents[1]
DEPLOY = ROOT / "deploy"
JOBS: list[dict[str, Any]] = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "jobs.yaml").read_text()))
OPERATOR: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / "locust-operator.yaml").read_text())
COMPOSE = sorted(DEPLOY.glob("compose*.yaml"))

OPERATOR_FIELDS = {
    "annotations",
    "args",
    "env",
    "image",
    "imagePullPolicy",
    "imagePullSecrets",
    "labels",
    "locustfile",
    "master",
    "metrics",
    "worker",
    "workers",
}
"""What the resource's definition knows below `spec`, read off locustio/k8s-operator's chart (crds/locusttest.yaml,
October 2026): no package carries that definition, so it cannot be the judge itself."""


def faults(schema_name: str, document: Any) -> list[str]:
    """What a schema of check-jsonschema has to say."""
    schema = get_builtin_schema(f"vendor.{schema_name}")
    validator = validator_for(schema)(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@pytest.mark.parametrize("version", all_versions())
def test_kubernetes_takes_the_jobs(version: str) -> None:
    """Every resource, by the strict schemas of every version that the package carries: no field is unknown to it."""
    for resource in JOBS:
        kubernetes_validate.validate(resource, version, strict=True)


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Job", ("spec", "backofLimit"), 0),
        ("Job", ("spec", "template", "spec", "containers", 0, "ports"), [{"containerPort": "five"}]),
        ("Service", ("spec", "ports", 0, "port"), "5557"),
        ("ConfigMap", ("data", "scenario.yaml"), {"name": "not a text"}),
    ],
)
def test_a_mistake_in_the_jobs_would_be_found(kind: str, path: tuple[Any, ...], value: Any) -> None:
    """A judge that takes everything would prove nothing."""
    resource = copy.deepcopy(next(its for its in JOBS if its["kind"] == kind))
    place = resource
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(resource, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_compose_takes_the_files(file: Path) -> None:
    """By the schema of the Compose Specification."""
    assert faults("compose-spec", yaml.safe_load(file.read_text())) == []


def test_a_mistake_in_a_compose_file_would_be_found() -> None:
    """A misspelt key, and a port that is none."""
    document = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    document["services"]["grafana"]["dependson"] = ["prometheus"]
    document["services"]["prometheus"]["ports"] = {"9090": 9090}
    found = " ".join(faults("compose-spec", document))
    assert "dependson" in found
    assert "$.services.prometheus.ports" in found


def test_the_workflow_is_one() -> None:
    """By the schema of GitHub's workflows; YAML reads the key `on` as true."""
    document = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert faults("github-workflows", {"on" if key is True else key: value for key, value in document.items()}) == []


def test_prometheus_takes_the_config_that_a_run_starts_it_with(tmp_path: Path) -> None:
    """By promtool; the file of deploy/ has its own test beside the dashboards'."""
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(CONFIG, sort_keys=False))
    (tmp_path / "targets").mkdir()
    done = subprocess.run(["promtool", "check", "config", str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_operator_knows_every_field_of_its_resource() -> None:
    """Kubernetes drops what a definition does not know without a word."""
    spec = OPERATOR["spec"]
    assert set(spec) <= OPERATOR_FIELDS
    assert set(spec["worker"]) <= {"annotations", "labels", "resources"}
    assert set(spec["worker"]["resources"]) <= {"limits", "requests"}
    assert len({"content", "configMap"} & set(spec["locustfile"])) == 1
    assert all(isinstance(one["value"], str) for one in spec["env"])
    assert spec["imagePullPolicy"] in ("Always", "IfNotPresent", "Never")
