"""The JSON summary: everything a program may want of a report. The schema is told in docs/judging.md."""

from __future__ import annotations

import math
from typing import Any

import orjson

from reports import wording
from reports.comparison import Comparison
from reports.estimate import Estimate
from reports.measure import Measure
from reports.printable import printable
from reports.reach import reach
from reports.report import Report
from reports.returning import Return, returns
from reports.validity import Check
from reports.verdict import Verdict
from scenarios.scenario import Scenario

SCHEMA = "tenfold/summary/1"
"""Named in every file; the number grows when a key changes its meaning or goes away."""


class JsonRenderer:
    """Writes one JSON object; a number that is not finite is null, and its text says what it is."""

    file_name = "summary.json"

    def render(self, report: Report) -> str:
        """Return the summary."""
        return orjson.dumps(_printable(document(report)), option=orjson.OPT_INDENT_2).decode() + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the summary as plain data."""
    findings = report.findings
    manifest, validity = findings.run.manifest, findings.validity
    return {
        "schema": SCHEMA,
        "run": {
            "id": report.run_id,
            "scenario": manifest.scenario,
            "title": report.title,
            "created_utc": manifest.created_utc,
            "finished_utc": manifest.finished_utc,
            "commit": manifest.commit,
            "seed": manifest.seed,
            "load": load(findings.run.scenario),
            "machine": dict(manifest.machine),
            "telemetry": manifest.telemetry,
        },
        "outcome": report.outcome.value,
        "exit_code": report.exit_code,
        "headline": " ".join(report.headline),
        "variants": [_variant(report, name) for name in report.variants],
        "verdicts": [_verdict(its) for its in findings.verdicts],
        "comparisons": [_comparison(its) for its in findings.comparisons],
        "recoveries": [_recovery(its) for its in returns(findings)],
        "validity": {
            "sound": not validity.unsound_stages,
            "checks": [_check(its) for its in validity.checks],
        },
        "interleaved": not findings.apart,
        "notes": list(report.notes),
        "links": {link.title: link.url for link in report.links},
    }


def load(scenario: Scenario) -> dict[str, Any]:
    """Return how load was offered; latencies of a closed load do not tell what open traffic would feel."""
    return {
        "model": scenario.way,
        "open_loop": scenario.closed is None,
        "baseline_per_s": scenario.baseline_rate_per_s if scenario.closed is None else None,
        "baseline_users": scenario.closed.users if scenario.closed is not None else None,
        "baseline_read_from": dict(scenario.read_from),
        "replayed": str(scenario.replay.log.file) if scenario.replay is not None else None,
        "sessions": [session.name for session in scenario.workload.sessions],
    }


def _variant(report: Report, name: str) -> dict[str, Any]:
    its = reach(report.findings, name)
    return {
        "name": name,
        "outcome": report.findings.outcomes[name].value,
        "kept_up_to_per_s": its.kept.mean_rate_per_s if its.kept and not its.kept.users else None,
        "kept_up_to_users": its.kept.users if its.kept and its.kept.users else None,
        "broken_at": its.broken.name if its.broken else None,
    }


def _verdict(its: Verdict) -> dict[str, Any]:
    measure = wording.measure(its)
    return {
        "variant": its.variant,
        "indicator": its.objective.indicator.name,
        "criterion": its.criterion.text,
        "limit": its.criterion.limit,
        "severity": its.objective.severity.value,
        "key": its.objective.key,
        "optional": its.objective.optional,
        "operation": its.operation,
        "stage": its.stage,
        "outcome": its.outcome.value,
        "value": _change(its.comparison) if its.comparison else _estimate(measure, its.value),
        "reason": its.reason,
    }


def _comparison(its: Comparison) -> dict[str, Any]:
    return {
        "measure": its.measure.key,
        "unit": its.measure.indicator.unit.value,
        "operation": its.operation,
        "stage": its.stage,
        "kind": its.kind.value,
        "before": _estimate(its.measure, its.before),
        "after": _estimate(its.measure, its.after),
        "change": _change(its),
        "answer": its.answer.value,
        "pairs": its.pairs,
        "bound": its.bound.value,
        "more_pairs": its.more_pairs,
        "detectable": _number(its.detectable),
        "note": its.note,
    }


def _recovery(its: Return) -> dict[str, Any]:
    found = its.found
    return {
        "variant": its.variant,
        "stage": its.stage,
        "operation": its.operation,
        "back_after_s": _interval(found.estimate()) | {"text": its.text},
        "trials_s": [_number(time_s) for time_s in found.times_s],
        "p95_before_s": {"low": _number(found.low_s), "high": _number(found.high_s)},
        "step_s": found.step_s,
        "note": found.note,
    }


def _estimate(measure: Measure, its: Estimate) -> dict[str, Any]:
    return _interval(its) | {"text": wording.value(measure, its)}


def _change(its: Comparison) -> dict[str, Any]:
    return _interval(its.change) | {"text": wording.summary(its)}


def _interval(its: Estimate) -> dict[str, Any]:
    return {
        "value": _number(its.value),
        "low": _number(its.low),
        "high": _number(its.high),
        "samples": its.samples,
        "method": its.method,
    }


def _check(its: Check) -> dict[str, Any]:
    return {
        "name": its.name,
        "variant": its.variant,
        "trial": its.trial,
        "stage": its.stage,
        "value": _number(its.value),
        "limit": _number(its.limit),
        "holds": its.holds,
        "sentence": its.sentence,
    }


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _printable(data: Any) -> Any:
    """Return data whose texts every reader of JSON can show; lone surrogates cannot even be encoded."""
    match data:
        case str():
            return printable(data)
        case dict():
            return {printable(str(key)): _printable(value) for key, value in data.items()}
        case list() | tuple():
            return [_printable(value) for value in data]
        case _:
            return data
