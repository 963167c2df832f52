"""The tables behind a report's folds: trials, the target's own numbers, latency three ways, outcomes, settings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from loadtests.run import Trial
from reports import units, wording
from reports.findings import Findings
from reports.measure import Measure, read, timing
from reports.reconciling import reconciliation
from reports.report import Table
from reports.returning import returns
from scenarios.indicator import BUILT_IN
from scenarios.writing import scenario_document

_PERCENTILES = (50.0, 95.0, 99.0)
_WAYS = {"judged": "", "all": "", "ok only": "ok"}


def tables(findings: Findings) -> tuple[Table, ...]:
    """Return every table that has something to say."""
    made = (
        _trials(findings),
        _server(findings),
        _recovery(findings),
        reconciliation(findings),
        _three_ways(findings),
        _sessions(findings),
        _outcomes(findings),
        _reasons(findings),
        _checks(findings),
        _settings_that_differ(findings),
        _all_settings(findings),
    )
    return tuple(table for table in made if table.rows)


def _trials(findings: Findings) -> Table:
    stages = findings.run.scenario.judged_stages
    columns = ("trial", "pair", "variant", "status", "planned", "sent", "answered well")
    p95 = Measure(BUILT_IN["latency"], "p", 95.0)
    rows = []
    for trial in findings.run.trials:
        record, outcomes = trial.record, trial.timeline.outcomes
        planned = sum(max(second.planned, second.finished) for second in trial.timeline.seconds)
        whole = (record.index, record.pair, record.variant, f"{record.status}{_note(record.note)}")
        counts = (planned, outcomes.total() - outcomes["unsent"], outcomes["ok"])
        latencies = [_of_trial(findings, p95, trial, stage) for stage in stages]
        rows.append((*(str(its) for its in whole), *(units.count(its) for its in counts), *latencies))
    return Table(
        "Trials one by one",
        (*columns, *(f"p95 at {stage}" for stage in stages)),
        tuple(rows),
        "p95 of all operations together.",
    )


def _note(note: str) -> str:
    return f" ({note})" if note else ""


def _of_trial(findings: Findings, measure: Measure, trial: Trial, stage: str) -> str:
    return units.amount(measure.indicator, read(measure, [findings.ledger.of_trial(trial, stage)]).value)


def _server(findings: Findings) -> Table:
    scenario = findings.run.scenario
    rows = []
    for indicator in scenario.indicators:
        for variant in scenario.variants:
            if indicator.by is None:
                found = [
                    findings.ledger.estimate(Measure(indicator, "value"), variant.name, stage)
                    for stage in scenario.judged_stages
                ]
                cells = [wording.value(Measure(indicator, "value"), its) for its in found]
                why = next((its.method for its in found if not its.measured), "")
                rows.append((indicator.title, variant.name, *cells, why))
            else:
                for label in labels(findings, indicator.name):
                    parts = [part(findings, indicator.name, label, variant.name, its) for its in scenario.judged_stages]
                    cells = [units.level(value, indicator.unit) for value in parts]
                    rows.append((f"{indicator.title}: {label}", variant.name, *cells, ""))
    telemetry = findings.run.manifest.telemetry
    return Table(
        "Server side",
        ("indicator", "variant", *scenario.judged_stages, "note"),
        tuple(rows),
        telemetry and f"{telemetry}.",
    )


def labels(findings: Findings, name: str) -> tuple[str, ...]:
    """Return the parts that an indicator was split into, in the order in which they were first read."""
    found = (its.label for trial in findings.run.trials for its in trial.values if its.name == name and its.label)
    return tuple(dict.fromkeys(found))


def part(findings: Findings, name: str, label: str, variant: str, stage: str) -> float:
    """Return the mean over trials of one part of a split indicator; NaN when it was not measured."""
    found = [
        its.value
        for trial in findings.run.of(variant)
        for its in trial.values
        if (its.name, its.label, its.stage) == (name, label, stage) and its.value is not None
    ]
    return sum(found) / len(found) if found else math.nan


def _recovery(findings: Findings) -> Table:
    """How long each variant took to be back after a peak, whether or not a promise speaks of it."""
    rows = tuple(
        (its.stage, its.variant, its.operation, its.text, its.interval, its.found.note or its.found.estimate().method)
        for its in returns(findings)
    )
    note = "Seconds until p95 is back in the interval that it had at the same rate before the peak: docs/judging.md."
    return Table("Recovery", ("stage", "variant", "operation", "back after", "p95 before", "how"), rows, note)


def _three_ways(findings: Findings) -> Table:
    """Latency over all requests, over the good ones, and with failures as infinitely slow (which is what is judged)."""
    scenario = findings.run.scenario
    rows = [
        (
            variant.name,
            f"p{percentile:g}",
            way,
            *(_one_way(findings, variant.name, stage, percentile, way) for stage in scenario.judged_stages),
        )
        for variant in scenario.variants
        for percentile in _PERCENTILES
        for way in _WAYS
    ]
    note = "judged: a failed request counts as infinitely slow; all: with the time it took to fail; ok only: left out."
    return Table(
        "Latency three ways", ("variant", "percentile", "requests", *scenario.judged_stages), tuple(rows), note
    )


def _one_way(findings: Findings, variant: str, stage: str, percentile: float, way: str) -> str:
    latency = BUILT_IN["latency"]
    slices = findings.ledger.of(variant, stage)
    if way == "judged":
        return units.duration(read(Measure(latency, "p", percentile), slices).value)
    return units.duration(timing(latency, slices, only=_WAYS[way]).quantile(percentile / 100))


def _sessions(findings: Findings) -> Table:
    """Return each session's numbers by stage: how many, how long with pauses and without, how many failed."""
    scenario = findings.run.scenario
    rows = []
    for session in scenario.workload.sessions:
        for variant in scenario.variants:
            for stage in scenario.judged_stages:
                slices = findings.ledger.of(variant.name, stage, session.name)
                whole = Measure(BUILT_IN["latency"], "p", 50.0), Measure(BUILT_IN["latency"], "p", 95.0)
                waiting = Measure(BUILT_IN["waiting"], "p", 50.0), Measure(BUILT_IN["waiting"], "p", 95.0)
                failed = Measure(BUILT_IN["errors"], "rate")
                cells = [units.amount(its.indicator, read(its, slices).value) for its in (*whole, *waiting, failed)]
                count = sum(its.planned for its in slices)
                rows.append((session.name, variant.name, stage, units.count(count), *cells))
    return Table(
        "Sessions",
        ("session", "variant", "stage", "ended", "p50 whole", "p95 whole", "p50 waiting", "p95 waiting", "failed"),
        tuple(rows),
        "Whole: from due to the last reply, pauses included. Waiting: for replies only. Sessions that the plan's end "
        "cut off are not counted.",
    )


