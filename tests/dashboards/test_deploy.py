"""The files that show the dashboards over a finished run with Docker: what can be checked without Docker."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

import dashboards as package
from dashboards.variables import SCRAPE_INTERVAL_S

ROOT = Path(package.__file__).parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
PROVISIONING = ROOT / "dashboards" / "provisioning"


def mounts(service: str) -> dict[str, str]:
    """Return path in the container -> path here, of a service's volumes."""
    pairs = [re.fullmatch(r"(.*?):(/[^:]*)(:ro)?", volume) for volume in COMPOSE[service]["volumes"]]
    return {pair[2]: pair[1] for pair in pairs if pair}


def test_there_are_prometheus_and_grafana_in_pinned_versions() -> None:
    """An image without a version is another one tomorrow."""
    assert set(COMPOSE) == {"prometheus", "grafana"}
    for service in COMPOSE.values():
        assert re.fullmatch(r"(prom/prometheus:v|grafana/grafana:)\d+\.\d+\.\d+", service["image"])


@pytest.mark.parametrize("service", ["prometheus", "grafana"])
def test_ports_are_open_on_the_loopback_interface_only(service: str) -> None:
    """Anonymous access is for this machine alone."""
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE[service]["ports"])


@pytest.mark.parametrize("service", ["prometheus", "grafana"])
def test_what_is_mounted_exists(service: str) -> None:
    """Docker would silently make an empty folder of a path that is not there."""
    for path in mounts(service).values():
        if not path.startswith("${TENFOLD_RUN:?"):
            assert (DEPLOY / path).exists(), path


def test_the_run_must_be_named_and_its_data_is_what_prometheus_reads() -> None:
    """Without TENFOLD_RUN compose stops with a message instead of showing an empty server."""
    run = mounts("prometheus")["/prometheus"]
    assert re.fullmatch(r"\$\{TENFOLD_RUN:\?[^}]+\}/prometheus/data", run)
    assert "--storage.tsdb.path=/prometheus" in COMPOSE["prometheus"]["command"]


def test_an_old_run_stays_and_a_finished_trial_ends() -> None:
    """The retention must outlive any run, and a series must not be drawn on after its trial."""
    assert {"--storage.tsdb.retention.time=100y", "--query.lookback-delta=5s"} <= set(COMPOSE["prometheus"]["command"])


def test_grafana_finds_the_dashboards_where_they_are_mounted() -> None:
    """The provider's folder and the home page are in what compose mounts from dashboards/generated."""
    provider = yaml.safe_load((PROVISIONING / "dashboards" / "tenfold.yaml").read_text())["providers"][0]
    folder = provider["options"]["path"]
    assert mounts("grafana")[folder] == "../dashboards/generated"
    assert mounts("grafana")["/etc/grafana/provisioning"] == "../dashboards/provisioning"
    home = COMPOSE["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.startswith(f"{folder}/")
    assert (ROOT / "dashboards" / "generated" / Path(home).name).is_file()


def test_the_data_source_knows_how_often_is_scraped() -> None:
    """Else Grafana takes 15 seconds, and a rate over a minute smears every stage into the next."""
    source = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yaml").read_text())["datasources"][0]
    assert source["jsonData"]["timeInterval"] == f"{SCRAPE_INTERVAL_S:g}s"
    assert source["jsonData"]["httpMethod"] == "POST"
    assert source["jsonData"]["prometheusType"] == "Prometheus"
    assert COMPOSE["prometheus"]["image"].endswith(f":v{source['jsonData']['prometheusVersion']}")


def test_the_configuration_of_prometheus_is_valid() -> None:
    """The judge is promtool."""
    done = subprocess.run(
        ["promtool", "check", "config", str(DEPLOY / "prometheus.yml")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
