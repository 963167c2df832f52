"""Experiment: interleaved trials of variants over one scenario; starts what it needs and leaves nothing behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from loadtests.backstage import Backstage
from loadtests.bench import Bench
from loadtests.folder import finished_now
from loadtests.known_item import save
from loadtests.manifest import Manifest, TrialStatus
from loadtests.run import QUERIES_FILE, save_manifest
from loadtests.schedule import PlannedTrial, schedule
from loadtests.services import faults, prometheus, search_service
from loadtests.services.processors import split
from loadtests.services.prometheus import Prometheus
from loadtests.targets import items_of, make_backstage
from loadtests.trial_run import TrialRun
from scenarios.errors import HarnessError

PROMETHEUS_FOLDER = "prometheus"


class Experiment:
    """Runs once, over a run folder that has been begun. The manifest on disk is up to date at every step."""

    def __init__(self, bench: Bench, manifest: Manifest) -> None:
        self._bench = bench
        self.manifest = manifest

    def run(self, *, telemetry: bool = True) -> Manifest:
        """Run every trial of the schedule and return the manifest.

        Interrupted by the user, it ends the running trial, keeps what was measured, and returns.

        Raises:
            HarnessError: when there is nothing to measure: no target, no queries; before any load.
        """
        bench = self._bench
        bench.processors = split(bench.processes)
        planned = schedule(bench.scenario)
        try:
            with ExitStack() as stack:
                self.prepare()
                self._start_prometheus(stack, wanted=telemetry)
                self._run_trials(planned)
        except KeyboardInterrupt:
            bench.watcher.note("interrupted: the report shows what was measured until now")
        self._update(replace(self.manifest, finished_utc=finished_now()))
        return self.manifest

    def _run_trials(self, planned: Sequence[PlannedTrial]) -> None:
        """Run the trials in order; an abort ends them all, or only those of its variant when that is the baseline.

        That the baseline breaks its promises says nothing about the contender, which is what the run is about.
        """
        scenario, left = self._bench.scenario, deque(planned)
        while left:
            trial = left.popleft()
            self._bench.watcher.trial(trial, len(planned))
            self._run_trial(trial)
            if not self._aborted(trial.index):
                continue
            rest = [its for its in left if its.variant != trial.variant]
            if trial.variant == scenario.contender:
                rest = []
            of = "" if not rest else f" of {trial.variant.name}"
            self._bench.watcher.note(f"aborted; {len(left) - len(rest)} further trials{of} were not run")
            left = deque(rest)

    def _aborted(self, index: int) -> bool:
        """Whether a promise with abort_on_fail was broken: one trial that shows it is enough."""
        return any(its.index == index and its.status is TrialStatus.ABORTED for its in self.manifest.trials)

    def _run_trial(self, planned: PlannedTrial) -> None:
        trial = TrialRun(self._bench, planned)
        self._update(self.manifest.with_trial(trial.record))
        try:
            trial.run()
        except HarnessError as error:
            trial.record = replace(trial.record, status=TrialStatus.FAILED, note=error.what)
        finally:
            self._update(self.manifest.with_trial(trial.record))
        if trial.record.status in (TrialStatus.FAILED, TrialStatus.ABORTED):
            self._bench.watcher.note(f"trial {planned.index}: {trial.record.note}")

    def prepare(self) -> None:
        """Make sure that every variant can be started, and draw the queries from the corpus.

        Raises:
            HarnessError: when there is no target, or nothing to ask it.
        """
        bench = self._bench
        broken = [variant for variant in bench.scenario.variants if variant.faults]
        if bench.host is not None:
            if broken:
                raise HarnessError(
                    f"variant {broken[0].name} has faults, which only the bundled service takes",
                    hint="leave out --host, or the variant's faults",
                )
            backstage = make_backstage(bench.scenario, bench.host)
            backstage.check()
            self._draw(backstage)
            return
        for variant in bench.scenario.variants:
            search_service.prepare(variant, bench.folder / f"service-{variant.name}.log", bench.watcher.progress)
        bench.watcher.step("drawing the queries from the corpus")
        variant = bench.scenario.contender
        log = bench.folder / f"service-{variant.name}.log"
        service = search_service.start(variant, bench.folder, log, bench.processors.target, breakable=bool(broken))
        with service.child:
            search_service.wait_until_ready(service)
            for variant in broken:
                faults.inject(service.url, service.token, variant.faults)  # else they would be refused trials later
                faults.mend(service.url, service.token)
            self._draw(make_backstage(bench.scenario, service.url))

    def _draw(self, backstage: Backstage) -> None:
        bench = self._bench
        bench.items = items_of(bench.scenario, backstage)
        if bench.items:
            digest = save(bench.items, bench.folder / QUERIES_FILE)
            self._update(replace(self.manifest, queries={"sha256": digest, "count": len(bench.items)}))

    def _start_prometheus(self, stack: ExitStack, *, wanted: bool) -> None:
        bench = self._bench
        if not wanted:
            self._off("switched off with --no-prometheus", "leave the option out")
            return
        if not prometheus.installed():
            self._off("prometheus is not installed", prometheus.HOW_TO_GET)
            return
        bench.watcher.step("starting Prometheus")
        try:
            bench.prometheus = Prometheus(bench.folder / PROMETHEUS_FOLDER)
        except HarnessError as error:
            self._off(error.what, error.hint)
            return
        stack.callback(bench.prometheus.stop)
        self._update(replace(self.manifest, telemetry=f"Prometheus, one scrape a second; data in {PROMETHEUS_FOLDER}/"))

    def _off(self, why: str, how: str) -> None:
        self._bench.watcher.note(f"no server-side numbers: {why}; to get them: {how}")
        self._update(replace(self.manifest, telemetry=f"no Prometheus: {why}"))

    def _update(self, manifest: Manifest) -> None:
        self.manifest = manifest
        save_manifest(self._bench.folder, manifest)