def _outcomes(findings: Findings) -> Table:
    scenario = findings.run.scenario
    rows = []
    for variant in scenario.variants:
        by_stage = {stage: findings.ledger.of(variant.name, stage) for stage in scenario.judged_stages}
        names = sorted({name for slices in by_stage.values() for its in slices for name in its.second.outcomes})
        for name in names:
            counts = (sum(its.second.outcomes[name] for its in slices) for slices in by_stage.values())
            rows.append((variant.name, name, *(units.count(its) for its in counts)))
    return Table("Outcomes", ("variant", "outcome", *scenario.judged_stages), tuple(rows))


def _reasons(findings: Findings) -> Table:
    rows = [
        (its.variant, wording.promise(its), its.operation or "all", its.stage, its.outcome.value, its.reason)
        for its in findings.verdicts
    ]
    return Table(
        "Verdicts and their reasons", ("variant", "promise", "operation", "stage", "verdict", "reason"), tuple(rows)
    )


def _checks(findings: Findings) -> Table:
    rows = [
        (
            its.name,
            its.variant,
            str(its.trial),
            its.stage or "all",
            "holds" if its.holds else "does not hold",
            its.sentence,
        )
        for its in findings.validity.worst
    ]
    note = "Of each check the case that came nearest to its limit, over all trials and stages."
    return Table("Checks of the measurement", ("check", "variant", "trial", "stage", "", "finding"), tuple(rows), note)


def _settings(findings: Findings, name: str) -> dict[str, str]:
    """Return what a variant was set to, as asked for and as the target itself said."""
    variant = findings.run.scenario.variant(name)
    told: dict[str, Any] = dict(variant.settings)
    if variant.profile:
        told["profile"] = variant.profile
    if variant.faults:
        told["faults"] = dict(variant.faults)
    for trial in findings.run.of(name):
        told |= dict(trial.record.target)
    return dict(_flat("", told))


def _settings_that_differ(findings: Findings) -> Table:
    names = [variant.name for variant in findings.run.scenario.variants]
    told = [_settings(findings, name) for name in names]
    keys = sorted({key for its in told for key in its})
    rows = ((key, *(its.get(key, units.NOT_MEASURED) for its in told)) for key in keys)
    differing = tuple(row for row in rows if len(set(row[1:])) > 1)
    return Table("Settings that differ", ("setting", *names), differing)


def _all_settings(findings: Findings) -> Table:
    manifest = findings.run.manifest
    groups: dict[str, Any] = {
        "scenario": scenario_document(findings.run.scenario),
        "machine": manifest.machine,
        "versions": manifest.versions,
        "environment": manifest.environment,
        "queries": manifest.queries,
        "run": {
            "id": manifest.run_id,
            "commit": manifest.commit,
            "created": manifest.created_utc,
            "seed": manifest.seed,
        },
    }
    groups |= {
        f"target, {variant.name}": _settings(findings, variant.name) for variant in findings.run.scenario.variants
    }
    rows = [(group, name, value) for group, told in groups.items() for name, value in _flat("", told)]
    return Table("All settings", ("of", "setting", "value"), tuple(rows))


def _flat(prefix: str, told: Any) -> Iterator[tuple[str, str]]:
    if isinstance(told, Mapping):
        for key, value in told.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), value)
    elif isinstance(told, list | tuple) and any(isinstance(its, Mapping) for its in told):
        for index, value in enumerate(told):
            yield from _flat(f"{prefix}[{index}]", value)
    elif isinstance(told, list | tuple):
        yield prefix, ", ".join(str(its) for its in told)
    else:
        yield prefix, str(told)
