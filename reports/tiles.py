"""The tiles: the few numbers that lead the page, each chosen from what was promised and compared."""

from __future__ import annotations

from collections.abc import Iterator

from reports import offered, wording
from reports.comparison import Answer, Comparison
from reports.findings import Findings
from reports.measure import PER_1000, Measure, cpu_per_1000
from reports.reach import Reach, fair_stage, highest, reach
from reports.report import Tile
from reports.returning import returns
from reports.verdict import Verdict
from scenarios.indicator import BUILT_IN, IndicatorKind, Unit


def tiles(findings: Findings) -> tuple[Tile, ...]:
    """Return the numbers that lead the page: latency and errors at the highest load, reach, CPU, quality."""
    return tuple(_tiles(findings))


def _tiles(findings: Findings) -> Iterator[Tile]:
    scenario = findings.run.scenario
    top = highest(scenario)
    if top is None:
        return
    latency = _promised(findings, IndicatorKind.TIMING) or Measure(BUILT_IN["latency"], "p", 95.0)
    yield _level(findings, latency, top.name)
    if findings.verdicts:
        yield _reach(findings)
    yield _level(findings, Measure(BUILT_IN["errors"], "rate"), top.name)
    yield from _back(findings)
    cores = next((its for its in scenario.indicators if its.unit is Unit.CORES and not its.by), None)
    if cores is not None:
        stage = (fair_stage(findings) or top).name
        if any(findings.ledger.estimate(cpu_per_1000(cores), its.name, stage).measured for its in scenario.variants):
            yield _level(findings, cpu_per_1000(cores), stage, operation="")
    quality = _promised(findings, IndicatorKind.QUALITY)
    if quality is not None:
        yield _level(findings, quality, top.name)


def _back(findings: Findings) -> Iterator[Tile]:
    """How long the first operation took to be back after the last peak, where that could be found out."""
    scenario = findings.run.scenario
    main = scenario.workload.operations[0].name
    found = {its.variant: its for its in returns(findings) if its.operation == main and its.found.times_s}
    own = found.get(scenario.contender.name)
    if own is None:
        return
    several = f", {main}" if len(scenario.workload.operations) > 1 else ""
    before = found.get(scenario.baseline.name) if scenario.baseline is not None else None
    note = f"p95 within {own.interval} again"
    if not findings.validity.sound(own.variant, own.stage):
        note = "not judged: the measurement is not sound"
    yield Tile(f"back after the peak{several}", own.text, before.text if before else "", note)


def _promised(findings: Findings, kind: IndicatorKind) -> Measure | None:
    """Return what the first promise of a kind speaks of, key ones first."""
    found = [its for its in findings.run.scenario.objectives if its.indicator.kind is kind]
    found.sort(key=lambda its: not its.key)
    levels = [(its, criterion) for its in found for criterion in its.criteria if criterion.change is None]
    return Measure.of(levels[0][0].indicator, levels[0][1]) if levels else None


def _level(findings: Findings, measure: Measure, stage: str, operation: str | None = None) -> Tile:
    scenario = findings.run.scenario
    several = len(scenario.workload.operations) > 1
    chosen = scenario.workload.operations[0].name if operation is None else operation
    contender = findings.ledger.estimate(measure, scenario.contender.name, stage, chosen)
    title = f"{measure.title} at {stage}" + (f", {chosen}" if several and chosen else "")
    before = ""
    if scenario.baseline is not None:
        before = wording.value(measure, findings.ledger.estimate(measure, scenario.baseline.name, stage, chosen))
    found = next(
        (
            its
            for its in findings.comparisons
            if (its.measure.key, its.stage, its.operation) == (measure.key, stage, chosen)
        ),
        None,
    )
    verdict = next(
        (
            its
            for its in findings.of(scenario.contender.name)
            if not its.relative and (wording.measure(its).key, its.stage, its.operation) == (measure.key, stage, chosen)
        ),
        None,
    )
    if findings.validity.sound(scenario.contender.name, stage):
        note = _note(measure, found, verdict)
    else:
        cut = (scenario.contender.name, stage) in findings.validity.cut
        note = "not judged: the run was aborted" if cut else "not judged: the measurement is not sound"
    return Tile(title, wording.value(measure, contender), before, note)


def _note(measure: Measure, found: Comparison | None, verdict: Verdict | None) -> str:
    if verdict is not None and measure.indicator.unit is Unit.RATIO:
        around = wording.interval(measure, verdict.value).replace("≤", "at most").replace("≥", "at least")
        promised = f"promised {wording.limit(measure.indicator, verdict.criterion)}"
        return f"{around}, {promised}" if around else promised
    if found is None or not found.measured:
        return f"promised {wording.limit(measure.indicator, verdict.criterion)}" if verdict else ""
    said = wording.change(found.measure, found.kind, found.change.value)
    around = wording.change_range(found)
    if found.bound:
        return f"{found.answer.value}: {around}"
    prefix = "" if found.answer is Answer.EQUIVALENT and measure.aggregation == PER_1000 else f"{found.answer.value}: "
    return f"{prefix}{said}" + (f" (95 % interval {around})" if around else "")


def _reach(findings: Findings) -> Tile:
    scenario = findings.run.scenario
    own = reach(findings, scenario.contender.name)
    before = _kept(reach(findings, scenario.baseline.name)) if scenario.baseline is not None else ""
    note = "at least: the plan goes no further" if own.whole and own.kept else ""
    if own.broken is not None:
        note = f"broken at {own.broken.name} ({offered.rate(own.broken)})"
    elif own.unjudged is not None:
        note = f"{own.unjudged.name} could not be judged"
    return Tile("promises kept up to", _kept(own), before, note)


def _kept(its: Reach) -> str:
    return offered.sustained(its.kept) if its.kept is not None else "nothing"
