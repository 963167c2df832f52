"""A made-up run with every metric of the service and the generator, and a real Prometheus that holds it.

The run is an experiment of two variants with two trials each over the demo's stages. `after` answers every request in
time: nine of ten in 8 ms, one in 80 ms. `before` answers 300 requests a second and not one more; what it cannot take
waits, and a request that waited two seconds is an error.
"""

from __future__ import annotations

import socket
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
import requests

from dashboards.generate import documents
from loadtests import metric_names as generator
from scenarios.reading import find, read_scenario
from scenarios.scenario import Scenario
from target_stub import metric_names as service

RUN_ID = "20260102T030405Z-demo-abc1234"
START = 1_767_323_045  # 2026-01-02T03:04:05Z
STAGES = (("warm-up", 3, 100), ("1x", 7, 100), ("2x", 6, 200), ("5x", 6, 500), ("10x", 6, 1000), ("recovery", 7, 100))
TRIALS = (("before", 1), ("after", 1), ("after", 2), ("before", 2))
TRIAL_S = 42  # 35 s of load, a second before it, and a pause
CAPACITY = 300
PATIENCE_S = 2.0
READY_DEADLINE_S = 30.0


@dataclass
class Exposition:
    """An OpenMetrics file in the making: samples by family and series, in order of time."""

    families: dict[str, str] = field(default_factory=dict)
    samples: dict[str, dict[tuple[str, str], list[str]]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, family: str, kind: str, name: str, labels: dict[str, str], value: float, time: int) -> None:
        self.families[family] = kind
        written = ",".join(f'{key}="{its}"' for key, its in labels.items())
        self.samples[family].setdefault((name, written), []).append(f"{value!r} {time}")

    def text(self) -> str:
        lines = []
        for family, kind in self.families.items():
            lines.append(f"# TYPE {family} {kind}")
            for (name, labels), values in self.samples[family].items():
                lines += [f"{name}{{{labels}}} {value}" for value in values]
        return "\n".join([*lines, "# EOF", ""])


class Process:
    """One scraped process of one trial: keeps its counters and adds a sample of each when it is scraped."""

    def __init__(self, exposition: Exposition, labels: dict[str, str]) -> None:
        self.exposition, self.labels = exposition, labels
        self.counters: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        self.histograms: dict[tuple[str, tuple[tuple[str, str], ...]], dict[float, float]] = {}

    def count(self, name: str, amount: float, /, **labels: str) -> None:
        key = (name, tuple(labels.items()))
        self.counters[key] = self.counters.get(key, 0.0) + amount

    def observe(self, name: str, bounds: tuple[float, ...], seen: dict[float, float], /, **labels: str) -> None:
        """Add `seen` (value -> how often) to a histogram."""
        held = self.histograms.setdefault((name, tuple(labels.items())), dict.fromkeys((*bounds, float("inf")), 0.0))
        for value, times in seen.items():
            for bound in held:
                held[bound] += times if value <= bound else 0
            self.count(f"{name}_sum", value * times, **labels)
        self.count(f"{name}_count", sum(seen.values()), **labels)

    def gauge(self, name: str, value: float, time: int, /, **labels: str) -> None:
        self.exposition.add(name, "gauge", name, self.labels | labels, value, time)

    def scrape(self, time: int) -> None:
        self.gauge("up", 1, time)
        self.gauge("scrape_duration_seconds", 0.02, time)
        for (name, labels), value in self.counters.items():
            family = name.removesuffix("_total")
            kind = "counter" if name.endswith("_total") else "unknown"
            self.exposition.add(family, kind, name, self.labels | dict(labels), value, time)
        for (name, labels), buckets in self.histograms.items():
            for bound, value in buckets.items():
                le = "+Inf" if bound == float("inf") else f"{bound:g}"
                bucket = self.labels | dict(labels) | {"le": le}
                self.exposition.add(f"{name}_bucket", "unknown", f"{name}_bucket", bucket, value, time)


BOUNDS = service.latency_buckets()


