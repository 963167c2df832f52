"""Stand: what the cases share, started once: the prepared service, its queries, Prometheus, Redis where needed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from loadtests.bench import Bench
from loadtests.experiment import PROMETHEUS_FOLDER, Experiment
from loadtests.folder import begin_run, finished_now
from loadtests.known_item import save
from loadtests.manifest import Manifest, TrialRecord
from loadtests.run import QUERIES_FILE, Run, read_run, save_manifest
from loadtests.schedule import PlannedTrial
from loadtests.self_test.case import Case
from loadtests.server import ServerSeries, ServerValue
from loadtests.services import prometheus
from loadtests.services.processors import split
from loadtests.services.prometheus import Prometheus
from loadtests.services.redis import Redis
from loadtests.trial_run import TrialRun
from loadtests.watcher import Watcher
from scenarios.errors import HarnessError
from scenarios.scenario import Scenario

CASES_FOLDER = "cases"

ReadSeries = Callable[[str | None, Scenario, str, TrialRecord], list[ServerValue | ServerSeries]]
"""From the address of a Prometheus, a scenario, a run's name and a trial to what the service's own side said."""


class Stand:
    """Starts what is shared when its `with` block begins, and ends it with the block.

    The service itself is started afresh by each case: what a leak took, and what a cache has learnt, is then gone.
    """

    def __init__(
        self, scenario: Scenario, begun: tuple[Path, Manifest], watcher: Watcher, read_series: ReadSeries
    ) -> None:
        self._scenario = scenario
        self._folder, self._manifest = begun
        self._watcher = watcher
        self._read_series = read_series
        self._stack = ExitStack()
        self._bench = Bench(scenario, self._folder, watcher, lambda _url, _record: ())
        self._redis: Redis | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:  # ends what was started when a later part does not start
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.close()
        save_manifest(self._folder, replace(self._manifest, finished_utc=finished_now()))

    def _start(self, stack: ExitStack) -> None:
        """Prepare the service, draw the queries, start Prometheus.

        Raises:
            HarnessError: when something is missing; before any load.
        """
        if not prometheus.installed():
            raise HarnessError(
                "the self-test reads the service's own numbers, and Prometheus is not installed",
                hint=prometheus.HOW_TO_GET,
            )
        self._bench.processors = split()
        Experiment(self._bench, self._manifest).prepare()
        self._watcher.step("starting Prometheus")
        self._bench.prometheus = Prometheus(self._folder / PROMETHEUS_FOLDER)
        stack.callback(self._bench.prometheus.stop)

    def run(self, case: Case) -> Run:
        """Run one case and return what was measured; it has a run folder of its own."""
        asked = case.asked(self._scenario, self._settings(case))
        folder, manifest = begin_run(self._folder / CASES_FOLDER, asked, self._manifest.command)
        digest = save(self._bench.items, folder / QUERIES_FILE)
        telemetry = f"Prometheus, one scrape a second; data in {self._folder / PROMETHEUS_FOLDER}/"
        queries = {"sha256": digest, "count": len(self._bench.items)}
        manifest = replace(manifest, queries=queries, telemetry=telemetry)
        bench = replace(
            self._bench,
            scenario=asked,
            folder=folder,
            read_server=lambda url, record: self._read_series(url, asked, folder.name, record),
        )
        trial = TrialRun(bench, PlannedTrial(1, 1, asked.contender, asked.seed))
        try:
            trial.run()
        finally:
            save_manifest(folder, replace(manifest.with_trial(trial.record), finished_utc=finished_now()))
        return read_run(folder)

    def _settings(self, case: Case) -> dict[str, Any]:
        """Return the switches that are known only while the stand is up."""
        if not case.needs_redis:
            return {}
        if self._redis is None:
            self._watcher.step("starting Redis")
            self._redis = Redis(self._folder)
            self._stack.callback(self._redis.stop)
        return {"redis_url": self._redis.url}
