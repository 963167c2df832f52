"""Checkup: what the doctor found, as rich renderables, and the generator's ceiling in words."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loadtests.ceiling import COMFORTABLE, Ceiling
from loadtests.doctor.symptom import Grade, Symptom
from reports import units

MARKS = {Grade.GOOD: ("✓", "green"), Grade.NOTE: ("!", "yellow"), Grade.BAD: ("✕", "bold red")}


def renderable(symptoms: Sequence[Symptom]) -> RenderableType:
    """Return the table of symptoms, each advice below what it is about, and a last line."""
    table = Table(box=SIMPLE_HEAD, show_header=False, pad_edge=False)
    table.add_column(width=1)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for its in symptoms:
        mark, style = MARKS[its.grade]
        said = Text(its.found)
        if its.advice:
            said.append(f"\n→ {its.advice}", style=style)
        table.add_row(Text(mark, style=style), Text(its.about), said)
    return Group(table, last_line(symptoms))


def last_line(symptoms: Sequence[Symptom]) -> Text:
    """Return the summary in one line."""
    bad = [its.about for its in symptoms if its.grade is Grade.BAD]
    notes = [its.about for its in symptoms if its.grade is Grade.NOTE]
    if bad:
        return Text(f"✕ not fit to measure: {units.listed(bad)}", style="bold red")
    if notes:
        return Text(f"✓ fit to measure, with {units.plural(len(notes), 'note')}: {units.listed(notes)}", style="green")
    return Text("✓ fit to measure", style="green")


def ceiling_symptom(ceiling: Ceiling) -> Symptom:
    """Return the generator's ceiling as a symptom."""
    if not ceiling.rate_per_s:
        return Symptom(
            "generator",
            Grade.BAD,
            f"not even {units.rate(ceiling.next_per_s or 0)} was offered in time: {ceiling.why}",
            "mend what is marked above, and look again",
        )
    found = f"one process offers {units.rate(ceiling.rate_per_s)} in time"
    found += (
        f"; at {units.rate(ceiling.next_per_s)}: {ceiling.why}" if ceiling.next_per_s else ", the most that was tried"
    )
    most = units.rate(ceiling.rate_per_s * COMFORTABLE)
    return Symptom("generator", Grade.GOOD, f"{found}. Plans above {most} are warned about before they start")
