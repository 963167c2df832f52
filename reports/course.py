"""The course of a trial: rates, latency and the generator's own state second by second, over several trials at once."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from loadtests.histogram import Histogram, merged
from loadtests.run import Trial
from loadtests.sample import OK
from reports import units
from reports.chart import Back, Band, GeneratorHealth, Limit, PlanKept, Points, SecondBySecond
from reports.findings import Findings
from reports.returning import returns
from scenarios.planning import planned_per_second

_P95 = 0.95
_P99 = 0.99


def second_by_second(
    findings: Findings, operation: str, bands: tuple[Band, ...], limits: tuple[Limit, ...]
) -> SecondBySecond:
    """Return offered and well answered requests per second, and the p95 of one operation, median over trials."""
    scenario = findings.run.scenario
    sides = [findings.run.of(variant.name) for variant in scenario.variants]
    every = [trial for side in sides for trial in side]
    return SecondBySecond(
        bands,
        over_trials(every, _planned, statistics.median),
        tuple(over_trials(side, _answered, statistics.median) for side in sides),
        tuple(over_trials(side, lambda trial: _p95(trial, operation), statistics.median) for side in sides),
        limits,
        scenario.target.timeout_s,
        tuple(tuple(_back(findings, operation, variant.name, bands)) for variant in scenario.variants),
    )


def _back(findings: Findings, operation: str, variant: str, bands: tuple[Band, ...]) -> Iterator[Back]:
    for its in returns(findings):
        if (its.variant, its.operation) == (variant, operation) and its.found.times_s:
            stage = next(band for band in bands if band.name == its.stage)
            late, at_once = math.isinf(its.found.value_s), not its.found.value_s
            text = "not back within the stage" if late else f"back {its.text}" if at_once else f"back after {its.text}"
            yield Back(stage, its.found.value_s, its.found.low_s, its.found.high_s, text)


def generator_health(findings: Findings, bands: tuple[Band, ...]) -> GeneratorHealth:
    """Return the generator's lateness and CPU (worst over trials and workers) and requests in flight (median)."""
    scenario = findings.run.scenario
    sides = [findings.run.of(variant.name) for variant in scenario.variants]
    validity = scenario.validity
    return GeneratorHealth(
        bands,
        tuple(over_trials(side, _lateness, max) for side in sides),
        tuple(over_trials(side, _cpu, max) for side in sides),
        tuple(over_trials(side, _in_flight, statistics.median) for side in sides),
        Limit(f"limit {units.duration(validity.lateness_p99_s)}", validity.lateness_p99_s),
        Limit(f"limit {units.percent(validity.generator_cpu)}", validity.generator_cpu),
        Limit(units.plural(scenario.target.connections, "connection"), float(scenario.target.connections)),
    )


def over_trials(
    trials: Sequence[Trial], course: Callable[[Trial], dict[int, float]], condense: Callable[[Iterable[float]], float]
) -> Points:
    """Return one course for several trials: their values of each second condensed to one."""
    found: dict[int, list[float]] = defaultdict(list)
    for trial in trials:
        for t, value in course(trial).items():
            if not math.isnan(value):
                found[t].append(value)
    return tuple((float(t), condense(found[t])) for t in sorted(found))


def plan_kept(findings: Findings, bands: tuple[Band, ...]) -> PlanKept:
    """Return what was planned for each second, from the scenario alone, and what was sent in it, median over trials.

    First steps of sessions are planned; the steps that follow replies are not, and are left out here.
    """
    scenario = findings.run.scenario
    later = {
        scenario.workload.operations[step.operation].name
        for its in scenario.workload.sessions
        for step in its.steps[1:]
    }
    sides = [findings.run.of(variant.name) for variant in scenario.variants]

    def sent(trial: Trial) -> dict[int, float]:
        found: dict[int, float] = defaultdict(float)
        for second in trial.timeline.seconds:
            if second.operation not in later:
                found[second.t] += second.sent
        return found

    planned = tuple((float(t), value) for t, value in enumerate(planned_per_second(scenario)))
    return PlanKept(bands, planned, tuple(over_trials(side, sent, statistics.median) for side in sides))


def _planned(trial: Trial) -> dict[int, float]:
    return _sums(trial, lambda second: max(second.planned, second.finished))


def _answered(trial: Trial) -> dict[int, float]:
    return _sums(trial, lambda second: second.outcomes[OK])


def _sums(trial: Trial, amount: Callable[..., int]) -> dict[int, float]:
    found: dict[int, float] = defaultdict(float)
    for second in trial.timeline.seconds:
        found[second.t] += amount(second)
    return found


def _p95(trial: Trial, operation: str) -> dict[int, float]:
    """Return the p95 of each second, failures as infinitely slow; a second shared by two stages counts once."""
    good: dict[int, list[Histogram]] = defaultdict(list)
    planned: dict[int, int] = defaultdict(int)
    for second in trial.timeline.seconds:
        if second.operation == operation:
            good[second.t].append(second.ok["latency"])
            planned[second.t] += max(second.planned, second.finished)
    found = {}
    for t, histograms in good.items():
        whole = merged(histograms)
        found[t] = whole.quantile(_P95, infinite=max(0, planned[t] - whole.total))
    return found


def _lateness(trial: Trial) -> dict[int, float]:
    by_second: dict[int, list[Histogram]] = defaultdict(list)
    for health in trial.timeline.health:
        by_second[health.t].append(health.lateness)
    return {t: merged(its).quantile(_P99) for t, its in by_second.items()}


def _cpu(trial: Trial) -> dict[int, float]:
    found: dict[int, float] = defaultdict(float)
    for health in trial.timeline.health:
        found[health.t] = max(found[health.t], health.busy_share)
    return found


def _in_flight(trial: Trial) -> dict[int, float]:
    found: dict[int, float] = defaultdict(float)
    for health in trial.timeline.health:
        found[health.t] += health.in_flight
    return found
