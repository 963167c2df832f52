"""Prometheus as a child process: its own folder, a free loopback port, one scrape a second, targets from files."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import orjson
import yaml

from loadtests.run import replace_file
from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.waiting import answers, started

BINARY = "prometheus"
START_TIMEOUT_S = 30.0
HOW_TO_GET = "apt-get install prometheus"

CONFIG = {
    "global": {"scrape_interval": "1s", "scrape_timeout": "900ms", "evaluation_interval": "1s"},
    "scrape_configs": [
        {
            "job_name": "tenfold",
            "file_sd_configs": [{"files": ["targets/*.json"], "refresh_interval": "1s"}],
        }
    ],
}


def installed() -> bool:
    """Whether a Prometheus server can be started here."""
    return shutil.which(BINARY) is not None


class Prometheus:
    """A running server, whose data stays in the run folder after it has ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._targets = folder / "targets"
        self._targets.mkdir(parents=True)
        config = folder / "prometheus.yml"
        config.write_text(yaml.safe_dump(CONFIG, sort_keys=False), encoding="utf-8")
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        command = [
            BINARY,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=10y",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--query.lookback-delta=5s",
            "--enable-feature=exemplar-storage",
            "--log.level=warn",
        ]
        self.child = Child("Prometheus", command, folder / "prometheus.log")
        started(self.child, "readiness", lambda: answers(self.url + "/-/ready"), START_TIMEOUT_S)

    def watch(self, name: str, address: str, labels: Mapping[str, str]) -> None:
        """Scrape `host:port` from now on, with the labels on every series; found within about five seconds."""
        content = orjson.dumps([{"targets": [address], "labels": dict(labels)}])
        replace_file(self._targets / f"{name}.json", content)

    def forget(self, name: str) -> None:
        """Scrape that target no longer."""
        (self._targets / f"{name}.json").unlink(missing_ok=True)

    def stop(self) -> None:
        """End the server; its data stays."""
        self.child.stop()
