"""Synthetic runs, written to disk through the types that real runs are written with."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy

from loadtests.health import HealthSecond
from loadtests.histogram import GROWTH, Histogram
from loadtests.judged import JudgedAnswer
from loadtests.lines import LineWriter
from loadtests.manifest import Manifest, TrialRecord, TrialStatus
from loadtests.run import QUALITY_FILE, SCENARIO_FILE, SECONDS_FILE, SERVER_FILE, Run, read_run, save_manifest
from loadtests.sample import OK, TIMEOUT, UNSENT
from loadtests.second import Second
from loadtests.server import ServerSeries, ServerValue
from scenarios.reading import parse_scenario
from scenarios.scenario import Scenario
from scenarios.stage import StageWindow
from scenarios.writing import load_facts, scenario_yaml

SCENARIO = """
name: synthetic
title: A service that exists on paper
baseline: 100/s
arrivals: constant
seed: 7
trials: 3
tolerance: 0.10
target: {kind: search, timeout: 2s, connections: 256}
workload: {operations: [{name: search}]}
stages:
  - {name: warm-up, multiplier: 1, duration: 2s, kind: warmup}
  - {name: 1x, multiplier: 1, duration: 7s}
  - {name: 2x, multiplier: 2, duration: 6s}
  - {name: 5x, multiplier: 5, duration: 6s}
  - {name: 10x, multiplier: 10, duration: 6s}
  - {name: recovery, multiplier: 1, duration: 7s, kind: recovery}
variants:
  - {name: before, profile: naive}
  - {name: after, profile: optimized}
indicators:
  cache_hits: {title: cache hits, unit: ratio, higher_is_better: true, promql: "hits{$target}[$window]"}
  service_cpu: {title: CPU of the service, unit: cores, promql: "cpu{$target}[$window]"}
  where: {title: mean time in a request, unit: s, by: stage, promql: "where{$target}[$window]"}
objectives:
  - {indicator: latency, criteria: ["p(95)<100ms"], key: true}
  - {indicator: errors, criteria: [rate<1%], key: true}
  - {indicator: goodput, criteria: [rate>=99%]}
  - {indicator: throughput, criteria: [rate>=950/s], stages: [10x]}
  - {indicator: recall@10, criteria: [avg>=0.95], key: true}
  - {indicator: latency, criteria: ["p(95)<=+10%"], stages: [1x, 2x]}
  - {indicator: cache_hits, criteria: [value>=85%], stages: [5x, 10x], severity: warn, optional: true}