def add_trial(exposition: Exposition, variant: str, trial: int, start: int) -> None:
    """Add one trial: a scrape before the load, then one at the end of every second of it.

    The generator is two processes, as with `--processes 2`: both tell the stage, and one does all the work.
    """
    shared = {"testid": RUN_ID, "variant": variant, "trial": str(trial)}
    driver = Process(exposition, shared | {"job": "generator", "instance": "127.0.0.1:9646"})
    target = Process(exposition, shared | {"job": "service", "instance": "127.0.0.1:8080"})
    standby = Process(exposition, shared | {"job": "generator", "instance": "127.0.0.1:9647"})
    standby.count(generator.ARRIVALS_PLANNED, 0)
    waiting = 0.0
    plan = [("", 0)] + [(name, rate) for name, seconds, rate in STAGES for _ in range(seconds)]
    for second, (stage, rate) in enumerate(plan):
        took = CAPACITY if variant == "before" else float("inf")
        due = rate + waiting
        answered, late = min(due, took), waiting / took
        waiting = due - answered
        in_time = answered if late < PATIENCE_S else 0.0
        if variant == "after":
            inside = {0.008: 0.9 * answered, 0.08: 0.1 * answered}
        else:
            inside = {0.02: 0.5 * answered, 0.06: 0.5 * answered}
        seen = {value + late: times for value, times in inside.items()}
        add_second_of_load(driver, seen, in_time, answered, rate)
        add_second_of_service(target, inside, answered, variant)
        time = start + second
        add_gauges(driver, target, rate, waiting, variant, time, start)
        add_answers(target, answered, time)
        add_parts(target, answered, time)
        for process in (driver, standby):
            add_stage(process, stage, rate, time, start)
        for process in (driver, standby, target):
            process.scrape(time)


def add_second_of_load(driver: Process, seen: dict[float, float], in_time: float, answered: float, rate: float) -> None:
    for outcome, holds in ((generator.OUTCOME_OK, in_time > 0), (generator.OUTCOME_ERROR, in_time == 0)):
        labels = {"name": "search", "method": "POST", "outcome": outcome}
        driver.observe(generator.REQUEST_DURATION, BOUNDS, seen if holds else {}, **labels)
    driver.count(generator.ARRIVALS_PLANNED, rate)
    driver.count(generator.ARRIVALS_SENT, answered)
    driver.observe(generator.START_LATENESS, BOUNDS, {0.0005: 0.99 * rate, 0.003: 0.01 * rate})
    driver.count("process_cpu_seconds_total", 0.05 + rate / 2500)


STAGE_TOOK_S = {"cache": 0.0001, "embed": 0.005, "ann": 0.002, "serialise": 0.0005}  # the others: a millisecond


def add_caches(target: Process, served: float, misses: float) -> None:
    for result, lookups in (("hit", 0.75 * served), ("miss", misses), ("coalesced", 0.25 * served)):
        target.count(service.CACHE_REQUESTS, lookups, cache="query", result=result)
    for reason in service.EVICTION_REASONS:
        target.count(service.CACHE_EVICTIONS, 0.01 * misses, cache="query", reason=reason)
    for trouble in service.CACHE_TROUBLE_KINDS:
        target.count(service.CACHE_TROUBLES, 0.001 * misses, cache="l2", trouble=trouble)
    for cause in service.WARMING_CAUSES:
        target.count(service.CACHE_WARMED, 0.1 * served, cause=cause)
    for result in service.PREDICTION_RESULTS:
        target.count(service.CACHE_PREDICTIONS, 0.05 * served, result=result)
    for cause in service.INVALIDATION_CAUSES:
        target.count(service.CACHE_INVALIDATIONS, 0.001, cause=cause)


