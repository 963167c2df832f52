"""From Findings to a Report: everything chosen, sorted and put into words, so that renderers decide nothing."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from loadtests.manifest import TrialStatus
from loadtests.run import Run
from reports import offered, units
from reports.charting import charts
from reports.comparison import Answer
from reports.findings import Findings, find
from reports.headline import headline
from reports.history import HISTORY_FILE, history_of
from reports.matrix import TONES, changes_matrix, objectives_matrix
from reports.pairing import two_runs
from reports.remarks import remarks
from reports.report import Chip, Link, Report, Tone
from reports.soundness import soundness
from reports.tables import tables
from reports.tiles import tiles


def report_of(run: Run, history: Path | None = None) -> Report:
    """Return the report of one run; `history` is the A/A history, usually beside the run's folder."""
    path = history if history is not None else run.folder.resolve().parent / HISTORY_FILE
    return assemble(find(run, history_of(path, run.manifest)))


def report_of_two(before: Run, after: Run, allow: Collection[str] = (), history: Path | None = None) -> Report:
    """Return the report of two runs side by side.

    Raises:
        HarnessError: when they are not alike in ways that `allow` does not name.
    """
    path = history if history is not None else after.folder.resolve().parent / HISTORY_FILE
    run = two_runs(before, after, allow)
    return assemble(find(run, history_of(path, after.manifest), apart=True))


def assemble(findings: Findings) -> Report:
    """Return the report of what was found."""
    run = findings.run
    return Report(
        title=run.scenario.title,
        run_id=run.manifest.run_id,
        outcome=findings.outcome,
        exit_code=findings.exit_code,
        variants=tuple(variant.name for variant in run.scenario.variants),
        headline=headline(findings),
        chips=tuple(_chips(findings)),
        meta=tuple(_meta(findings)),
        tiles=tiles(findings),
        soundness=soundness(findings),
        remarks=remarks(findings),
        objectives=objectives_matrix(findings),
        changes=changes_matrix(findings),
        charts=charts(findings),
        tables=tables(findings),
        notes=tuple(_notes(findings)),
        links=tuple(Link(title, url) for title, url in run.manifest.links.items()),
        reproduce=tuple(_reproduce(run)),
        findings=findings,
    )


def _chips(findings: Findings) -> Iterator[Chip]:
    for variant in reversed(findings.run.scenario.variants):
        outcome = findings.outcomes[variant.name]
        text = outcome.value.upper() if findings.of(variant.name) else "NO VERDICT"
        yield Chip(TONES[outcome], f"{variant.name}: {text}")
    answers = [its.answer for its in findings.comparisons if its.measured]
    if answers:
        regressed = answers.count(Answer.REGRESSED)
        tone = Tone.FAIL if findings.regressions else Tone.WARN if regressed else Tone.NEUTRAL
        yield Chip(tone, f"{answers.count(Answer.IMPROVED)} improved, {regressed} regressed of {len(answers)} compared")


def _meta(findings: Findings) -> Iterator[str]:
    scenario, manifest = findings.run.scenario, findings.run.manifest
    yield scenario.name
    told = [f"{its.name} ({its.profile})" if its.profile else its.name for its in scenario.variants]
    yield " against ".join(told)
    if findings.apart:
        yield f"run {manifest.run_id}"
    trials = max((len(findings.run.of(its.name)) for its in scenario.variants), default=0)
    interleaved = "" if len(scenario.variants) == 1 else ", two runs apart" if findings.apart else " each, interleaved"
    yield f"{units.plural(trials, 'trial')}{interleaved}"
    yield offered.origin(scenario)
    yield f"commit {manifest.commit}"
    machine = manifest.machine
    if isinstance(machine.get("cores"), int):
        memory = machine.get("memory_bytes")
        gib = f", {units.number(memory / 2**30)}{units.SPACE}GiB" if isinstance(memory, int | float) else ""
        yield f"{units.plural(machine['cores'], 'core')}{gib}"
    yield units.instant(manifest.created_utc)
    length_s = _length_s(manifest.created_utc, manifest.finished_utc)
    if length_s is not None:
        yield units.stretch(length_s)


def _length_s(began: str, ended: str) -> float | None:
    try:
        return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
    except (ValueError, TypeError):
        return None


def _notes(findings: Findings) -> Iterator[str]:
    """Yield what stands under the page: what could not be read, which trials are missing, how to read it."""
    run = findings.run
    survey = run.scenario.replay.survey if run.scenario.replay else None
    yield from run.notes
    for said in (*run.scenario.read_from.get("notes", ()), *(survey.notes if survey else ())):
        yield f"Access log: {said}."
    if run.manifest.telemetry:
        yield f"Telemetry: {run.manifest.telemetry}."
    for variant in run.scenario.variants:
        ran = len(run.of(variant.name))
        if ran < run.scenario.trials and not findings.apart:
            yield f"{variant.name}: {ran} of {units.plural(run.scenario.trials, 'trial')} were run."
    if run.trials and all(len(run.of(variant.name)) <= 1 for variant in run.scenario.variants):
        yield "One trial of each variant: durations have no interval, and no change can be proved."
    for record in (trial.record for trial in run.trials):
        if record.note or record.status is not TrialStatus.COMPLETE:
            note = f": {record.note}" if record.note else ""
            yield f"Trial {record.index} ({record.variant}) is {record.status}{note}."
    yield (
        "Latency counts from the instant a request was due, queueing included; a request that failed counts as "
        "infinitely slow. Intervals are 95 % intervals. A change counts only when its whole interval lies outside of "
        f"±{units.percent(run.scenario.tolerance)}. Warm-up is left out. How each number comes about: docs/judging.md."
    )


def _reproduce(run: Run) -> Iterator[str]:
    if run.manifest.commit not in ("", "nogit"):
        yield f"git checkout {run.manifest.commit.removesuffix('-dirty')}"
    if run.manifest.command:
        yield shlex.join(run.manifest.command)
