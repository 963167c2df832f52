"""Filling Charts: which numbers each figure shows, and the words around them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from reports import offered, units, wording
from reports.chart import Band, Breakdown, Chart, Distribution, LatencyByStage, Limit, Ratios
from reports.course import generator_health, plan_kept, second_by_second
from reports.findings import Findings
from reports.measure import Measure, read
from reports.reach import fair_stage
from reports.tables import labels, part
from scenarios.indicator import BUILT_IN, Unit
from scenarios.scenario import Scenario

LATENCY = BUILT_IN["latency"]
PERCENTILES = (50.0, 95.0, 99.0)
_CURVE = tuple(100 * (1 - 10 ** -(step / 20)) for step in range(1, 67))  # 11 % to 99.95 %, even on the axis
_FEWEST_BEYOND = 10  # samples beyond the last point of a curve


def charts(findings: Findings) -> tuple[Chart, ...]:
    """Return the figures of a report; those without any number are left out."""
    if not any(trial.timeline.seconds for trial in findings.run.trials):
        return ()
    return tuple(_charts(findings))


def _charts(findings: Findings) -> Iterator[Chart]:
    scenario = findings.run.scenario
    several = len(scenario.workload.operations) > 1
    main = scenario.workload.operations[0].name
    for index, operation in enumerate(scenario.workload.operations):
        title = f"Latency by stage: {operation.name}" if several else "Latency by stage"
        yield _by_stage(findings, f"latency-by-stage-{index + 1}", title, operation.name)
    trials = max(len(findings.run.of(variant)) for variant in names(findings))
    median = "; median over trials" if trials > 1 else ""
    of_main = f" p95 of {main}." if several else ""
    yield Chart(
        "second-by-second",
        "Second by second",
        f"By the second in which a request was due{median}. Dotted: what was offered.{of_main}",
        "Offered and well answered requests per second, and p95 latency, over the seconds of a trial, stages shaded",
        names(findings),
        second_by_second(findings, main, bands(scenario), latency_limits(scenario, main)),
    )
    if scenario.replay is not None or any(stage.shapes for stage in scenario.stages):
        yield _plan_kept(findings)
    yield from (its for its in (_distribution(findings, main), _breakdown(findings), _ratios(findings)) if its)
    yield Chart(
        "generator-health",
        "The generator itself",
        "Worst second over trials for lateness and CPU; median for requests in flight. Dashed: the limits of validity.",
        "Start lateness, CPU and requests in flight of the load generator over the seconds of a trial, with limits",
        names(findings),
        generator_health(findings, bands(scenario)),
        wide=False,
    )


def _plan_kept(findings: Findings) -> Chart:
    """The planned against the achieved curve, where the plan is not constant by stage."""
    scenario = findings.run.scenario
    drawing = plan_kept(findings, bands(scenario))
    total = sum(value for _, value in drawing.planned)
    shares = [sum(value for _, value in points) / total if total else math.nan for points in drawing.sent]
    told = units.listed([f"{units.percent(its)} by {name}" for its, name in zip(shares, names(findings), strict=True)])
    source = "recorded in the log times the multiplier" if scenario.replay else "the integral of the stage's rate"
    return Chart(
        "plan-kept",
        "Planned against achieved",
        f"Planned: {source}, {units.count(round(total))} requests a trial; sent of them: {told}.",
        "Requests per second as planned and as sent, over the seconds of a trial, stages shaded",
        names(findings),
        drawing,
    )


def names(findings: Findings) -> tuple[str, ...]:
    """Return the variants in order, baseline first."""
    return tuple(variant.name for variant in findings.run.scenario.variants)


def bands(scenario: Scenario) -> tuple[Band, ...]:
    """Return the stages on the plan's clock."""
    return tuple(Band(window.name, window.start_s, window.end_s) for window in scenario.windows)


def latency_limits(scenario: Scenario, operation: str) -> tuple[Limit, ...]:
    """Return the lines that promises about the latency of an operation draw."""
    return _limits(scenario, "latency", operation)


def _limits(scenario: Scenario, name: str, operation: str | None = None) -> tuple[Limit, ...]:
    found: dict[float, Limit] = {}
    for its in scenario.objectives:
        elsewhere = operation is not None and its.operation not in (None, operation)
        for criterion in its.criteria:
            if its.indicator.name == name and criterion.change is None and not elsewhere:
                title = Measure.of(its.indicator, criterion).title
                text = f"{title} {wording.limit(its.indicator, criterion)}"
                found.setdefault(criterion.limit, Limit(text, criterion.limit))
    return tuple(found.values())


