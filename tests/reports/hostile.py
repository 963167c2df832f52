"""Names that want to be something else, and a run that is full of them."""

from __future__ import annotations

from dataclasses import replace

from loadtests.run import Run, Trial
from loadtests.second import Second
from loadtests.timeline import timeline
from scenarios.objective import Objective
from scenarios.scenario import Scenario

SCRIPT = "<script>alert('run')</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
CLOSING = "]]></system-out><failure/>"
PIPES = "a|b\n| --- |\n# big `code` @everyone [x](javascript:alert(1))"
CONTROL = "bell\x07 escape\x1b[31m null\x00 turn\u202e lone\ud800"
ENTITIES = "&amp; &lt;b&gt; ${jndi} {{ 7*7 }} {% raw %} $x$"

OPERATION, BEFORE, AFTER, LABEL = (
    f"{SCRIPT}{PIPES}",
    f"{IMAGE}{ENTITIES}",
    f"{CLOSING}{CONTROL}",
    f"{SCRIPT}{CONTROL}{CLOSING}",
)
EVERYTHING = (SCRIPT, IMAGE, CLOSING, PIPES, CONTROL, ENTITIES)


def hostile(run: Run) -> Run:
    """Return a run whose operations, variants, labels, titles, notes, settings and links are hostile."""
    names = {"before": BEFORE, "after": AFTER}
    manifest = replace(
        run.manifest,
        scenario=SCRIPT,
        commit=IMAGE,
        command=("tenfold", "run", PIPES),
        machine={"cpu": CLOSING, "cores": 2, "host": CONTROL},
        environment={"CI": ENTITIES},
        telemetry=SCRIPT,
        links={PIPES: "javascript:alert(1)", SCRIPT: 'http://127.0.0.1/"><script>alert(2)</script>|x'},
    )
    trials = tuple(_hostile_trial(trial, names) for trial in run.trials)
    return replace(
        run, manifest=manifest, scenario=_hostile_scenario(run.scenario, names), trials=trials, notes=EVERYTHING
    )


def _hostile_scenario(scenario: Scenario, names: dict[str, str]) -> Scenario:
    (operation,) = scenario.workload.operations
    workload = replace(scenario.workload, operations=(replace(operation, name=OPERATION),))
    variants = tuple(replace(its, name=names[its.name], settings={IMAGE: its.name}) for its in scenario.variants)
    indicators = {its.name: replace(its, title=f"{its.title} {CLOSING}{SCRIPT}") for its in scenario.indicators}
    objectives = tuple(
        Objective(
            indicators.get(its.indicator.name, its.indicator),
            its.criteria,
            its.stages,
            its.operation,
            its.severity,
            its.key,
            its.optional,
        )
        for its in scenario.objectives
    )
    return replace(
        scenario,
        title=f"{SCRIPT}{PIPES}",
        workload=workload,
        variants=variants,
        objectives=objectives,
        indicators=tuple(indicators.values()),
    )


def _hostile_trial(trial: Trial, names: dict[str, str]) -> Trial:
    seconds = []
    for its in trial.timeline.seconds:
        second = Second(its.t, its.stage, OPERATION)
        second.merge(its)
        seconds.append(second)
    record = replace(
        trial.record,
        variant=names[trial.record.variant],
        note=f"{CLOSING}{SCRIPT}",
        target={PIPES: trial.record.variant},
    )
    return Trial(
        record,
        timeline(seconds, trial.timeline.health),
        tuple(replace(its, operation=OPERATION) for its in trial.judged),
        tuple(
            replace(its, label=f"{LABEL} {its.label}" if its.label else "", note=its.note and SCRIPT)
            for its in trial.values
        ),
        trial.series,
    )
