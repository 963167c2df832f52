"""Ui: Locust's web page over a scenario, with the bundled service and Prometheus beside it, until it is stopped."""

from __future__ import annotations

import signal
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from loadtests.services import prometheus, search_service
from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_ports, several
from loadtests.services.processors import split
from loadtests.services.prometheus import Prometheus
from loadtests.services.waiting import answers, wait_for
from loadtests.targets import make_backstage
from loadtests.trial_run import LOCUSTFILE
from loadtests.watcher import Watcher
from scenarios.errors import HarnessError
from scenarios.scenario import Scenario

START_TIMEOUT_S = 30.0
LEAVE_S = 120.0  # for the report of a run that Ctrl-C ends; a second Ctrl-C does not wait for it
LOG_FILE = "locust.log"


@dataclass(frozen=True, slots=True)
class Ui:
    """What to serve: a scenario's contender, or a service at `host`; the web page at `web_port` of loopback."""

    scenario: Scenario
    file: Path
    folder: Path
    watcher: Watcher
    host: str | None = None
    web_port: int = 8089
    processes: int = 1

    def serve(self) -> None:
        """Start everything and stay until Ctrl-C, or until Locust ends by itself.

        Raises:
            HarnessError: when the port is taken, or something does not start.
        """
        require_free(self.web_port)
        processors = split(self.processes)
        self.folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            url = self.host or self.scenario.target.url or self._service(stack, processors.target)
            make_backstage(self.scenario, url).check()
            ports = free_ports(self.processes)
            links = {"PROMETHEUS_URL": self._prometheus(stack, url, ports)} if prometheus.installed() else {}
            command, log = self._command(url, ports), self.folder / LOG_FILE
            locust = Child("Locust", command, log, environ=links, cpus=processors.generator)
            stack.callback(locust.stop, signal.SIGINT, LEAVE_S)
            page = f"http://{LOOPBACK}:{self.web_port}"
            wait_for(locust, "the web page", lambda: answers(page), START_TIMEOUT_S)
            self.watcher.note(f"open {page}/?tab=tenfold and press Start; Ctrl-C ends it; runs are written below runs/")
            self.watcher.step("serving the web page")
            while locust.wait(1.0) is None:
                pass
            locust.check()

    def _service(self, stack: ExitStack, cpus: tuple[int, ...]) -> str:
        variant = self.scenario.contender
        log = self.folder / "service.log"
        search_service.prepare(variant, log, self.watcher.progress)
        self.watcher.step("starting the service")
        service = search_service.start(variant, self.folder, log, cpus)
        stack.enter_context(service.child)
        search_service.wait_until_ready(service)
        return service.url

    def _prometheus(self, stack: ExitStack, url: str, ports: int) -> str:
        server = Prometheus(self.folder / "prometheus")
        stack.callback(server.stop)
        labels = {"testid": "ui", "trial": "1", "variant": self.scenario.contender.name}
        server.watch("service", url.partition("://")[2].split("/")[0], {**labels, "job": "service"})
        for worker in range(self.processes):
            server.watch(f"generator-{worker}", f"{LOOPBACK}:{ports + worker}", {**labels, "job": "generator"})
        self.watcher.note(f"Prometheus is at {server.url}")
        return server.url

    def _command(self, url: str, ports: int) -> list[str]:
        command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--host", url, "--scenario", str(self.file)]
        command += ["--web-host", LOOPBACK, "--web-port", str(self.web_port), "--metrics-port", str(ports)]
        return command + several(self.processes)


def require_free(port: int) -> None:
    """Make sure that a port of loopback can be listened on.

    Raises:
        HarnessError: naming the port.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise HarnessError(
                f"port {port} of {LOOPBACK} cannot be used: {error.strerror}",
                hint="end what listens there, or give another with --web-port",
            ) from error
