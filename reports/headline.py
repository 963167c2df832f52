"""The headline: what the verdicts mean, in sentences for a reader who will read nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from reports import aborting, offered, units, wording
from reports.comparison import Answer
from reports.findings import Findings
from reports.reach import Reach, reach
from reports.verdict import Outcome, Verdict
from scenarios.stage import Stage


def headline(findings: Findings) -> tuple[str, ...]:
    """Return the sentences that lead the page."""
    return tuple(_sentences(findings))


def service_name(findings: Findings) -> str:
    """Return how the service is spoken of."""
    return "the search service" if findings.run.scenario.target.kind == "search" else "the service"


def _sentences(findings: Findings) -> Iterator[str]:
    run = findings.run
    contender, baseline = run.scenario.contender, run.scenario.baseline
    if findings.equal_settings:
        yield _equal(findings)
    if not findings.verdicts:
        yield "No verdict: the scenario makes no promise, so nothing could be kept or broken."
        return
    subject = service_name(findings)
    outcome = findings.outcomes[contender.name]
    own = reach(findings, contender.name)
    alone = baseline is None or findings.equal_settings
    if outcome in (Outcome.INVALID, Outcome.NOT_MEASURED):
        change = "" if alone else " after the change" if contender.name == "after" else f" with {contender.name}"
        yield _invalid(findings, own, subject + change)
    else:
        yield _about_contender(findings, own, outcome, _opening(contender.name, subject, alone=alone))
    if baseline is not None and not findings.equal_settings:
        yield _about_baseline(findings, reach(findings, baseline.name), baseline.name, own)
    if told := aborting.sentence(run):
        yield told
    if findings.regressions and outcome is not Outcome.FAIL:
        yield f"But it regressed: {_worst_change(findings)}."


def _opening(name: str, subject: str, *, alone: bool) -> str:
    if alone:
        return subject[0].upper() + subject[1:]
    return f"After the change {subject}" if name == "after" else f"With {name}, {subject}"


def _about_contender(findings: Findings, own: Reach, outcome: Outcome, opening: str) -> str:
    match outcome:
        case Outcome.PASS:
            return f"{opening} keeps {_its_promises(own)}."
        case Outcome.WARN:
            warned = [its for its in _own(findings) if its.outcome is Outcome.WARN]
            return f"{opening} keeps {_its_promises(own)}, with {units.plural(len(warned), 'warning')}."
        case Outcome.FAIL:
            return f"{opening} {_broken(findings, own)}."
        case _:
            return f"{opening} was measured, but there is no baseline to compare with, and a promise asks for one."


def _its_promises(own: Reach) -> str:
    return f"its promises at {_load(own.kept)}" if own.kept else "its promises"


def _broken(findings: Findings, own: Reach) -> str:
    if own.broken is not None:
        at = _load(own.broken)
        if own.kept is None:
            return f"breaks its promises at {at} already" if own.unjudged is None else f"breaks its promises at {at}"
        return f"keeps its promises up to {_times(own.kept)} and breaks them at {at}"
    if not own.recovers:
        return f"keeps {_its_promises(own)}, but does not recover from it in time"
    return f"keeps {_its_promises(own)}, but is worse than before: {_failed_change(findings)}"


def _invalid(findings: Findings, own: Reach, subject: str) -> str:
    """Return why there is no verdict: an unsound stage first, else the first promise that nothing was measured for."""
    contender = findings.run.scenario.contender.name
    kept = f" {_up_to(own.kept)} it keeps its promises." if own.kept else ""
    unsound = [its for its in findings.run.scenario.judged_stages if not findings.validity.sound(contender, its)]
    if unsound:
        at = units.listed(unsound)
        fault = findings.validity.first_fault(contender, unsound[0])
        least = findings.validity.at_least(contender, unsound[0])
        reason = f": {fault.sentence}" if fault else ""
        more = f" {least[0].upper()}{least[1:]} at {unsound[0]}." if least else ""
        return f"No verdict on {subject}: the measurement at {at} is not sound{reason}.{more}{kept}"
    invalid = [its for its in _own(findings) if its.outcome is Outcome.INVALID]
    if not invalid:
        return f"No verdict on {subject}: nothing that it promises was measured."
    first = invalid[0]
    more = f" and {units.plural(len(invalid) - 1, 'further promise')}" if len(invalid) > 1 else ""
    return (
        f"No verdict on {subject}: {wording.promise(first)} at {first.stage}{more} could not be judged "
        f"({first.reason}).{kept}"
    )


def _about_baseline(findings: Findings, its: Reach, name: str, own: Reach) -> str:
    opening = "Before, it" if name == "before" else f"With {name}, it"
    outcome = findings.outcomes[name]
    if its.broken is not None:
        at = f"broke at {_times(its.broken)}"
        return f"{opening} {at} already." if its.kept is None else f"{opening} held at {_times(its.kept)} and {at}."
    if outcome is Outcome.INVALID:
        return f"{opening} could not be judged."
    if outcome is Outcome.FAIL:
        return f"{opening} did not recover in time." if not its.recovers else f"{opening} broke some of its promises."
    return f"{opening} kept them too." if own.broken is None else f"{opening} kept its promises."


def _times(stage: Stage) -> str:
    return _load(stage).removesuffix(" its traffic")


def _load(stage: Stage) -> str:
    """Return how much a stage offers; where that is no single multiple, its name says more."""
    return f"{stage.name} ({offered.multiple(stage)})" if stage.shapes else units.multiple(stage.multiplier)


def _up_to(stage: Stage) -> str:
    return f"{'At' if stage.multiplier == 1 or stage.shapes else 'Up to'} {_times(stage)}"


def _own(findings: Findings) -> tuple[Verdict, ...]:
    return findings.of(findings.run.scenario.contender.name)


def _failed_change(findings: Findings) -> str:
    failed = [its.comparison for its in _own(findings) if its.relative and its.outcome is Outcome.FAIL]
    first = next((its for its in failed if its is not None), None)
    return f"{first.measure.title} at {first.stage} {wording.summary(first)}" if first else "see below"


def _worst_change(findings: Findings) -> str:
    first = findings.regressions[0]
    return f"{first.measure.title} at {first.stage} {wording.summary(first)}"


def _equal(findings: Findings) -> str:
    """Return what a comparison of a setting with itself found: anything but equality is the noise of the rig."""
    decided = [its for its in findings.comparisons if its.measured]
    wrong = [its for its in decided if its.answer in (Answer.IMPROVED, Answer.REGRESSED)]
    if wrong:
        return (
            f"One setting was compared with itself, and {len(wrong)} of {units.plural(len(decided), 'comparison')} "
            "found a difference that is not there: this machine is noisier than the intervals suppose."
        )
    return (
        f"One setting was compared with itself, and none of {units.plural(len(decided), 'comparison')} found a change."
    )
