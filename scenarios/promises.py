"""From the objectives of a file to promises: which names they may use, and what they cannot ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scenarios.abort import Abort
from scenarios.criterion import Criterion, parse_criterion
from scenarios.indicator import LIVE_KINDS, OF_SESSIONS, OF_STREAMS, Indicator, IndicatorKind
from scenarios.mistake import Mistake, known
from scenarios.objective import Objective, Severity, min_samples
from scenarios.places import Fault, Path, Placed, dotted
from scenarios.scenario import Scenario
from scenarios.schema import ObjectivePart
from scenarios.stage import reference


@dataclass(frozen=True, slots=True)
class Names:
    """What objectives may refer to; an indicator is None when its own definition is faulty.

    `stages` are the judged ones; `recovery` those of them that follow a peak. `streams` are the operations whose
    replies come as events, `sessions` are among the operations.
    """

    indicators: Mapping[str, Indicator | None]
    stages: tuple[str, ...]
    operations: tuple[str, ...]
    recovery: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()


def objectives_of(
    parts: Mapping[int, ObjectivePart], names: Names, placed: Placed
) -> tuple[tuple[Objective, ...], list[Mistake]]:
    """Return the promises of a file, and what is wrong with those that could not be read."""
    objectives: list[Objective] = []
    mistakes: list[Mistake] = []
    for index, own in parts.items():
        path: Path = ("objectives", index)
        faults = list(_unknown_names(own, path, names))
        indicator = names.indicators.get(own.indicator)
        if indicator and indicator.by:
            faults.append(((*path, "indicator"), f"{own.indicator!r} is split by {indicator.by!r}", "use one number"))
        criteria = _criteria(own, indicator, path, faults) if indicator else ()
        if indicator and criteria:
            faults += _kind_faults(own, indicator, path, names)
            faults += _recovery_faults(own, indicator, criteria, path, names)
            faults += _abort_faults(own, indicator, criteria, path)
            asked = names.recovery if indicator.kind is IndicatorKind.RECOVERY else names.stages
            stages = tuple(own.stages or asked or names.stages)
            objectives.append(
                Objective(indicator, criteria, stages, own.operation, own.severity, own.key, own.optional, _abort(own))
            )
        mistakes += [Mistake(placed.line(at), dotted(at), what, hint) for at, what, hint in faults]
    return tuple(objectives), mistakes


def short_windows(scenario: Scenario, placed: Placed) -> Iterator[Mistake]:
    """Yield the windows that never hold samples enough to abort on, at any stage: they would be silent for ever."""
    for index, objective in enumerate(scenario.objectives):
        abort = objective.abort
        if abort is None or abort.window_s is None:
            continue
        total = sum(scenario.workload.weights)
        workload = scenario.workload
        names = [its.name for its in workload.operations] + [its.name for its in workload.sessions]
        drawn = zip(names, workload.weights, strict=True)
        weights = [weight for name, weight in drawn if objective.operation in (None, name)]
        fastest_per_s = max(its.peak_rate_per_s for its in scenario.stages if its.name in objective.stages)
        holds = fastest_per_s * max(weights) / total * abort.window_s
        needed = min(min_samples(objective, criterion) for criterion in objective.criteria)
        if holds < needed:
            path = ("objectives", index, "abort_window")
            what = f"{abort.window_s:g} s hold {holds:.0f} requests at the most, and {needed} are needed to judge"
            yield Mistake(placed.line(path), dotted(path), what, "make the window longer, or leave it out")


def lost_references(scenario: Scenario, placed: Placed) -> Iterator[Mistake]:
    """Yield the promises of recovery that have nothing to be compared with: no stage at the same rate before."""
    for index, objective in enumerate(scenario.objectives):
        if objective.indicator.kind is not IndicatorKind.RECOVERY:
            continue
        for name in objective.stages:
            if reference(scenario.stages, name) is None:
                path = ("objectives", index, "indicator")
                what = f"no stage before {name!r} has its rate, so nothing says what recovered means"
                yield Mistake(placed.line(path), dotted(path), what, "measure that rate before the peak as well")


def _abort(own: ObjectivePart) -> Abort | None:
    return Abort(own.delay_abort_eval or 0.0, own.abort_window) if own.abort_on_fail else None


def _unknown_names(own: ObjectivePart, path: Path, names: Names) -> Iterator[Fault]:
    if own.indicator not in names.indicators:
        hint = known(names.indicators, own.indicator)
        yield (*path, "indicator"), f"unknown indicator {own.indicator!r}", hint
    if own.operation is not None and own.operation not in names.operations:
        yield (*path, "operation"), f"unknown operation {own.operation!r}", known(names.operations, own.operation)
    for index, stage in enumerate(own.stages or []):
        if stage not in names.stages:
            yield (*path, "stages", index), f"no judged stage {stage!r}", known(names.stages, stage)


def _kind_faults(own: ObjectivePart, indicator: Indicator, path: Path, names: Names) -> Iterator[Fault]:
    """Yield why an indicator does not go with what it is asked of: events and sessions have numbers of their own."""
    at = (*path, "indicator")
    for group, having, what in (
        (OF_STREAMS, names.streams, "no request has stream: true, so no reply comes as events"),
        (OF_SESSIONS, names.sessions, "the workload has no sessions"),
    ):
        if indicator.name in group and not having:
            yield at, what, ""
        elif indicator.name in group and own.operation is not None and own.operation not in having:
            yield (*path, "operation"), f"{own.operation!r} has no {indicator.name}", known(having)
    if own.operation in names.sessions and indicator.kind is IndicatorKind.QUALITY:
        yield (*path, "operation"), "quality is judged of requests, not of sessions", ""


def _criteria(own: ObjectivePart, indicator: Indicator, path: Path, faults: list[Fault]) -> tuple[Criterion, ...]:
    criteria = []
    for index, text in enumerate(own.criteria):
        try:
            criteria.append(parse_criterion(text, indicator))
        except ValueError as error:
            faults.append(((*path, "criteria", index), str(error), ""))
    return tuple(criteria)


def _recovery_faults(
    own: ObjectivePart, indicator: Indicator, criteria: tuple[Criterion, ...], path: Path, names: Names
) -> Iterator[Fault]:
    """Yield why recovery cannot be asked for as it is: of which stages, and as a level only."""
    if indicator.kind is not IndicatorKind.RECOVERY:
        return
    if not names.recovery:
        yield (*path, "indicator"), "no stage is of kind recovery, so there is nothing to recover in", ""
    for index, stage in enumerate(own.stages or []):
        if stage in names.stages and stage not in names.recovery:
            hint = known(names.recovery)
            yield (*path, "stages", index), f"stage {stage!r} is not of kind recovery", hint
    for index, criterion in enumerate(criteria):
        if criterion.change is not None:
            yield (*path, "criteria", index), f"{criterion.text!r}: recovery is promised as a time, not a change", ""


def _abort_faults(
    own: ObjectivePart, indicator: Indicator, criteria: tuple[Criterion, ...], path: Path
) -> Iterator[Fault]:
    """Yield why an objective could never abort a run, whatever the load."""
    if not own.abort_on_fail:
        for key in ("delay_abort_eval", "abort_window"):
            if getattr(own, key) is not None:
                yield (*path, key), "says when to abort, but abort_on_fail is not set", "add abort_on_fail: true"
        return
    at = (*path, "abort_on_fail")
    if own.severity is not Severity.FAIL:
        yield at, "a warning ends no run", "make the severity fail, or leave abort_on_fail out"
    if indicator.kind not in LIVE_KINDS:
        yield at, f"{indicator.name} is not known while the load runs", "leave abort_on_fail out"
    if any(criterion.change is not None for criterion in criteria):
        yield at, "a change from the baseline is not known while the load runs", "give levels an objective of their own"
