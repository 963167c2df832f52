"""`tenfold capacity`: the largest arrival rate at which every objective holds."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from scenarios.errors import HarnessError
from scenarios.quantity import duration_s, rate_per_s
from scenarios.reading import find, read_scenario
from scenarios.scenario import Scenario

ABOUT = "find the largest arrival rate at which every objective holds, with an interval"
EXAMPLE = """\
examples:
  tenfold capacity demo --variant after            the bundled service, by the demo's objectives
  tenfold capacity my.yaml --host http://127.0.0.1:8080 --probe 30s --soak 5m
  tenfold capacity my.yaml --at-least 500/s        exit code 3 when the interval's low end lies below

It probes some 12 to 18 rates. Longer probes are truer: the default, 12 s, takes some five minutes in all.
"""
BROKEN, INVALID, INTERRUPTED = 3, 4, 130


def add(commands: Any) -> None:
    """Add the command's parser to those of the front door."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("capacity", help=ABOUT, description=ABOUT, epilog=EXAMPLE, formatter_class=raw)
    parser.set_defaults(call=run)
    parser.add_argument("scenario", help="YAML file, or a name of the library")
    parser.add_argument("--host", metavar="URL", help="a service that runs already (default: the bundled one)")
    parser.add_argument("--variant", metavar="NAME", help="the variant to probe (default: the scenario's last)")
    parser.add_argument("--start", metavar="RATE", help="the first rate (default: the scenario's baseline)")
    parser.add_argument("--ceiling", metavar="RATE", help="never above this (default: what `tenfold doctor` found)")
    parser.add_argument("--probe", metavar="TIME", default="12s", help="measured length of a probe (default: 12s)")
    parser.add_argument("--warmup", metavar="TIME", default="3s", help="warm-up before it (default: 3s)")
    parser.add_argument("--soak", metavar="TIME", default="30s", help="confirmation at the low end; 0s: none")
    parser.add_argument(
        "--precision", metavar="SHARE", type=float, default=0.06, help="interval wanted (default: 0.06)"
    )
    parser.add_argument("--probes", metavar="N", type=int, default=18, help="at the most (default: 18)")
    parser.add_argument("--at-least", metavar="RATE", help="fail when the capacity's low end lies below")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where runs go (default: runs)")


def run(given: argparse.Namespace) -> int:
    """Search, write `capacity.json` and `capacity.html`, print the answer, and return the exit code."""
    from rich.console import Console

    from loadtests.capacity.hunt import Hunt
    from loadtests.capacity.rig import Timing
    from loadtests.ceiling import known_ceiling
    from loadtests.folder import begin_run, command_line
    from loadtests.watchers import make_watcher
    from reports.capacity.page import FILE, render
    from reports.capacity.terminal import renderable
    from reports.unsound import unsound

    scenario = _chosen(read_scenario(find(given.scenario)), given)
    if scenario.way != "open":
        raise HarnessError(
            f"{given.scenario} offers a {scenario.way} load, of which there is no rate to search",
            hint="give a scenario with a baseline rate: capacity is the largest rate that keeps all promises",
        )
    wanted_per_s = _rate("--at-least", given.at_least)
    known = known_ceiling()
    ceiling_per_s = _rate("--ceiling", given.ceiling) or (known.rate_per_s if known else math.inf)
    timing = Timing(_time("--warmup", given.warmup), _time("--probe", given.probe))
    hunt = Hunt(scenario, _plan(given, scenario, ceiling_per_s), timing, _time("--soak", given.soak))
    begun = begin_run(given.runs, replace(scenario, name=f"{scenario.name}-capacity"), command_line())
    watcher = make_watcher()
    try:
        finding = hunt.run(begun, watcher, unsound)
    finally:
        watcher.close()
    folder = begun[0]
    try:
        written = finding.save(folder)
        (folder / FILE).write_text(render(finding, _limits(scenario)), encoding="utf-8")
    except OSError as error:
        raise HarnessError(f"the answer cannot be written: {error}", hint="free space, or check the folder") from error
    console = Console()
    console.print(renderable(finding))
    console.print(f"\nwritten to {folder}/: {written.name}, {FILE}, probes/", highlight=False)
    return _exit_code(finding.capacity, wanted_per_s, stopped="stopped by the user" in finding.capacity.reason)


def _exit_code(capacity: Any, wanted_per_s: float | None, *, stopped: bool) -> int:
    from loadtests.capacity.search import Kind

    if stopped:
        return INTERRUPTED
    if capacity.kind is Kind.UNSOUND:
        return INVALID
    if capacity.kind is Kind.BELOW:
        return BROKEN
    return BROKEN if wanted_per_s is not None and capacity.low_per_s < wanted_per_s else 0


def _plan(given: argparse.Namespace, scenario: Scenario, ceiling_per_s: float) -> Any:
    from loadtests.capacity.search import Plan

    if not 0.01 <= given.precision < 1:
        raise HarnessError(f"a precision of {given.precision:g} cannot be had", hint="give a share from 0.01 to 1")
    if given.probes < 4:
        raise HarnessError(f"{given.probes} probes are too few", hint="give 4 or more; 18 is usual")
    first = _rate("--start", given.start) or scenario.baseline_rate_per_s
    return Plan(first, given.precision, given.probes, ceiling_per_s=ceiling_per_s, seed=scenario.seed)


def _chosen(scenario: Scenario, given: argparse.Namespace) -> Scenario:
    """Return the scenario with the one variant to probe, at the address asked for."""
    names = [variant.name for variant in scenario.variants]
    if given.variant and given.variant not in names:
        raise HarnessError(f"there is no variant {given.variant!r}", hint=f"known: {', '.join(names)}")
    variant = scenario.variant(given.variant) if given.variant else scenario.contender
    scenario = replace(scenario, variants=(variant,))
    if given.host:
        if "://" not in given.host:
            raise HarnessError(f"{given.host!r} is not an address", hint="write it like http://127.0.0.1:8080")
        scenario = replace(scenario, target=replace(scenario.target, url=given.host.rstrip("/")))
    return scenario


def _limits(scenario: Scenario) -> tuple[Any, ...]:
    """Return the lines that promises about durations draw."""
    from reports import units
    from reports.chart import Limit
    from scenarios.indicator import IndicatorKind

    return tuple(
        Limit(f"{objective.indicator.title} {criterion.text} ({units.duration(criterion.limit)})", criterion.limit)
        for objective in scenario.objectives
        for criterion in objective.criteria
        if objective.indicator.kind is IndicatorKind.TIMING and criterion.change is None
    )


def _rate(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        rate = rate_per_s(text)
    except ValueError as error:
        raise HarnessError(f"{option} {text!r} is not {error}", hint="write a rate like 40/s") from error
    if rate <= 0:
        raise HarnessError(f"{option} {text!r} is no rate to probe", hint="give one above zero, like 40/s")
    return rate


def _time(option: str, text: str) -> float:
    try:
        return duration_s(text)
    except ValueError as error:
        raise HarnessError(f"{option} {text!r} is not {error}", hint="write a length of time like 12s") from error