def add_answers(target: Process, answered: float, time: int) -> None:
    """Add a second in which a hundredth of the requests were questions, all written by the small model."""
    asked = answered / 100
    target.count(service.ANSWERS, asked, route="simple", written_by="small", source="upstream")
    target.count(service.ANSWER_DEGRADED, asked / 10, to="small")
    target.count(service.ANSWER_FAILURES, asked / 100, code="upstream_failed")
    target.observe(service.ANSWER_FIRST_TOKEN, service.MODEL_BUCKETS, {0.15: asked}, route="simple")
    for stage in service.ANSWER_STAGES:
        target.observe(service.ANSWER_STAGE_DURATION, service.STAGE_BUCKETS, {0.001: asked}, stage=stage)
    for kind in service.TOKEN_KINDS:
        target.count(service.ANSWER_TOKENS, 50 * asked, model="small", kind=kind)
    target.count(service.ANSWER_COST, 100 * asked, model="small")
    target.count(service.UPSTREAM_REQUESTS, asked, model="small", outcome="ok")
    target.count(service.UPSTREAM_RETRIES, asked / 10, reason="failed", sent="yes")
    for name in (service.UPSTREAM_DURATION, service.UPSTREAM_FIRST_TOKEN):
        target.observe(name, service.MODEL_BUCKETS, {0.12: asked}, model="small")
    for name in (service.ROUTER_ACCURACY, service.ROUTER_SIMPLE_SHARE, service.UPSTREAM_REUSE_RATIO):
        target.gauge(name, 0.9, time)
    for name in (service.UPSTREAM_POOL_IN_USE, service.UPSTREAM_POOL_WAITING, service.UPSTREAM_RETRIES_LEFT):
        target.gauge(name, 3, time)
    target.gauge(service.UPSTREAM_CIRCUIT_OPEN, 0, time)
    target.gauge(service.ANSWER_BUDGET_LEFT, 5e6, time)


def add_second_of_service(target: Process, inside: dict[float, float], answered: float, variant: str) -> None:
    labels = {"route": "/api/search", "method": "POST"}
    target.observe(service.REQUEST_DURATION, BOUNDS, inside, **labels, code="200")
    target.observe(service.REQUEST_DURATION, BOUNDS, {}, **labels, code="500")
    for reason in service.SHED_REASONS:
        target.count(service.REQUESTS_SHED, 0, reason=reason)
    misses = answered if variant == "before" else 0.1 * answered
    served = answered - misses
    add_caches(target, served, misses)
    for stage in service.STAGES:
        took = STAGE_TOOK_S.get(stage, 0.001)
        runs = misses if stage in ("embed", "ann") else answered
        target.observe(service.STAGE_DURATION, service.STAGE_BUCKETS, {took: runs}, stage=stage)
    target.observe(service.EMBEDDING_BATCH_SIZE, (1.0, 2.0, 4.0, 8.0), {1.0: misses / 2, 4.0: misses / 8})
    for closing in service.BATCH_CLOSINGS:
        target.count(service.EMBEDDING_BATCHES, misses / 8, closed_by=closing)
    for outcome in service.CALL_OUTCOMES:
        target.count(service.EMBEDDING_CALLS, misses / 8, replica="http://127.0.0.1:8081", outcome=outcome)
    target.observe(service.EVENT_LOOP_LAG, BOUNDS, {0.002: 9.8, 0.03: 0.2})
    target.count("process_cpu_seconds_total", 0.02 + answered / 1500)
    for generation in ("0", "1", "2"):
        target.count("python_gc_collections_total", answered / 10 ** (1 + int(generation)), generation=generation)


def add_parts(target: Process, answered: float, time: int) -> None:
    """Add a second of the parts that a switch turns on: shadow queries, limits, a fault."""
    for limit, decision in (("user", "allowed"), ("rate", "refused"), ("day", "refused")):
        target.count(service.RATELIMIT_DECISIONS, answered, limit=limit, decision=decision)
    target.gauge(service.CONCURRENCY_LIMIT, 64, time)
    target.gauge(service.REQUEST_QUEUE_DEPTH, 3, time)
    target.gauge(service.LIMITED_USERS, 100, time)
    target.gauge(service.RECALL, 0.99, time)
    target.gauge(service.EMBEDDER_LOAD, 0.4, time)
    target.count(service.SHADOW_QUERIES, answered / 100, outcome="asked")
    for found, share in (("yes", 0.99), ("no", 0.01)):
        target.count(service.SHADOW_NEIGHBOURS, share * answered / 10, found=found)
    target.gauge(service.FAULT_ACTIVE, 1, time, fault="latency")
    target.count(service.FAULT_EFFECTS, answered, fault="latency")


