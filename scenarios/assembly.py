"""From the checked parts of a file to one Scenario: what each key means beside the others, and what contradicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from scenarios.indicator import BUILT_IN, Indicator, IndicatorKind
from scenarios.mistake import Mistake
from scenarios.objective import Objective
from scenarios.part import Part
from scenarios.places import Path, Placed, dotted
from scenarios.promises import Names, lost_references, objectives_of, short_windows
from scenarios.scenario import Scenario, TargetSpec, ValidityLimits, Variant
from scenarios.schema import IndicatorPart, ObjectivePart, ScenarioPart, TargetPart
from scenarios.stage import StageKind
from scenarios.stage_reading import read_stage, stage_faults
from scenarios.workload import Operation, QuerySkew, Workload

PartType = TypeVar("PartType", bound=Part)


def assemble(part: ScenarioPart, placed: Placed) -> tuple[Scenario | None, list[Mistake]]:
    """Return the scenario, or None and what is wrong between keys that are each fine alone."""
    mistakes = _cross_checks(part, placed)
    own = {name: _indicator(name, its) for name, its in part.indicators.items()}
    names = Names(
        BUILT_IN | own,
        tuple(stage.name for stage in part.stages if stage.kind is not StageKind.WARMUP),
        tuple(operation.name for operation in part.workload.operations),
        tuple(stage.name for stage in part.stages if stage.kind is StageKind.RECOVERY),
    )
    objectives, faults = objectives_of(dict(enumerate(part.objectives)), names, placed)
    mistakes += faults
    if mistakes:
        return None, mistakes
    scenario = _scenario(part, objectives, tuple(own.values()))
    return scenario, [*short_windows(scenario, placed), *lost_references(scenario, placed)]


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
    kinds = [(str(its.get("name")), its.get("kind")) for its in _dicts(data.get("stages"))]
    stages = tuple(name for name, kind in kinds if kind != StageKind.WARMUP.value)
    recovery = tuple(name for name, kind in kinds if kind == StageKind.RECOVERY.value)
    operations = _dicts(workload.get("operations")) if isinstance(workload, dict) else [{"name": "search"}]
    names = Names(BUILT_IN | own, stages, tuple(str(its.get("name")) for its in operations), recovery)
    raw = data.get("objectives")
    parts = {index: _readable(ObjectivePart, its) for index, its in enumerate(raw if isinstance(raw, list) else [])}
    return objectives_of({index: part for index, part in parts.items() if part}, names, placed)[1]


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
        for path, what, hint in stage_faults(stage, ("stages", index), part.baseline):
            mistakes.append(Mistake(placed.line(path), dotted(path), what, hint))
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
    for index, variant in enumerate(part.variants):
        if variant.faults and part.target.url is not None:
            path = ("variants", index, "faults")
            mistakes.append(Mistake(placed.line(path), dotted(path), "only the bundled service is broken on purpose"))
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


def _target(part: TargetPart) -> TargetSpec:
    return TargetSpec(
        kind=part.kind,
        url=part.url,
        timeout_s=part.timeout,
        connections=part.connections,
        client=part.client,
        verify=part.verify,
        redirects=part.redirects,
    )


def _scenario(part: ScenarioPart, objectives: tuple[Objective, ...], indicators: tuple[Indicator, ...]) -> Scenario:
    return Scenario(
        name=part.name,
        title=part.title or part.name,
        baseline_rate_per_s=part.baseline,
        law=part.arrivals,
        seed=part.seed,
        trials=part.trials,
        stages=tuple(read_stage(stage, part.baseline) for stage in part.stages),
        workload=Workload(
            tuple(Operation(own.name, own.weight, own.params) for own in part.workload.operations),
            QuerySkew(part.workload.queries.distinct, part.workload.queries.zipf),
        ),
        target=_target(part.target),
        variants=tuple(Variant(own.name, own.profile, own.settings, own.faults) for own in part.variants),
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
