"""From the checked parts of a file to one Scenario: what each key means beside the others, and what contradicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from scenarios.criterion import Criterion, parse_criterion
from scenarios.indicator import BUILT_IN, Indicator, IndicatorKind
from scenarios.mistake import Mistake, known
from scenarios.objective import Objective
from scenarios.places import Path, Placed, dotted
from scenarios.scenario import Scenario, TargetSpec, ValidityLimits, Variant
from scenarios.schema import IndicatorPart, ObjectivePart, Part, ScenarioPart
from scenarios.stage import Stage, StageKind
from scenarios.workload import Operation, QuerySkew, Workload

Fault = tuple[Path, str, str]
PartType = TypeVar("PartType", bound=Part)


@dataclass(frozen=True, slots=True)
class Names:
    """What objectives may refer to; an indicator is None when its own definition is faulty."""

    indicators: Mapping[str, Indicator | None]
    stages: tuple[str, ...]
    operations: tuple[str, ...]


def assemble(part: ScenarioPart, placed: Placed) -> tuple[Scenario | None, list[Mistake]]:
    """Return the scenario, or None and what is wrong between keys that are each fine alone."""
    mistakes = _cross_checks(part, placed)
    own = {name: _indicator(name, its) for name, its in part.indicators.items()}
    names = Names(
        BUILT_IN | own,
        tuple(stage.name for stage in part.stages if stage.kind is not StageKind.WARMUP),
        tuple(operation.name for operation in part.workload.operations),
    )
    objectives, faults = _objectives(dict(enumerate(part.objectives)), names, placed)
    mistakes += faults
    return (None if mistakes else _scenario(part, objectives, tuple(own.values()))), mistakes


def objective_mistakes(placed: Placed) -> list[Mistake]:
    """Return what is wrong in the objectives of a file whose other parts may be faulty too.

    Whatever can be read is; a name that is written counts as known even where its own definition is wrong, so that one
    mistake is not told twice.
    """
    data = placed.data if isinstance(placed.data, dict) else {}
    workload = data.get("workload")
    own: dict[str, Indicator | None] = {}
    written = data.get("indicators")
    for name, its in written.items() if isinstance(written, dict) else ():
        part = _readable(IndicatorPart, its)
        own[str(name)] = _indicator(str(name), part) if part else None
    warm_up = StageKind.WARMUP.value
    stages = tuple(str(its.get("name")) for its in _dicts(data.get("stages")) if its.get("kind") != warm_up)
    operations = _dicts(workload.get("operations")) if isinstance(workload, dict) else [{"name": "search"}]
    names = Names(BUILT_IN | own, stages, tuple(str(its.get("name")) for its in operations))
    raw = data.get("objectives")
    parts = {index: _readable(ObjectivePart, its) for index, its in enumerate(raw if isinstance(raw, list) else [])}
    return _objectives({index: part for index, part in parts.items() if part}, names, placed)[1]


def _readable(model: type[PartType], data: Any) -> PartType | None:
    try:
        return model.model_validate(data)
    except ValidationError:
        return None


def _dicts(data: Any) -> list[dict[str, Any]]:
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def _indicator(name: str, part: IndicatorPart) -> Indicator:
    title = part.title or name
    return Indicator(name, IndicatorKind.PROMQL, part.unit, title, part.higher_is_better, part.promql, part.by)


def _cross_checks(part: ScenarioPart, placed: Placed) -> list[Mistake]:
    """Return what is wrong between keys that are each fine alone."""
    mistakes = []
    for index, stage in enumerate(part.stages):
        if (stage.multiplier is None) == (stage.rate is None):
            path: Path = ("stages", index)
            mistakes.append(Mistake(placed.line(path), dotted(path), "give either multiplier or rate, one of the two"))
    if all(stage.kind is StageKind.WARMUP for stage in part.stages):
        mistakes.append(Mistake(placed.line(("stages",)), "stages", "every stage is warm-up, so nothing is judged"))
    for name in sorted(set(part.indicators) & set(BUILT_IN)):
        path = ("indicators", name)
        mistakes.append(Mistake(placed.line(path), dotted(path), "that name belongs to a built-in indicator"))
    if part.target.url is not None and len(part.variants) > 1:
        what = "a service at an address of its own cannot be switched between variants"
        mistakes.append(
            Mistake(placed.line(("target", "url")), "target.url", what, "leave the url out, or one variant")
        )
    return mistakes + [
        Mistake(placed.line(path), dotted(path), f"{name!r} is there twice") for path, name in _twice(part)
    ]


def _twice(part: ScenarioPart) -> Iterator[tuple[Path, str]]:
    groups: dict[Path, list[str]] = {
        ("stages",): [stage.name for stage in part.stages],
        ("variants",): [variant.name for variant in part.variants],
        ("workload", "operations"): [operation.name for operation in part.workload.operations],
    }
    for path, names in groups.items():
        for index, name in enumerate(names):
            if name in names[:index]:
                yield (*path, index, "name"), name


def _objectives(
    parts: Mapping[int, ObjectivePart], names: Names, placed: Placed
) -> tuple[tuple[Objective, ...], list[Mistake]]:
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
            stages = tuple(own.stages or names.stages)
            objectives.append(
                Objective(indicator, criteria, stages, own.operation, own.severity, own.key, own.optional)
            )
        mistakes += [Mistake(placed.line(at), dotted(at), what, hint) for at, what, hint in faults]
    return tuple(objectives), mistakes


def _unknown_names(own: ObjectivePart, path: Path, names: Names) -> Iterator[Fault]:
    if own.indicator not in names.indicators:
        hint = known(names.indicators, own.indicator)
        yield (*path, "indicator"), f"unknown indicator {own.indicator!r}", hint
    if own.operation is not None and own.operation not in names.operations:
        yield (*path, "operation"), f"unknown operation {own.operation!r}", known(names.operations, own.operation)
    for index, stage in enumerate(own.stages or []):
        if stage not in names.stages:
            yield (*path, "stages", index), f"no judged stage {stage!r}", known(names.stages, stage)


def _criteria(own: ObjectivePart, indicator: Indicator, path: Path, faults: list[Fault]) -> tuple[Criterion, ...]:
    criteria = []
    for index, text in enumerate(own.criteria):
        try:
            criteria.append(parse_criterion(text, indicator))
        except ValueError as error:
            faults.append(((*path, "criteria", index), str(error), ""))
    return tuple(criteria)


def _scenario(part: ScenarioPart, objectives: tuple[Objective, ...], indicators: tuple[Indicator, ...]) -> Scenario:
    return Scenario(
        name=part.name,
        title=part.title or part.name,
        baseline_rate_per_s=part.baseline,
        law=part.arrivals,
        seed=part.seed,
        trials=part.trials,
        stages=tuple(_stage(part, index) for index in range(len(part.stages))),
        workload=Workload(
            tuple(Operation(own.name, own.weight, own.params) for own in part.workload.operations),
            QuerySkew(part.workload.queries.distinct, part.workload.queries.zipf),
        ),
        target=TargetSpec(part.target.kind, part.target.url, part.target.timeout, part.target.connections),
        variants=tuple(Variant(own.name, own.profile, own.settings) for own in part.variants),
        objectives=objectives,
        indicators=indicators,
        tolerance=part.tolerance,
        validity=ValidityLimits(
            part.validity.lateness_p99,
            part.validity.lateness_share,
            part.validity.sent_ratio,
            part.validity.littles_law_gap,
            part.validity.generator_cpu,
            part.validity.missing_seconds,
        ),
    )


def _stage(part: ScenarioPart, index: int) -> Stage:
    own = part.stages[index]
    rate = own.rate if own.rate is not None else (own.multiplier or 1.0) * part.baseline
    return Stage(own.name, rate / part.baseline, rate, own.duration, own.kind)
