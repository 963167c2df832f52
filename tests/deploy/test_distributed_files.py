"""The files for distributed runs: what can be checked without containers and without a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import loadtests
from scenarios.reading import library_names, parse_scenario

DEPLOY = Path(loadtests.__file__).parents[1] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.distributed.yaml").read_text())["services"]
JOBS: dict[tuple[str, str], dict[str, Any]] = {
    (its["kind"], its["metadata"]["name"]): its
    for its in yaml.safe_load_all((DEPLOY / "kubernetes" / "jobs.yaml").read_text())
}


def container(job: str) -> dict[str, Any]:
    (its,) = JOBS["Job", job]["spec"]["template"]["spec"]["containers"]
    return dict(its)


def test_as_many_workers_are_started_as_are_expected() -> None:
    """Else the master waits for ever."""
    expected = COMPOSE["master"]["command"][COMPOSE["master"]["command"].index("--expect-workers") + 1]
    assert int(expected) == COMPOSE["worker"]["deploy"]["replicas"]
    words = container("tenfold-master")["args"]
    job = JOBS["Job", "tenfold-worker"]["spec"]
    assert int(words[words.index("--expect-workers") + 1]) == job["parallelism"] == job["completions"]


def test_workers_find_the_master_by_its_name() -> None:
    """The service in compose, the Service in Kubernetes, with the labels and the port of the master's pod."""
    assert COMPOSE["worker"]["command"][-1] in COMPOSE
    service = JOBS["Service", container("tenfold-worker")["args"][-1]]["spec"]
    pod = JOBS["Job", "tenfold-master"]["spec"]["template"]["metadata"]["labels"]
    assert service["selector"].items() <= pod.items()
    ports = {its["name"]: its["containerPort"] for its in container("tenfold-master")["ports"]}
    assert [(its["port"], ports[its["targetPort"]]) for its in service["ports"]] == [(5557, 5557)]


def test_the_scenario_in_the_config_map_reads_and_is_mounted() -> None:
    """What is applied must not fail on its first line, minutes later."""
    (name, text), *_ = JOBS["ConfigMap", "tenfold-scenario"]["data"].items()
    assert parse_scenario(text, name).target.url
    master = container("tenfold-master")
    mount = next(its for its in master["volumeMounts"] if its["name"] == "scenario")
    assert f"{mount['mountPath']}/{name}" in master["args"]


def test_a_failed_load_test_is_not_repeated() -> None:
    """A Job that starts again would load the target twice."""
    for job in ("tenfold-master", "tenfold-worker"):
        spec = JOBS["Job", job]["spec"]
        assert (spec["backoffLimit"], spec["template"]["spec"]["restartPolicy"]) == (0, "Never")


def test_the_operator_starts_a_scenario_that_exists() -> None:
    """The resource of locust.cloud/v1 needs workers and one locustfile."""
    its = yaml.safe_load((DEPLOY / "kubernetes" / "locust-operator.yaml").read_text())
    assert (its["apiVersion"], its["kind"]) == ("locust.cloud/v1", "LocustTest")
    assert its["spec"]["workers"] >= 1
    environ = {one["name"]: one["value"] for one in its["spec"]["env"]}
    assert environ["TENFOLD_SCENARIO"] in library_names()
    compile(its["spec"]["locustfile"]["content"], "locustfile.py", "exec")


@pytest.mark.parametrize("line", (DEPLOY / "Dockerfile").read_text().splitlines())
def test_what_the_image_copies_is_there(line: str) -> None:
    """A file that was renamed would break the image only when somebody builds it."""
    if line.startswith("COPY "):
        for name in line.split()[1:-1]:
            assert (DEPLOY.parent / name).exists(), name