def add_stage(driver: Process, stage: str, rate: float, time: int, start: int) -> None:
    began = start + 1
    for name, seconds, _ in STAGES:
        driver.gauge(generator.PHASE, float(name == stage), time, phase=name)
        driver.gauge(generator.PHASE_START, began if time >= began else 0, time, phase=name)
        began += seconds
    driver.gauge(generator.RUN_INFO, 1, time, scenario="demo")
    driver.gauge(generator.OFFERED_RATE, rate, time)


def add_gauges(
    driver: Process, target: Process, rate: float, waiting: float, variant: str, time: int, start: int
) -> None:
    driver.gauge(generator.USERS, 256, time)
    driver.gauge(generator.BUSY, 0.05 + rate / 4000, time)
    driver.gauge(generator.IN_FLIGHT, min(256.0, waiting + rate / 50), time)
    driver.gauge(generator.WAITING, max(0.0, waiting - 256), time)
    target.gauge(service.REQUESTS_IN_FLIGHT, min(256.0, waiting + rate / 60), time)
    target.gauge(
        service.CACHE_ENTRIES, 0 if variant == "before" else min(2000, 20 * (time - start)), time, cache="query"
    )
    target.gauge(service.CACHE_BYTES, 0 if variant == "before" else 4000 * (time - start), time, cache="query")
    target.gauge(service.EMBEDDING_QUEUE_DEPTH, waiting / 10, time)
    target.gauge(service.INDEX_ELEMENTS, 4000, time, index="hnsw")
    profile = "naive" if variant == "before" else "optimized"
    built = {"version": "0.1.0", "profile": profile, "embedder": "minilm", "index": "hnsw"}
    target.gauge(service.WORKER_INFO, 1, time, worker="0")
    target.gauge(service.BUILD_INFO, 1, time, **built)
    target.gauge("process_resident_memory_bytes", 4e8 if variant == "before" else 3e8, time)


@dataclass(frozen=True)
class SyntheticRun:
    """Where the made-up run can be asked, and when it was."""

    url: str
    run_id: str = RUN_ID
    start: int = START
    end: int = START + TRIAL_S * len(TRIALS)


@pytest.fixture(scope="session")
def demo() -> Scenario:
    """The library's demo scenario, after which the committed dashboards are made."""
    return read_scenario(find("demo"))


@pytest.fixture(scope="session")
def dashboards(demo: Scenario) -> dict[str, dict]:
    """The demo's dashboards as JSON, by uid."""
    return {document["uid"]: document for document in documents(demo).values()}


@pytest.fixture(scope="session")
def synthetic_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyntheticRun]:
    """A real Prometheus on a loopback port over blocks that hold the made-up run."""
    folder = tmp_path_factory.mktemp("prometheus")
    exposition = Exposition()
    for index, (variant, trial) in enumerate(TRIALS):
        add_trial(exposition, variant, trial, START + index * TRIAL_S)
    (folder / "run.om").write_text(exposition.text())
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "run.om", "data"]
    subprocess.run(blocks, cwd=folder, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--query.lookback-delta=5s"]
    command += ["--storage.tsdb.retention.time=100y", f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        wait_until_ready(process, f"http://127.0.0.1:{port}", folder / "log")
        yield SyntheticRun(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(READY_DEADLINE_S)


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return when Prometheus answers; fail with its log when it ends or the deadline passes."""
    deadline = monotonic() + READY_DEADLINE_S
    while monotonic() < deadline:
        try:
            process.wait(0.05)
            break
        except subprocess.TimeoutExpired:
            pass
        try:
            if requests.get(f"{url}/-/ready", timeout=1).ok:
                return
        except requests.ConnectionError:
            continue
    pytest.fail(f"Prometheus did not become ready:\n{log.read_text()}")
