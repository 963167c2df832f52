"""PlanSketch: a scenario's plan as rich renderables: the offered rate over time, the stages, the promises."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports import offered, units
from scenarios.scenario import Scenario
from scenarios.stage import StageKind

COLUMNS = 60
ROWS = 8
LOOKS = 16  # at the rate within one column, of which the highest is drawn: a short spike must not fall between two
EIGHTHS = " ▁▂▃▄▅▆▇█"


def renderable(scenario: Scenario) -> RenderableType:
    """Return the sketch of a plan."""
    return Group(*_parts(scenario))


def _parts(scenario: Scenario) -> Iterator[RenderableType]:
    yield Text(scenario.title, style="bold")
    trials = units.plural(scenario.trials * len(scenario.variants), "trial")
    length_s = scenario.duration_s * scenario.trials * len(scenario.variants)
    lengths = f"{trials} of {units.stretch(scenario.duration_s)} · {units.stretch(length_s)} of load"
    yield Text(f"{_drawn(scenario)}, seed {scenario.seed} · {lengths}")
    yield Text(offered.origin(scenario))
    if scenario.closed is not None:
        yield Text("closed: a slow service is asked less; these latencies promise nothing about open traffic", "yellow")
    for note in (*scenario.read_from.get("notes", ()), *_notes(scenario)):
        yield Text(f"access log: {note}", "yellow")
    yield Text("")
    yield from _curve(scenario)
    yield _stages(scenario)
    if scenario.objectives:
        yield _promises(scenario)


def _drawn(scenario: Scenario) -> str:
    """Return who decides what comes when."""
    if scenario.closed is not None:
        return "closed users"
    return "recorded arrivals" if scenario.replay is not None else f"{scenario.law.value} arrivals"


def _notes(scenario: Scenario) -> tuple[str, ...]:
    return scenario.replay.survey.notes if scenario.replay is not None and scenario.replay.survey is not None else ()


def _curve(scenario: Scenario) -> Iterator[Text]:
    """Draw the offered load over time, one column for an equal share of the plan."""
    width_s = scenario.duration_s / COLUMNS
    columns = [[(column + (nth + 0.5) / LOOKS) * width_s for nth in range(LOOKS)] for column in range(COLUMNS)]
    peak = max((_level(scenario, at_s) for column in columns for at_s in column), default=0.0) or 1.0
    heights = [round(max(_level(scenario, at_s) for at_s in column) / peak * ROWS * 8) for column in columns]
    said = units.rate if scenario.closed is None else lambda users: units.plural(round(users), "user")
    for row in reversed(range(ROWS)):
        label = said(peak) if row == ROWS - 1 else said(peak / 2) if row == ROWS // 2 - 1 else ""
        cells = "".join(EIGHTHS[min(8, max(0, height - row * 8))] for height in heights)
        yield Text(f"{label:>10} ┤", style="dim").append(cells.rstrip(), style="cyan not dim")
    yield Text(f"{'0':>10} └" + "─" * COLUMNS, style="dim")
    end = units.stretch(scenario.duration_s)
    yield Text(f"{'':>11} 0 s{end:>{COLUMNS - 4}}", style="dim")


def _level(scenario: Scenario, at_s: float) -> float:
    """Return arrivals a second at an instant: as planned, as recorded times the multiplier; or closed users."""
    window = next(its for its in scenario.windows if its.start_s <= at_s < its.end_s)
    if scenario.closed is not None:
        return float(window.stage.users)
    if scenario.replay is not None and scenario.replay.survey is not None:
        return window.stage.multiplier * scenario.replay.survey.per_second[int(at_s)]
    return window.stage.rate_at(at_s - window.start_s)


def _stages(scenario: Scenario) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("stage", "load", "offered", "shape", "length", "arrivals", "judged"):
        table.add_column(name, justify="right" if name in ("load", "offered", "length", "arrivals") else "left")
    for stage in scenario.stages:
        table.add_row(
            Text(stage.name),
            offered.multiple(stage),
            offered.rate(stage),
            offered.shape(stage) or ("recorded" if scenario.replay is not None else "constant"),
            units.stretch(stage.duration_s),
            f"~{units.number(stage.expected_arrivals)}" if not stage.users else "as replies come",
            "no" if stage.kind is StageKind.WARMUP else "yes",
        )
    return table


def _promises(scenario: Scenario) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("promise", "must hold", "in", "when broken"):
        table.add_column(name)
    for objective in scenario.objectives:
        everywhere = objective.stages == scenario.judged_stages
        table.add_row(
            Text(objective.indicator.title + (f" of {objective.operation}" if objective.operation else "")),
            Text(" and ".join(criterion.text for criterion in objective.criteria)),
            Text("every judged stage" if everywhere else ", ".join(objective.stages)),
            objective.severity.value,
        )
    return table