def _by_stage(findings: Findings, name: str, title: str, operation: str) -> Chart:
    scenario = findings.run.scenario
    windows = [window for window in scenario.windows if window.stage.judged]
    values = tuple(
        tuple(
            tuple(
                read(Measure(LATENCY, "p", percentile), findings.ledger.of(variant, window.name, operation)).value
                for window in windows
            )
            for percentile in PERCENTILES
        )
        for variant in names(findings)
    )
    ticks = tuple(f"{window.name} · {offered.rate(window.stage)}" for window in windows)
    joined = " Each line joins before and after of one percentile." if len(values) == 2 else ""
    return Chart(
        name,
        title,
        f"p50, p95 and p99 from the moment a request was due, queueing included.{joined}",
        f"Percentiles p50, p95 and p99 of the latency of {operation} by stage, for {units.listed(names(findings))}",
        names(findings),
        LatencyByStage(ticks, PERCENTILES, values, latency_limits(scenario, operation), scenario.target.timeout_s),
    )


def _distribution(findings: Findings, operation: str) -> Chart | None:
    scenario = findings.run.scenario
    stage = fair_stage(findings)
    if stage is None:
        return None
    curves = tuple(_curve(findings, variant, stage.name, operation) for variant in names(findings))
    if not any(curves):
        return None
    trials = max(len(findings.run.of(variant)) for variant in names(findings))
    band = "The band spans the trials." if trials > 1 else "One trial: no band."
    return Chart(
        "distribution",
        "The whole distribution",
        f"Latency against percentile at {stage.name}, failures as no answer. {band}",
        f"Latency against percentile at {stage.name} for {units.listed(names(findings))}",
        names(findings),
        Distribution(stage.name, curves, latency_limits(scenario, operation), scenario.target.timeout_s),
        wide=False,
    )


def _curve(
    findings: Findings, variant: str, stage: str, operation: str
) -> tuple[tuple[float, float, float, float], ...]:
    slices = findings.ledger.of(variant, stage, operation)
    planned = sum(its.planned for its in slices)
    points = []
    for percentile in _CURVE:
        if planned * (1 - percentile / 100) < _FEWEST_BEYOND:
            break
        measure = Measure(LATENCY, "p", percentile)
        own = [read(measure, [its]).value for its in slices if its.planned]
        points.append((percentile, read(measure, slices).value, min(own), max(own)))
    return tuple(points)


def _breakdown(findings: Findings) -> Chart | None:
    """Where the time goes: the first indicator that is split by a label and measured in seconds."""
    scenario = findings.run.scenario
    split = next((its for its in scenario.indicators if its.by and its.unit is Unit.SECONDS), None)
    stage = fair_stage(findings)
    if split is None or stage is None:
        return None
    parts = _largest_first(findings, split.name)
    top = max((its for its in scenario.stages if its.judged), key=lambda its: its.mean_rate_per_s)
    wanted = [(stage.name, index) for index in range(len(scenario.variants))]
    if top.name != stage.name:
        wanted.append((top.name, len(scenario.variants) - 1))
    rows = []
    for at, index in wanted:
        variant = scenario.variants[index].name
        values = tuple(part(findings, split.name, label, variant, at) for label in parts)
        if any(math.isfinite(value) for value in values):
            rows.append((f"{at} {variant}", index, tuple(value if math.isfinite(value) else 0.0 for value in values)))
    if not rows:
        return None
    return Chart(
        "where-the-time-goes",
        "Where the time goes",
        f"{split.title[0].upper()}{split.title[1:]}, split by {split.by}, as the service itself measured it.",
        f"{split.title} split by {split.by}, as bars for {units.listed([row[0] for row in rows])}",
        names(findings),
        Breakdown(parts, tuple(rows)),
        wide=False,
    )


def _largest_first(findings: Findings, name: str) -> tuple[str, ...]:
    """Return the parts of a split indicator, that which takes most over all trials and stages first."""

    def total(label: str) -> float:
        every = (its for trial in findings.run.trials for its in trial.values)
        return sum(its.value or 0.0 for its in every if (its.name, its.label) == (name, label))

    return tuple(sorted(labels(findings, name), key=total, reverse=True))


def _ratios(findings: Findings) -> Chart | None:
    scenario = findings.run.scenario
    stages = scenario.judged_stages
    shown = [Measure(BUILT_IN["errors"], "rate")]
    shown += [Measure(its, "value") for its in scenario.indicators if its.unit is Unit.RATIO and not its.by]
    panels = []
    for measure in shown[:3]:
        values = tuple(
            tuple(read(measure, findings.ledger.of(variant, stage)).value for stage in stages)
            for variant in names(findings)
        )
        if any(math.isfinite(value) for its in values for value in its):
            panels.append((measure.title, values, _limits(scenario, measure.indicator.name)))
    if not panels:
        return None
    return Chart(
        "ratios",
        "Errors and other shares" if len(panels) > 1 else "Errors",
        "By stage, over all trials together."
        + (" Dashed: what was promised." if any(its[2] for its in panels) else ""),
        f"{units.listed([panel[0] for panel in panels])} by stage for {units.listed(names(findings))}",
        names(findings),
        Ratios(stages, tuple(panels)),
        wide=False,
    )
