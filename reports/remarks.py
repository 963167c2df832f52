"""Remarks: the sentences that a reader must not miss, grouped so that one trouble is told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reports import units, wording
from reports.comparison import Comparison
from reports.findings import Findings
from reports.matrix import TONES, title_of
from reports.report import Remark, Tone
from reports.verdict import Outcome, Verdict

_ORDER = (Outcome.FAIL, Outcome.INVALID, Outcome.NO_BASELINE, Outcome.WARN)


def remarks(findings: Findings) -> tuple[Remark, ...]:
    """Return what did not pass for the contender, what regressed without being asked about, and a weak design."""
    return tuple(_remarks(findings))


_CLOSED = (
    "Closed load: each user waits for a reply before asking again, so a slow service was asked less, and nobody's wait "
    "for its turn is in these latencies. They hold for so many users, and promise nothing about open traffic."
)


def _remarks(findings: Findings) -> Iterator[Remark]:
    if findings.run.scenario.closed is not None:
        yield Remark(Tone.WARN, _CLOSED)
    own = findings.of(findings.run.scenario.contender.name)
    for outcome in _ORDER:
        found = [its for its in own if its.outcome is outcome]
        yield from (_by_reason if outcome is Outcome.INVALID else _by_promise)(findings, found)
    yield from _regressions(findings, own)
    if findings.apart:
        yield Remark(Tone.WARN, findings.run.notes[0])


def _by_reason(findings: Findings, found: Iterable[Verdict]) -> Iterator[Remark]:
    """Yield one sentence for each reason but for stages that are not sound, of which the soundness lines tell."""
    groups: dict[str, list[Verdict]] = {}
    for its in found:
        if findings.validity.sound(its.variant, its.stage):
            groups.setdefault(its.reason, []).append(its)
    for reason, alike in groups.items():
        promises = list(dict.fromkeys(_title(findings, its) for its in alike))
        stages = list(dict.fromkeys(its.stage for its in alike))
        what = promises[0] if len(promises) == 1 else units.plural(len(promises), "promise")
        yield Remark(Tone.INVALID, f"{what} at {units.listed(stages)}, not judged: {reason}.")


def _title(findings: Findings, its: Verdict) -> str:
    return f"{title_of(findings, wording.measure(its), its.operation)} {wording.limit_of(its)}"


def _by_promise(findings: Findings, found: Iterable[Verdict]) -> Iterator[Remark]:
    """Yield one sentence for each promise, with every stage where it was not kept."""
    groups: dict[tuple[str, str, str], list[Verdict]] = {}
    for its in found:
        unmeasured = "" if its.value.measured else its.reason
        groups.setdefault((_title(findings, its), its.outcome, unmeasured), []).append(its)
    for (title, _, _), alike in groups.items():
        first = alike[0]
        stages = units.listed([its.stage for its in alike])
        if not first.value.measured:
            said = f"{first.reason}, at {stages}"
        else:
            broken = "not kept" if first.outcome is Outcome.FAIL else "warning"
            said = f"{broken} at " + units.listed([f"{its.stage} ({_measured(its)})" for its in alike])
        yield Remark(TONES[first.outcome], f"{title}: {said}.")


def _measured(its: Verdict) -> str:
    if its.comparison is not None:
        more = wording.undecided(its.comparison) if its.outcome is Outcome.WARN else ""
        return wording.summary(its.comparison).replace(" (", ", ").rstrip(")") + more
    said = wording.value(wording.measure(its), its.value, its.criterion)
    around = wording.interval(wording.measure(its), its.value)
    return f"{said}, {around}" if around else said


def _regressions(findings: Findings, own: tuple[Verdict, ...]) -> Iterator[Remark]:
    """Yield what regressed and is not told already by a promise that was broken."""
    told = {(wording.measure(its).key, its.operation, its.stage) for its in own if its.outcome is Outcome.FAIL}
    rest = [its for its in findings.regressions if (its.measure.key, its.operation, its.stage) not in told]
    if rest:
        listed = units.listed([_regression(findings, its) for its in rest])
        gated = "" if findings.apart else " No promise asks about this change, so it does not decide the verdict."
        yield Remark(Tone.FAIL if findings.apart else Tone.WARN, f"Regressed: {listed}.{gated}")


def _regression(findings: Findings, its: Comparison) -> str:
    around = wording.summary(its).replace(" (", ", ").rstrip(")")
    return f"{title_of(findings, its.measure, its.operation)} at {its.stage} ({around})"
