"""Cells: what is compared, and of which operations a promise speaks."""

from __future__ import annotations

from collections.abc import Iterator

from loadtests.run import Run
from reports.comparison import Cell
from reports.ledger import ALL, Ledger
from reports.measure import Measure, cpu_per_1000, judged_answers
from scenarios.criterion import ChangeKind
from scenarios.indicator import BUILT_IN, IndicatorKind, Unit
from scenarios.scenario import Scenario, spoken_of


def cells(run: Run, ledger: Ledger) -> Iterator[Cell]:
    """Yield what is worth comparing, and whatever a signed criterion asks for."""
    scenario = run.scenario
    seen: set[str] = set()
    wanted = [*_standing(run, ledger), *_asked(scenario)]
    for cell in wanted:
        if cell.key not in seen:
            seen.add(cell.key)
            yield cell


def _standing(run: Run, ledger: Ledger) -> Iterator[Cell]:
    scenario = run.scenario
    latency = BUILT_IN["latency"]
    shares = [Measure(BUILT_IN[name], "rate") for name in ("errors", "goodput")]
    qualities = [Measure(its, "avg") for its in BUILT_IN.values() if its.kind is IndicatorKind.QUALITY]
    server = [Measure(its, "value") for its in scenario.indicators if not its.by]
    cores = [cpu_per_1000(its.indicator) for its in server if its.indicator.unit is Unit.CORES][:1]
    for stage in scenario.judged_stages:
        for operation in scenario.workload.operations:
            for percentile in (50.0, 95.0, 99.0):
                yield Cell(Measure(latency, "p", percentile), operation.name, stage, ChangeKind.RATIO)
            for measure in shares:
                yield Cell(measure, operation.name, stage, ChangeKind.DIFFERENCE)
            for measure in qualities:
                if any(
                    judged_answers(measure, ledger.of(its.name, stage, operation.name)) for its in scenario.variants
                ):
                    yield Cell(measure, operation.name, stage, ChangeKind.DIFFERENCE)
        for measure in [*cores, *server]:
            kind = ChangeKind.DIFFERENCE if measure.indicator.unit is Unit.RATIO else ChangeKind.RATIO
            yield Cell(measure, ALL, stage, kind)


def _asked(scenario: Scenario) -> Iterator[Cell]:
    for objective in scenario.objectives:
        for criterion in objective.criteria:
            if criterion.change is not None:
                measure = Measure.of(objective.indicator, criterion)
                for operation in operations(scenario, measure, objective.operation):
                    for stage in objective.stages:
                        yield Cell(measure, operation, stage, criterion.change)


def operations(scenario: Scenario, measure: Measure, named: str | None) -> tuple[str, ...]:
    """Return the operations that a promise speaks of; the target's own numbers know none."""
    if named is None and measure.indicator.kind is IndicatorKind.PROMQL:
        return (ALL,)
    return spoken_of(scenario, measure.indicator, named)
