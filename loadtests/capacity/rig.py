"""Rig: the target, kept running between probes, and one run folder for every rate that is offered to it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from loadtests.bench import Bench
from loadtests.capacity.cpu import CpuMeter, ReadCpu, of_metrics, of_process
from loadtests.capacity.margin import limits, worst_margin
from loadtests.capacity.probe import Probe
from loadtests.experiment import Experiment
from loadtests.folder import begin_run, finished_now
from loadtests.histogram import merged
from loadtests.known_item import save
from loadtests.manifest import Manifest, TrialStatus
from loadtests.run import QUERIES_FILE, Run, read_run, save_manifest
from loadtests.schedule import PlannedTrial
from loadtests.services import search_service
from loadtests.services.processors import split
from loadtests.trial_run import TrialRun
from loadtests.watcher import Watcher
from scenarios.scenario import Scenario
from scenarios.stage import Stage, StageKind

STAGE = "probe"
WARM_UP = "warm-up"
PERCENTILES = (50.0, 95.0, 99.0)

Unsound = Callable[[Run, str, str], str]
"""From a run, a variant and a stage to why its measurement cannot be believed; empty when it can."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a probe warms up and measures, in seconds."""

    warmup_s: float = 3.0
    measure_s: float = 12.0


class Rig:
    """Starts the target when its `with` block begins; `host` None means the bundled service, ended with the block."""

    def __init__(
        self, scenario: Scenario, begun: tuple[Path, Manifest], watcher: Watcher, timing: Timing, unsound: Unsound
    ) -> None:
        self._scenario = scenario
        self._folder, self._manifest = begun
        self._watcher = watcher
        self._timing = timing
        self._unsound = unsound
        self._promises = limits(scenario.objectives)
        self._processors = split()
        self._stack = ExitStack()
        self._bench: Bench | None = None
        self._cpu: ReadCpu = lambda: None
        self._probed = 0

    @property
    def cores(self) -> float:
        """How many cores the target may use."""
        return float(len(self._processors.target) or os.cpu_count() or 1)

    def __enter__(self) -> Self:
        with ExitStack() as stack:  # ends what was started when a later part does not start
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        """Start the target, and draw the queries that every probe asks.

        Raises:
            HarnessError: when there is no target; before any load.
        """
        scenario, variant = self._scenario, self._scenario.contender
        bench = Bench(scenario, self._folder, self._watcher, lambda _url, _record: (), host=scenario.target.url)
        bench.processors = self._processors
        Experiment(bench, self._manifest).prepare()
        if bench.host is None:
            log = self._folder / f"service-{variant.name}.log"
            self._watcher.step(f"starting the service: {variant.name}")
            service = search_service.start(variant, self._folder, log, self._processors.target)
            stack.enter_context(service.child)
            search_service.wait_until_ready(service)
            bench.host, self._cpu = service.url, of_process(service.child.pid)
        else:
            self._cpu = of_metrics(bench.host)
        self._bench = bench

    def probe(self, rate_per_s: float, measure_s: float | None = None) -> Probe:
        """Offer one rate and return what came of it; what goes wrong in it is its fault."""
        if self._bench is None:
            raise RuntimeError("a rig probes inside its with block only")
        self._probed += 1
        asked = self._asked(rate_per_s, measure_s or self._timing.measure_s)
        folder, manifest = begin_run(self._folder / "probes", asked, self._manifest.command)
        if self._bench.items:
            digest = save(self._bench.items, folder / QUERIES_FILE)
            manifest = replace(manifest, queries={"sha256": digest, "count": len(self._bench.items)})
        bench = replace(self._bench, scenario=asked, folder=folder)
        planned = PlannedTrial(1, 1, asked.contender, asked.seed)
        self._watcher.step(f"probe {self._probed}: {rate_per_s:.4g}/s for {asked.duration_s:g} s")
        trial = TrialRun(bench, planned)
        with CpuMeter(self._cpu) as meter:
            try:
                trial.run()
            finally:
                save_manifest(folder, replace(manifest.with_trial(trial.record), finished_utc=finished_now()))
        return self._told(rate_per_s, read_run(folder), meter)

    def _asked(self, rate_per_s: float, measure_s: float) -> Scenario:
        """Return the scenario of one probe: the same service, queries and promises, one rate."""
        multiplier = rate_per_s / self._scenario.baseline_rate_per_s
        stages = (
            Stage(WARM_UP, multiplier, rate_per_s, self._timing.warmup_s, StageKind.WARMUP),
            Stage(STAGE, multiplier, rate_per_s, measure_s),
        )
        promises = {id(objective): replace(objective, stages=(STAGE,)) for objective, _ in self._promises}
        return replace(
            self._scenario,
            stages=stages,
            objectives=tuple(promises.values()),
            variants=(self._scenario.contender,),
            trials=1,
            seed=self._scenario.seed + self._probed,
        )

    def _told(self, rate_per_s: float, run: Run, meter: CpuMeter) -> Probe:
        trial, window = run.trials[0], run.scenario.windows[-1]
        if trial.record.status is not TrialStatus.COMPLETE:
            fault = trial.record.note or "it did not finish"
            return Probe(rate_per_s, math.nan, math.nan, fault=fault, run=run.folder.name)
        seconds = [its for its in trial.timeline.seconds if its.stage == STAGE]
        margin = worst_margin(self._promises, seconds, Random(run.scenario.seed))  # noqa: S311 - a seeded bootstrap
        good = merged(its.ok["latency"] for its in seconds)
        missing = sum(max(its.planned, its.finished) for its in seconds) - good.total
        began = (trial.record.started_unix or math.nan) + window.start_s
        return Probe(
            rate_per_s,
            margin.value,
            margin.error,
            margin.text,
            achieved_per_s=good.total / window.stage.duration_s,
            percentiles_s={f"{its:g}": good.quantile(its / 100, infinite=missing) for its in PERCENTILES},
            utilisation=meter.cores(began, began + window.stage.duration_s),
            fault=self._unsound(run, run.scenario.contender.name, STAGE).removeprefix("trial 1: "),
            run=run.folder.name,
        )