"""


@dataclass(frozen=True)
class Manner:
    """How a variant behaves in a stage; durations in seconds, `failing` the share that times out."""

    median_s: float = 0.004
    sigma: float = 0.5
    failing: float = 0.0
    recall: float = 0.99
    cache_hits: float | None = 0.91
    cores: float | None = 0.4
    lateness_s: float = 0.0002
    cpu_share: float = 0.2
    stall_s: float = 0.004
    pool_full_s: float = 0.0
    unsent: float = 0.0
    in_flight_factor: float = 1.0


QUICK = Manner()
OVERLOADED = Manner(median_s=0.9, sigma=0.3, failing=0.6, cores=1.6, cache_hits=None, recall=1.0)


def fill(histogram: Histogram, values: numpy.ndarray) -> None:
    """Count many durations at once; the same as adding them one by one."""
    if not len(values):
        return
    buckets, counts = numpy.unique(numpy.floor(numpy.log(values) / math.log(GROWTH)).astype(int), return_counts=True)
    histogram.counts = dict(zip(buckets.tolist(), counts.tolist(), strict=True))
    histogram.total, histogram.sum_s = len(values), float(values.sum())
    histogram.smallest_s, histogram.largest_s = float(values.min()), float(values.max())


@dataclass
class Recipe:
    """A run to be made up: manners by (variant, stage), everything else a real folder holds."""

    scenario: Scenario = field(default_factory=lambda: parse_scenario(SCENARIO, "synthetic.yaml"))
    manners: dict[tuple[str, str], Manner] = field(default_factory=dict)
    usual: dict[str, Manner] = field(default_factory=dict)
    trial_sd: float = 0.02
    seed: int = 11
    status: dict[int, TrialStatus] = field(default_factory=dict)
    until_s: dict[int, float] = field(default_factory=dict)
    deaf: tuple[int, ...] = ()
    counted: Callable[[int, int], int | None] = lambda _trial, answered: answered
    machine: dict[str, Any] = field(
        default_factory=lambda: {"host": "bench", "cpu": "Paper 9000", "cores": 2, "memory_bytes": 24 * 2**30}
    )
    manifest: dict[str, Any] = field(default_factory=dict)
    prometheus: bool = True

    def manner(self, variant: str, stage: str) -> Manner:
        """Return how a variant behaves in a stage."""
        return self.manners.get((variant, stage), self.usual.get(variant, QUICK))

    def write(self, folder: Path) -> Run:
        """Write the folder and read it back."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SCENARIO_FILE).write_text(scenario_yaml(self.scenario), encoding="utf-8")
        records = [self._trial(folder, index, pair, variant) for index, (pair, variant) in enumerate(self._order())]
        links = {"Load test": "http://127.0.0.1:3000/d/tenfold-overview?from=1&to=2"}
        known: dict[str, Any] = {
            "run_id": folder.name,
            "scenario": self.scenario.name,
            "created_utc": "2026-11-20T18:02:11+00:00",
            "finished_utc": "2026-11-20T18:06:49+00:00",
            "commit": "4f1c2ab",
            "command": ("tenfold", "run", "synthetic.yaml", "--note", "it's paper"),
            "seed": self.scenario.seed,
            "load": load_facts(self.scenario),
            "machine": self.machine,
            "versions": {"tenfold": "0.1.0", "locust": "2.47.0"},
            "queries": {"sha256": "abc123", "count": 2000},
            "telemetry": "Prometheus 2.42.0" if self.prometheus else "no Prometheus: the program is not installed",
            "links": links,
            "trials": tuple(records),
        }
        save_manifest(folder, Manifest(**{**known, **self.manifest}))
        return read_run(folder)

    def _order(self) -> list[tuple[int, str]]:
        names = [variant.name for variant in self.scenario.variants]
        return [
            (pair, name)
            for pair in range(self.scenario.trials)
            for name in (names if pair % 2 == 0 else list(reversed(names)))
        ]

    def _trial(self, folder: Path, index: int, pair: int, variant: str) -> TrialRecord:
        number = index + 1  # trials are numbered from 1, as an experiment does
        rng = numpy.random.default_rng([self.seed, index])
        factor = float(numpy.exp(rng.normal(0, self.trial_sd)))
        answered = 0
        with LineWriter(folder / SECONDS_FILE) as lines:
            for window in self.scenario.windows:
                manner = self.manner(variant, window.name)
                for t in range(int(window.start_s), int(window.end_s)):
                    if t >= self.until_s.get(index, numpy.inf):
                        continue
                    made = [self._second(rng, t, window, name, manner, factor) for name in self._names()]
                    answered += sum(second.finished - second.outcomes["unsent"] for second in made)
                    lines.write(*({"kind": "second", "trial": number, **second.to_json()} for second in made))
                    if t not in self.deaf:
                        health = self._health(t, made, manner)
                        lines.write({"kind": "health", "trial": number, **health.to_json()})
        self._server(folder, number, variant)
        self._quality(folder, number, variant, rng)
        profile = self.scenario.variant(variant).profile or ""
        return TrialRecord(
            number,
            pair + 1,
            variant,
            self.scenario.seed + pair,
            self.status.get(index, TrialStatus.COMPLETE),
            started_unix=1_795_000_000.0 + index * 60,
            requests_counted=self.counted(index, answered),
            target={"profile": profile, "cache": profile == "optimized", "index": "hnsw"},
        )

    def _names(self) -> list[str]:
        return [operation.name for operation in self.scenario.workload.operations]

    def _second(
        self, rng: numpy.random.Generator, t: int, window: StageWindow, name: str, manner: Manner, factor: float
    ) -> Second:
        second = Second(t, window.name, name)
        planned = round(window.stage.rate_per_s / len(self._names()))
        second.planned = planned
        times = numpy.minimum(manner.median_s * factor * numpy.exp(rng.normal(0, manner.sigma, planned)), 1.99)
        failing = rng.random(planned) < manner.failing
        unsent = rng.random(planned) < manner.unsent
        lost, bad = int(unsent.sum()), int((failing & ~unsent).sum())
        good = times[~failing & ~unsent]
        second.outcomes.update({OK: len(good), TIMEOUT: bad, UNSENT: lost})
        second.outcomes += Counter()  # without zeros
        fill(second.ok["latency"], good)
        fill(second.ok["service_time"], good - 1e-5)
        fill(second.ok["ttfb"], 0.9 * good)
        fill(second.failed["latency"], numpy.full(bad + lost, 2.0))
        fill(second.failed["service_time"], numpy.full(bad, 1.9999))
        return second

    def _health(self, t: int, made: list[Second], manner: Manner) -> HealthSecond:
        health = HealthSecond(
            t,
            cpu_share=manner.cpu_share,
            busy_share=manner.cpu_share,
            pool_full_s=manner.pool_full_s,
            stall_s=manner.stall_s,
        )
        served = sum(side["service_time"].sum_s for second in made for side in (second.ok, second.failed))
        health.in_flight = served * manner.in_flight_factor
        health.in_flight_peak = round(2 * health.in_flight)
        for _ in range(20):
            health.lateness.add(manner.lateness_s)
        return health

    def _server(self, folder: Path, index: int, variant: str) -> None:
        rows: list[ServerValue | ServerSeries] = []
        for stage in self.scenario.judged_stages:
            manner = self.manner(variant, stage)
            why = "" if self.prometheus else "not measured: no Prometheus"
            for name, value in (("cache_hits", manner.cache_hits), ("service_cpu", manner.cores)):
                rows.append(ServerValue(index, stage, name, value if self.prometheus else None, why))
            if self.prometheus:
                parts = {"embed": 0.5, "ann": 0.2, "cache": 0.1, "queue": 0.2}
                rows += [
                    ServerValue(index, stage, "where", part * manner.median_s, label=label)
                    for label, part in parts.items()
                ]
        if self.prometheus:
            points = tuple((float(t), self.manner(variant, "1x").cores or 0.0) for t in range(20))
            rows.append(ServerSeries(index, "service_cpu", points))
        with LineWriter(folder / SERVER_FILE) as lines:
            lines.write(*(row.to_json() for row in rows))

    def _quality(self, folder: Path, index: int, variant: str, rng: numpy.random.Generator) -> None:
        with LineWriter(folder / QUALITY_FILE) as lines:
            for stage in self.scenario.judged_stages:
                recall = self.manner(variant, stage).recall
                scores = rng.binomial(10, recall, 40) / 10
                for name in self._names():
                    lines.write(
                        *(
                            JudgedAnswer(index, stage, name, rank, "recall@10", float(score)).to_json()
                            for rank, score in enumerate(scores)
                        )
                    )


def scenario_from(text: str = SCENARIO, **changes: Any) -> Scenario:
    """Return the synthetic scenario with fields replaced."""
    return replace(parse_scenario(text, "synthetic.yaml"), **changes)


def overloaded_before() -> dict[tuple[str, str], Manner]:
    """Return manners in which "before" answers at 1x and 2x, and breaks at 5x and 10x."""
    before: Mapping[str, Manner] = {
        "1x": Manner(median_s=0.018, cache_hits=None, recall=1.0, cores=0.7),
        "2x": Manner(median_s=0.028, cache_hits=None, recall=1.0, cores=1.3),
        "5x": OVERLOADED,
        "10x": replace(OVERLOADED, failing=0.83),
        "recovery": Manner(median_s=0.03, failing=0.04, cache_hits=None, recall=1.0),
    }
    return {("before", stage): manner for stage, manner in before.items()}
