"""`tenfold doctor`: what this machine and its generator are good for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

ABOUT = "look at the machine and the generator: what would spoil a run, and how to mend it"
EXAMPLE = """\
examples:
  tenfold doctor              all of it, with the generator's ceiling (half a minute)
  tenfold doctor --quick      without the ceiling (two seconds)

exit code 4 when runs made here would be INVALID or wrong.
"""
UNFIT = 4


def add(commands: Any) -> None:
    """Add the command's parser to those of the front door."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("doctor", help=ABOUT, description=ABOUT, epilog=EXAMPLE, formatter_class=raw)
    parser.set_defaults(call=run)
    parser.add_argument("--quick", action="store_true", help="leave the generator's ceiling out")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where runs go (default: runs)")


def run(given: argparse.Namespace) -> int:
    """Look, print what was found with its advice, keep the ceiling for later runs, and return the exit code."""
    from rich.console import Console

    from loadtests.doctor import clocks, machine, tools
    from loadtests.doctor.machine import OTHER_WORK
    from loadtests.doctor.stairs import climb
    from loadtests.doctor.symptom import Grade, Symptom
    from loadtests.watchers import make_watcher
    from reports.checkup import ceiling_symptom, renderable
    from reports.unsound import unsound

    symptoms: list[Symptom] = [*machine.examine(given.runs), *clocks.examine(), *tools.examine()]
    kept = ""
    if not given.quick:
        watcher = make_watcher()
        try:
            ceiling = climb(watcher, unsound)
        finally:
            watcher.close()
        symptoms.append(ceiling_symptom(ceiling))
        kept = _keep(
            ceiling, disturbed=any(its.about == OTHER_WORK and its.grade is not Grade.GOOD for its in symptoms)
        )
    console = Console()
    console.print(renderable(symptoms))
    if kept:
        console.print(kept, highlight=False, markup=False)
    return UNFIT if any(its.grade is Grade.BAD for its in symptoms) else 0


def _keep(ceiling: Any, *, disturbed: bool) -> str:
    """Keep the ceiling for later runs, and return what to say when it was not."""
    from loadtests.ceiling import keep_ceiling

    if disturbed:
        return "the ceiling is not kept for later runs: other programs were using the processors"
    try:
        keep_ceiling(ceiling)
    except OSError as error:
        return f"the ceiling could not be kept for later runs: {error}"
    return ""
