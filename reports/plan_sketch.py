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
    drawn = f"{scenario.law.value} arrivals, seed {scenario.seed}"
    yield Text(f"{drawn} · {trials} of {units.stretch(scenario.duration_s)} · {units.stretch(length_s)} of load")
    yield Text("")
    yield from _curve(scenario)
    yield _stages(scenario)
    if scenario.objectives:
        yield _promises(scenario)


def _curve(scenario: Scenario) -> Iterator[Text]:
    """Draw the offered rate over time, one column for an equal share of the plan."""
    peak = max(stage.peak_rate_per_s for stage in scenario.stages)
    width_s = scenario.duration_s / COLUMNS
    heights = []
    for column in range(COLUMNS):
        highest = max(_rate(scenario, (column + (nth + 0.5) / LOOKS) * width_s) for nth in range(LOOKS))
        heights.append(round(highest / peak * ROWS * 8))
    for row in reversed(range(ROWS)):
        label = units.rate(peak) if row == ROWS - 1 else units.rate(peak / 2) if row == ROWS // 2 - 1 else ""
        cells = "".join(EIGHTHS[min(8, max(0, height - row * 8))] for height in heights)
        yield Text(f"{label:>10} ┤", style="dim").append(cells.rstrip(), style="cyan not dim")
    yield Text(f"{'0':>10} └" + "─" * COLUMNS, style="dim")
    end = units.stretch(scenario.duration_s)
    yield Text(f"{'':>11} 0 s{end:>{COLUMNS - 4}}", style="dim")


def _rate(scenario: Scenario, at_s: float) -> float:
    window = next(its for its in scenario.windows if its.start_s <= at_s < its.end_s)
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
            offered.shape(stage) or "constant",
            units.stretch(stage.duration_s),
            f"~{units.number(stage.expected_arrivals)}",
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
