"""Soundness: the checks of the measurement in a few lines, and how noisy the rig is known to be."""

from __future__ import annotations

import math
from collections.abc import Iterator

from reports import units
from reports.comparison import Cell
from reports.estimate import t_quantile
from reports.findings import Findings
from reports.measure import Measure
from reports.report import Soundness, Tone
from scenarios.criterion import ChangeKind
from scenarios.indicator import BUILT_IN

_SHOWN = ("sent", "start lateness", "generator CPU", "counts", "common start")
"""What is told when all is well; what does not hold is always told."""


def soundness(findings: Findings) -> Soundness:
    """Return whether the measurement can be believed, with its numbers."""
    validity = findings.validity
    unsound = validity.unsound_stages
    worst = [its.sentence for its in validity.worst if its.holds and its.name in _SHOWN]
    if not validity.checks:
        return Soundness(Tone.INVALID, "Nothing was measured.", ("no trial was carried out",))
    if not unsound:
        return Soundness(Tone.PASS, "The measurement is sound.", (*worst, *_noise_floor(findings)))
    places = [f"{variant}{' at ' + stage if stage else ', a whole trial'}" for variant, stage in unsound]
    faults = [
        f"{variant}{' at ' + stage if stage else ''}: {validity.reason(variant, stage)}" for variant, stage in unsound
    ]
    named = units.listed(places if len(places) <= 4 else [*places[:3], f"{len(places) - 3} more"])
    return Soundness(Tone.INVALID, f"Not sound, and not judged: {named}.", (*faults, *worst, *_noise_floor(findings)))


def _noise_floor(findings: Findings) -> Iterator[str]:
    """Yield what equal settings are known to differ by on this rig, for p95 at the first judged stage."""
    scenario = findings.run.scenario
    if scenario.baseline is None:
        return
    operation = scenario.workload.operations[0].name
    cell = Cell(Measure(BUILT_IN["latency"], "p", 95.0), operation, scenario.judged_stages[0], ChangeKind.RATIO)
    pairs = max((its.pairs for its in findings.comparisons), default=0)
    own = next((its.paired for its in findings.comparisons if its.cell.key == cell.key), None)
    if findings.equal_settings and own is not None and own.half_width is not None:
        yield f"A/A noise floor of p95: ±{units.percent(math.expm1(own.half_width))} (this run)"
        return
    spread = findings.recall(cell.key)
    if spread is None:
        yield "A/A noise floor not known: fewer than 10 pairs of equal settings remembered"
    elif pairs:
        half = t_quantile(spread.weight + pairs - 1) * math.sqrt(spread.variance / pairs)
        yield f"A/A noise floor of p95: ±{units.percent(math.expm1(half))} ({spread.pairs} pairs of equal settings)"
