"""TrialRun: one trial from the target's fresh start to its last judged answer."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from loadtests.backstage import Backstage
from loadtests.bench import Bench
from loadtests.lines import LineWriter
from loadtests.manifest import TrialRecord, TrialStatus
from loadtests.quality import Judge, by_second, depths, kept_answers
from loadtests.run import LOG_FILE, QUALITY_FILE, SCENARIO_FILE, SECONDS_FILE, SERVER_FILE
from loadtests.schedule import PlannedTrial
from loadtests.services import faults, search_service
from loadtests.services.child import Child, Priority
from loadtests.services.ports import LOOPBACK, free_ports, several
from loadtests.tail import Tail
from loadtests.targets import make_backstage
from scenarios.errors import HarnessError

LOCUSTFILE = Path(__file__).parent / "locustfile.py"
LOOK_S = 0.25
SETTLE_S = 1.1  # Prometheus scrapes once a second: after this long it has seen the last of a trial
OVERTIME_S = 30.0
"""Beyond the plan and the caller's patience, before a generator that does not end is ended."""


class TrialRun:
    """Runs once; `record` says at any moment how far it has come."""

    def __init__(self, bench: Bench, planned: PlannedTrial) -> None:
        self._bench = bench
        self._planned = planned
        self.record = TrialRecord(planned.index, planned.pair, planned.variant.name, planned.seed)

    def run(self) -> TrialRecord:
        """Measure the trial and return its record; what goes wrong in it is in the record's status and note.

        Raises:
            KeyboardInterrupt: when the user asked to stop; the record says so, and what was measured is kept.
        """
        bench, variant = self._bench, self._planned.variant
        if bench.host is not None:
            self.record = replace(self.record, url=bench.host)
            return self._measure(None)
        bench.watcher.step(f"starting the service: {variant.name}")
        log = bench.folder / f"service-{variant.name}.log"
        service = search_service.start(variant, bench.folder, log, bench.processors.target)
        with service.child:
            self.record = replace(self.record, url=service.url)
            return self._measure(service)

    def _measure(self, service: search_service.Service | None) -> TrialRecord:
        bench, index = self._bench, self._planned.index
        ports = free_ports(bench.processes)
        self._watch(ports)
        try:
            if service is not None:
                search_service.wait_until_ready(service)
            backstage = make_backstage(bench.scenario, self.record.url)
            self.record = replace(self.record, target=backstage.config())
            counted_before = backstage.requests_counted() or 0
            self._offer_through_faults(service, ports)
            counted = backstage.requests_counted()
            if counted is not None:
                self.record = replace(self.record, requests_counted=counted - counted_before)
            self._judge(backstage)
            self._read_server()
        except KeyboardInterrupt:
            self.record = replace(self.record, status=TrialStatus.INTERRUPTED, note="stopped by the user")
            self._read_server()
            raise
        except HarnessError as error:
            self.record = replace(self.record, status=TrialStatus.FAILED, note=error.what)
        finally:
            if bench.prometheus is not None:
                for name in ("service", *(f"generator-{worker}" for worker in range(bench.processes))):
                    bench.prometheus.forget(f"{index}-{name}")
        return self.record

    def _watch(self, ports: int) -> None:
        """Have Prometheus scrape the target and every generator, labelled with the trial."""
        bench = self._bench
        if bench.prometheus is None:
            return
        labels = {"testid": bench.run_id, "trial": str(self._planned.index), "variant": self._planned.variant.name}
        target = urlsplit(self.record.url).netloc.rpartition("@")[2]
        bench.prometheus.watch(f"{self._planned.index}-service", target, {**labels, "job": "service"})
        for worker in range(bench.processes):
            address = f"{LOOPBACK}:{ports + worker}"
            bench.prometheus.watch(f"{self._planned.index}-generator-{worker}", address, {**labels, "job": "generator"})

    def _offer_through_faults(self, service: search_service.Service | None, ports: int) -> None:
        """Offer the load with the variant's faults in force, if it has any; a whole service then judges the answers."""
        wanted = self._planned.variant.faults
        if service is not None and wanted:
            faults.inject(service.url, service.token, wanted)
        self._offer(ports)
        if service is not None and wanted:
            faults.mend(service.url, service.token)

    def _offer(self, ports: int) -> None:
        """Run Locust over the whole plan and follow what it reports."""
        bench, planned = self._bench, self._planned
        tail = Tail(bench.folder / SECONDS_FILE, planned.index, bench.scenario.duration_s)
        log, cpus = bench.folder / LOG_FILE, bench.processors.generator
        with Child("the load generator", self._command(ports), log, cpus=cpus, priority=Priority.REALTIME) as locust:
            try:
                self._follow(locust, tail)
            except KeyboardInterrupt:
                locust.stop(signal.SIGINT)
                raise
            finally:
                self.record = replace(
                    self.record,
                    started_unix=tail.started_unix,
                    workers=tail.workers,
                    start_uncertainty_s=tail.start_uncertainty_s,
                )
            code = locust.exit_code
        if code:
            raise HarnessError(f"the load generator ended with exit code {code}{locust.tail()}")
        if tail.abort is not None:
            self.record = replace(self.record, status=TrialStatus.ABORTED, note=tail.abort.sentence)
            return
        self.record = replace(self.record, status=TrialStatus.COMPLETE)

    def _follow(self, locust: Child, tail: Tail) -> None:
        scenario = self._bench.scenario
        deadline_s = time.monotonic() + scenario.duration_s + scenario.target.timeout_s + OVERTIME_S
        while locust.wait(LOOK_S) is None:
            for glimpse in tail.glimpses():
                self._bench.watcher.second(glimpse)
            if time.monotonic() > deadline_s:
                locust.stop()
                raise HarnessError("the load generator did not end by itself and was stopped")
        for glimpse in tail.glimpses():
            self._bench.watcher.second(glimpse)

    def _command(self, ports: int) -> list[str]:
        bench, planned = self._bench, self._planned
        command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
        command += ["--host", self.record.url, "--scenario", str(bench.folder / SCENARIO_FILE)]
        command += ["--run-dir", str(bench.folder), "--trial", str(planned.index), "--trial-seed", str(planned.seed)]
        command += ["--exit-code-on-error", "0"]
        command += several(bench.processes)
        return command + (["--metrics-port", str(ports)] if bench.prometheus else [])

    def _judge(self, backstage: Backstage) -> None:
        """Judge the sampled answers while the service is still up and nobody waits for it."""
        bench = self._bench
        bench.watcher.step(f"judging the answers: {self._planned.variant.name}")
        workload = bench.scenario.workload
        params = {operation.name: operation.params for operation in workload.operations}
        answers = kept_answers(bench.folder, self._planned.index)

        def exact(operation: str, query: str, depth: int) -> Sequence[str] | None:
            return backstage.exact(query, params[operation], depth)

        try:
            judge = Judge(bench.items, exact, depths(bench.scenario), workload.judging.exact)
            judged = judge.judge(answers)
        except HarnessError as error:
            self.record = replace(self.record, note=f"answers not judged: {error.what}")
            return
        with LineWriter(bench.folder / QUALITY_FILE) as lines:
            lines.write(*(its.to_json() for its in judged))
        with LineWriter(bench.folder / SECONDS_FILE) as lines:
            trial = {"kind": "quality", "trial": self._planned.index}
            lines.write(*(trial | its.to_json() for its in by_second(judged)))

    def _read_server(self) -> None:
        """Ask Prometheus for the trial's server-side numbers, once it has seen the last of it."""
        bench = self._bench
        if bench.prometheus is not None:
            time.sleep(SETTLE_S)
        rows = bench.read_server(bench.prometheus.url if bench.prometheus else None, self.record)
        with LineWriter(bench.folder / SERVER_FILE) as lines:
            lines.write(*(row.to_json() for row in rows))
