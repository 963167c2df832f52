"""The two matrices of a report: promises against stages, and changes against stages."""

from __future__ import annotations

import math
from collections.abc import Iterator

from reports import units, wording
from reports.cells import cells, operations
from reports.comparison import Answer, Bound, Comparison
from reports.findings import Findings
from reports.measure import Measure
from reports.report import Cell, Line, Matrix, Row, Tone
from reports.verdict import Outcome, Verdict
from scenarios.criterion import Criterion
from scenarios.indicator import IndicatorKind
from scenarios.objective import Objective

TONES = {
    Outcome.PASS: Tone.PASS,
    Outcome.WARN: Tone.WARN,
    Outcome.FAIL: Tone.FAIL,
    Outcome.INVALID: Tone.INVALID,
    Outcome.NO_BASELINE: Tone.INVALID,
    Outcome.NOT_MEASURED: Tone.NEUTRAL,
}

ANSWER_TONES = {
    Answer.IMPROVED: Tone.PASS,
    Answer.EQUIVALENT: Tone.NEUTRAL,
    Answer.INCONCLUSIVE: Tone.WARN,
    Answer.REGRESSED: Tone.FAIL,
}


def objectives_matrix(findings: Findings) -> Matrix:
    """Return every promise as a row, with a line for each variant it was asked of."""
    rows = (
        _row(findings, objective, criterion, operation)
        for objective in findings.run.scenario.objectives
        for criterion in objective.criteria
        for operation in operations(
            findings.run.scenario, Measure.of(objective.indicator, criterion), objective.operation
        )
    )
    return Matrix(findings.run.scenario.judged_stages, tuple(rows))


def title_of(findings: Findings, name: Measure, operation: str) -> str:
    """Return a measure's title, with the operation where there are several."""
    several = len(findings.run.scenario.workload.operations) > 1
    return f"{name.title} of {operation}" if several and operation else name.title


def _row(findings: Findings, objective: Objective, criterion: Criterion, operation: str) -> Row:
    found = {
        (its.variant, its.stage): its
        for its in findings.verdicts
        if its.objective is objective and its.criterion is criterion and its.operation == operation
    }
    name = Measure.of(objective.indicator, criterion)
    stages = findings.run.scenario.judged_stages
    lines = []
    for variant in (its.name for its in findings.run.scenario.variants):
        verdicts = [found.get((variant, stage)) for stage in stages]
        if any(verdicts):
            lines.append(Line(variant, tuple(verdict_cell(findings, its) if its else None for its in verdicts)))
    title = title_of(findings, name, operation) + (", change" if criterion.change else "")
    change = None if criterion.change else _change_of(findings, name, operation, objective.stages)
    return Row(title, wording.limit(objective.indicator, criterion), tuple(lines), change)


def _change_of(findings: Findings, name: Measure, operation: str, stages: tuple[str, ...]) -> Line | None:
    """Return the line of changes that belongs to a promise; None where nothing was compared."""
    found = {
        its.stage: change_cell(findings, its)
        for its in findings.comparisons
        if (its.measure.key, its.operation) == (name.key, operation) and its.measured and its.stage in stages
    }
    if not found:
        return None
    return Line("change", tuple(found.get(stage) for stage in findings.run.scenario.judged_stages))


def verdict_cell(findings: Findings, its: Verdict) -> Cell:
    """Return a verdict as a cell: its value, its outcome, its interval, and the reason in full."""
    note = ""
    if its.outcome in (Outcome.INVALID, Outcome.NO_BASELINE) and not its.value.measured:
        text = units.NOT_MEASURED
    elif its.comparison is not None and its.criterion.change is not None:
        text = wording.change(its.comparison.measure, its.comparison.kind, its.value.value)
        note = wording.change_range(its.comparison)
    else:
        of_one = wording.measure(its)
        text = wording.value(of_one, its.value, its.criterion)
        note = wording.interval(of_one, its.value)
        if math.isinf(its.value.value) and of_one.indicator.kind is not IndicatorKind.RECOVERY:
            note = f"within {units.duration(findings.run.scenario.target.timeout_s)}"
    return Cell(text, TONES[its.outcome], its.outcome.value, note, its.reason)


def changes_matrix(findings: Findings) -> Matrix:
    """Return every comparison with a change to speak of: what it was and is, and the change with its answer."""
    found: dict[tuple[str, str, str], dict[str, Comparison]] = {}
    for cell in cells(findings.run, findings.ledger):  # in the order in which they were asked, whichever were answered
        found.setdefault((cell.measure.key, cell.operation, cell.kind), {})
    for its in findings.comparisons:
        found[its.measure.key, its.operation, its.kind][its.stage] = its
    stages = findings.run.scenario.judged_stages
    measured = [by_stage for by_stage in found.values() if any(its.measured for its in by_stage.values())]
    return Matrix(stages, tuple(_change_row(findings, stages, by_stage) for by_stage in measured))


def _change_row(findings: Findings, stages: tuple[str, ...], found: dict[str, Comparison]) -> Row:
    first = next(iter(found.values()))
    line = Line("", tuple(change_cell(findings, found[stage]) if stage in found else None for stage in stages))
    return Row(title_of(findings, first.measure, first.operation), "", (line,))


def change_cell(findings: Findings, its: Comparison) -> Cell:
    """Return a comparison as a cell."""
    text = wording.change(its.measure, its.kind, its.change.value)
    around = wording.change_range(its)
    if its.bound is not Bound.NONE:
        text, around = around, ""
    tone = ANSWER_TONES[its.answer] if its.measured else Tone.NEUTRAL
    scenario = findings.run.scenario
    compared = [its_side.name for its_side in (scenario.baseline, scenario.contender) if its_side is not None]
    sound = all(findings.validity.sound(name, its.stage) for name in compared)
    label = its.answer.value if its.measured else "not measured" if sound else "not judged"
    before, after = (wording.value(its.measure, side) for side in (its.before, its.after))
    return Cell(text, tone, label, around, "; ".join(_reasons(its)), units.between(before, after, "→"))


def _reasons(its: Comparison) -> Iterator[str]:
    yield wording.summary(its) if its.measured else its.note
    if its.measured:
        yield wording.answer(its)
        yield f"{units.plural(its.pairs, 'pair')} of trials"
    if its.detectable is not None and its.answer is Answer.EQUIVALENT:
        yield f"a change of {wording.change(its.measure, its.kind, its.detectable)} would have been found"
