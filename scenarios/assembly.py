"""From the checked parts of a file to one Scenario: what each key means beside the others, and what contradicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from scenarios.indicator import BUILT_IN, Indicator, IndicatorKind, built_in, depth_of
from scenarios.mistake import Mistake
from scenarios.objective import Objective
from scenarios.offer_reading import offer_faults, read_offer
from scenarios.part import Part
from scenarios.places import Path, Placed, dotted
from scenarios.promises import Names, lost_references, objectives_of, short_windows
from scenarios.scenario import Scenario, ValidityLimits, Variant
from scenarios.schema import IndicatorPart, ObjectivePart, ScenarioPart
from scenarios.stage import StageKind
from scenarios.stage_reading import read_stages, stages_faults
from scenarios.surroundings import Surroundings
from scenarios.target_reading import read_target, target_faults
from scenarios.workload_reading import operation_names, read_workload, workload_faults

_NAMING = (("workload", "operations"), ("workload", "sessions"), ("target", "requests"), ("replay", "operations"))
PartType = TypeVar("PartType", bound=Part)


def assemble(part: ScenarioPart, placed: Placed, around: Surroundings) -> tuple[Scenario | None, list[Mistake]]:
    """Return the scenario, or None and what is wrong between keys that are each fine alone.

    Raises:
        HarnessError: when a log or a Prometheus that the baseline is read from does not give one.
    """
    mistakes = _cross_checks(part, placed, around)
    own = {name: _indicator(name, its) for name, its in part.indicators.items()}
    requests = part.target.requests
    names = Names(
        _built_in(its.indicator for its in part.objectives) | own,
        tuple(stage.name for stage in part.stages if stage.kind is not StageKind.WARMUP),
        (*operation_names(part), *(session.name for session in part.workload.sessions)),
        tuple(stage.name for stage in part.stages if stage.kind is StageKind.RECOVERY),
        operation_names(part) if part.target.kind == "python" else tuple(its.name for its in requests if its.stream),
        tuple(session.name for session in part.workload.sessions),
    )
    objectives, faults = objectives_of(dict(enumerate(part.objectives)), names, placed)
    mistakes += faults
    if mistakes:
        return None, mistakes
    scenario = _scenario(part, objectives, tuple(own.values()), around)
    return scenario, [*short_windows(scenario, placed), *lost_references(scenario, placed)]


def loose_mistakes(placed: Placed) -> list[Mistake]:
    """Return what is wrong in a file, its objectives above all, whose other parts are faulty too.

    Whatever can be read is; a name that is written counts as known even where its own definition is wrong, so that one
    mistake is not told twice.
    """
    data = placed.data if isinstance(placed.data, dict) else {}
    own: dict[str, Indicator | None] = {}
    written = data.get("indicators")
    for name, its in written.items() if isinstance(written, dict) else ():
        part = _readable(IndicatorPart, its)
        own[str(name)] = _indicator(str(name), part) if part else None
    kinds = [(str(its.get("name")), its.get("kind")) for its in _dicts(data.get("stages"))]
    stages = tuple(name for name, kind in kinds if kind != StageKind.WARMUP.value)
    recovery = tuple(name for name, kind in kinds if kind == StageKind.RECOVERY.value)
    asked = (str(its.get("indicator")) for its in _dicts(data.get("objectives")))
    written_names = _written_operations(data)
    sessions = _written_operations(data, (("workload", "sessions"),))
    names = Names(_built_in(asked) | own, stages, written_names or ("search",), recovery, written_names, sessions)
    raw = data.get("objectives")
    parts = {index: _readable(ObjectivePart, its) for index, its in enumerate(raw if isinstance(raw, list) else [])}
    mistakes = objectives_of({index: part for index, part in parts.items() if part}, names, placed)[1]
    if data and not {"baseline", "closed", "replay"} & set(data):
        mistakes.append(Mistake(placed.line(()), "", "the key 'baseline' is missing"))
    return mistakes


def _written_operations(data: dict[str, Any], places: Iterable[tuple[str, str]] = _NAMING) -> tuple[str, ...]:
    """Return whatever may be the name of an operation or of a session."""
    found = []
    for section, key in places:
        its = data.get(section)
        if isinstance(its, dict):
            found += [str(entry.get("name")) for entry in _dicts(its.get(key))]
    return tuple(found)


def _readable(model: type[PartType], data: Any) -> PartType | None:
    try:
        return model.model_validate(data)
    except ValidationError:
        return None


def _dicts(data: Any) -> list[dict[str, Any]]:
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def _built_in(asked: Iterable[str]) -> dict[str, Indicator | None]:
    """Return the built-in indicators, with those at other depths that are asked for."""
    found: dict[str, Indicator | None] = dict(BUILT_IN)
    found |= {name: built_in(name) for name in asked if depth_of(name) is not None}
    return found


def _indicator(name: str, part: IndicatorPart) -> Indicator:
    title = part.title or name
    return Indicator(name, IndicatorKind.PROMQL, part.unit, title, part.higher_is_better, part.promql, part.by)


def _cross_checks(part: ScenarioPart, placed: Placed, around: Surroundings) -> list[Mistake]:
    """Return what is wrong between keys that are each fine alone."""
    faults = [
        *offer_faults(part, around),
        *stages_faults(part),
        *workload_faults(part, around),
        *target_faults(part, around),
    ]
    mistakes = [Mistake(placed.line(path), dotted(path), what, hint) for path, what, hint in faults]
    if all(stage.kind is StageKind.WARMUP for stage in part.stages):
        mistakes.append(Mistake(placed.line(("stages",)), "stages", "every stage is warm-up, so nothing is judged"))
    for name in sorted(set(part.indicators) & set(BUILT_IN)):
        path: Path = ("indicators", name)
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
        ("workload", "operations"): [operation.name for operation in part.workload.operations or ()],
        ("workload", "sessions"): [session.name for session in part.workload.sessions],
    }
    for path, names in groups.items():
        for index, name in enumerate(names):
            if name in names[:index]:
                yield (*path, index, "name"), name


def _scenario(
    part: ScenarioPart, objectives: tuple[Objective, ...], indicators: tuple[Indicator, ...], around: Surroundings
) -> Scenario:
    offer = read_offer(part, around)
    return Scenario(
        name=part.name,
        title=part.title or part.name,
        baseline_rate_per_s=offer.baseline.rate_per_s,
        law=part.arrivals,
        seed=part.seed,
        trials=part.trials,
        stages=read_stages(part.stages, offer),
        workload=read_workload(part, around),
        target=read_target(part.target, around),
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
        read_from=offer.baseline.read_from,
        closed=offer.closed,
        replay=offer.replay,
    )
