"""From a written stage to a Stage: its level in arrivals per second, and its shapes as factors of that level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scenarios.closed import ClosedUsers
from scenarios.offer_reading import Offer
from scenarios.places import Fault, Path
from scenarios.quantity import Level, LevelUnit, percent_text
from scenarios.replay import Replay
from scenarios.schema import ScenarioPart
from scenarios.shape import MAX_BREAKS, Bursts, Ramp, Shape, Sine, Spike, Steps
from scenarios.stage import Stage
from scenarios.stage_schema import BurstsPart, RampPart, ShapePart, SinePart, SpikePart, StagePart, StepsPart

FEWEST_EXPECTED = 1e-6  # arrivals; below it a shape has left nothing of its stage


def read_stages(parts: Sequence[StagePart], offer: Offer) -> tuple[Stage, ...]:
    """Return the stages that were written, one after another."""
    if offer.closed is not None:
        return tuple(_closed_stage(part, offer.closed, offer.baseline.rate_per_s) for part in parts)
    if offer.replay is not None:
        return tuple(_replayed_stages(parts, offer.replay, offer.baseline.rate_per_s))
    return tuple(read_stage(part, offer.baseline.rate_per_s) for part in parts)


def _closed_stage(part: StagePart, closed: ClosedUsers, baseline_per_s: float) -> Stage:
    users = part.users if part.users is not None else max(1, round((part.multiplier or 1.0) * closed.users))
    multiplier = users / closed.users
    return Stage(part.name, multiplier, multiplier * baseline_per_s, part.duration, part.kind, users=users)


def _replayed_stages(parts: Sequence[StagePart], replay: Replay, baseline_per_s: float) -> Iterator[Stage]:
    start_s = 0.0
    for part in parts:
        multiplier, end_s = part.multiplier or 1.0, start_s + part.duration
        recorded = replay.survey.recorded(start_s, end_s) if replay.survey else baseline_per_s * part.duration
        rate = max(multiplier * recorded, FEWEST_EXPECTED) / part.duration
        yield Stage(part.name, multiplier, rate, part.duration, part.kind)
        start_s = end_s


def stages_faults(part: ScenarioPart) -> Iterator[Fault]:
    """Yield what is wrong between the keys of the stages, and between them and the way in which load is offered."""
    ways = {"closed": ("multiplier", "users"), "replay": ("multiplier",)}
    way = "closed" if part.closed is not None else "replay" if part.replay is not None else ""
    for index, stage in enumerate(part.stages):
        path: Path = ("stages", index)
        if not way:
            rate = part.baseline.rate if part.baseline is not None else None
            yield from stage_faults(stage, path, rate or 1.0)
            continue
        for key in ("rate", "users", "shape"):
            if getattr(stage, key) and key not in ways[way]:
                yield (*path, key), f"{key} does not go with {way}", "give a multiplier"
        if sum(getattr(stage, key) is not None for key in ways[way]) != 1:
            said = " or ".join(ways[way])
            yield path, f"give either {said}, one of the two" if way == "closed" else f"the key {said!r} is missing", ""


def read_stage(part: StagePart, baseline_per_s: float) -> Stage:
    """Return the stage that was written; `multiplier` follows from the rate, so that both always agree."""
    rate = _rate(part, baseline_per_s)
    return Stage(
        part.name,
        rate / baseline_per_s,
        rate,
        part.duration,
        part.kind,
        tuple(_shape(its, part, baseline_per_s) for its in part.shape),
    )


def stage_faults(part: StagePart, path: Path, baseline_per_s: float) -> Iterator[Fault]:
    """Yield what is wrong between the keys of a stage that are each fine alone."""
    if part.users is not None:
        yield (*path, "users"), "users are those of a closed load", "give a multiplier or a rate, or closed: {users: N}"
    if (part.multiplier is None) == (part.rate is None):
        yield path, "give either multiplier or rate, one of the two", ""
        return
    shapes = [_shape(its, part, baseline_per_s) for its in part.shape]
    for index, shape in enumerate(shapes):
        at: Path = (*path, "shape", index) if len(shapes) > 1 else (*path, "shape")
        if isinstance(shape, Spike) and (shape.end_s > part.duration or shape.at_s < 0):
            length_s = shape.rise_s + shape.length_s + shape.fall_s
            what = f"a spike of {length_s:g} s that begins at {max(shape.at_s, 0):g} s"
            yield at, f"{what} does not fit into a stage of {part.duration:g} s", "shorten it, or begin it earlier"
            return
        if _corners(shape, part.duration) > MAX_BREAKS:
            yield at, f"more than {MAX_BREAKS} corners in one stage", "make the periods longer"
            return
    if read_stage(part, baseline_per_s).expected_arrivals < FEWEST_EXPECTED:
        yield (*path, "shape"), "nothing is left of the stage's load", "raise the lowest level"


def _corners(shape: Shape, duration_s: float) -> float:
    """Return about how many corners a shape has, without making them."""
    match shape:
        case Bursts():
            return 2 * duration_s / (shape.burst_s + shape.pause_s)
        case Sine():
            return 32 * duration_s / shape.period_s
        case _:
            return 0.0


def _rate(part: StagePart, baseline_per_s: float) -> float:
    return part.rate if part.rate is not None else (part.multiplier or 1.0) * baseline_per_s


def _shape(shape: ShapePart, part: StagePart, baseline_per_s: float) -> Shape:
    rate = _rate(part, baseline_per_s)

    def factor(level: Level) -> float:
        match level.unit:
            case LevelUnit.BASELINE:
                return level.value * baseline_per_s / rate
            case LevelUnit.RATE:
                return level.value / rate
            case LevelUnit.STAGE:
                return level.value

    match shape:
        case RampPart():
            return Ramp(factor(shape.start))
        case StepsPart():
            return Steps(factor(shape.start), shape.count)
        case SpikePart():
            rest_s = part.duration - shape.rise - shape.length - shape.fall
            at_s = shape.at if shape.at is not None else rest_s / 2
            return Spike(factor(shape.to), at_s, shape.length, shape.rise, shape.fall)
        case BurstsPart():
            return Bursts(shape.burst, shape.pause, factor(shape.low))
        case SinePart():
            return Sine(factor(shape.low), shape.period if shape.period is not None else part.duration)


def shape_document(shape: Shape) -> dict[str, Any]:
    """Return a shape as a file would hold it; its levels are shares of the stage's, which read back exactly."""
    match shape:
        case Ramp():
            return {"kind": shape.kind, "from": percent_text(shape.start)}
        case Steps():
            return {"kind": shape.kind, "from": percent_text(shape.start), "count": shape.count}
        case Spike():
            return {
                "kind": shape.kind,
                "to": percent_text(shape.top),
                "at": shape.at_s,
                "length": shape.length_s,
                "rise": shape.rise_s,
                "fall": shape.fall_s,
            }
        case Bursts():
            return {"kind": shape.kind, "burst": shape.burst_s, "pause": shape.pause_s, "low": percent_text(shape.low)}
        case Sine():
            return {"kind": shape.kind, "low": percent_text(shape.low), "period": shape.period_s}
        case _:
            raise TypeError(f"{shape!r} cannot be written")
