"""Words: what a capacity search says, in sentences and cells, still without a tag or a colour."""

from __future__ import annotations

import math
from collections.abc import Iterator

from loadtests.capacity.finding import Finding
from loadtests.capacity.probe import FURTHEST, Probe
from loadtests.capacity.search import Kind
from reports import units
from reports.report import Tone

COLUMNS = ("#", "offered", "answered well", "p50", "p95", "p99", "CPU", "its limit", "verdict")


def headline(finding: Finding) -> str:
    """Return the answer in one sentence."""
    capacity = finding.capacity
    value = units.rate(capacity.value_per_s)
    match capacity.kind:
        case Kind.MEASURED:
            interval = units.between(units.rate(capacity.low_per_s), units.rate(capacity.high_per_s))
            return f"{finding.variant} keeps its promises up to {value} (90 % interval {interval})."
        case Kind.AT_LEAST:
            return f"{finding.variant} keeps its promises up to at least {value}: {capacity.reason}."
        case Kind.BELOW:
            return f"{finding.variant} does not keep its promises even at {value}."
        case Kind.UNSOUND:
            return f"The capacity of {finding.variant} could not be measured: {capacity.reason}."


def tone(finding: Finding) -> Tone:
    """Return the colour of the answer: a number, a bound, or none."""
    match finding.capacity.kind:
        case Kind.MEASURED:
            return Tone.PASS if finding.published_per_s is not None or finding.soak is None else Tone.WARN
        case Kind.AT_LEAST:
            return Tone.WARN
        case Kind.BELOW:
            return Tone.FAIL
        case Kind.UNSOUND:
            return Tone.INVALID


def tiles(finding: Finding) -> Iterator[tuple[str, str, str]]:
    """Yield title, value and note of the tiles."""
    capacity = finding.capacity
    if math.isfinite(capacity.value_per_s):
        times = units.factor(capacity.value_per_s / finding.baseline_per_s)
        prefix = "≥ " if capacity.kind is Kind.AT_LEAST else "< " if capacity.kind is Kind.BELOW else ""
        yield "capacity", prefix + units.rate(capacity.value_per_s), f"{times} today's {_rate(finding.baseline_per_s)}"
    if finding.soak is not None:
        held = "held" if finding.soak.holds else "did not hold"
        yield "confirmed by a soak", units.rate(finding.soak.rate_per_s), f"{held}: {_soak_words(finding.soak)}"
    if finding.saturation is not None:
        low, high = finding.saturation.low_per_s, finding.saturation.high_per_s
        band = f"forecast, {units.between(_rate(low), _rate(high))}"
        yield "processors full at", units.rate(finding.saturation.rate_per_s), band
        cost = units.duration(finding.saturation.cpu_s_per_request)
        yield "CPU per request", cost, f"of {units.plural(round(finding.cores), 'core')}"
    if finding.knee_per_s is not None:
        yield "knee", units.rate(finding.knee_per_s), "where p95 bends most: a hint"


def _rate(value_per_s: float) -> str:
    return units.rate(value_per_s) if math.isfinite(value_per_s) else "no end"


def _soak_words(soak: Probe) -> str:
    return soak.fault or f"{margin(soak)} the limit of {soak.decided_by}"


def notes(finding: Finding) -> Iterator[str]:
    """Yield what a reader must know to believe the number, or not to."""
    capacity = finding.capacity
    if capacity.kind is Kind.MEASURED and capacity.reason:
        yield f"The interval is {capacity.reason}."
    if finding.soak is not None and not finding.soak.holds:
        rate = units.rate(finding.soak.rate_per_s)
        yield f"The soak at {rate} did not hold; publish less than the interval's low end."
    spoilt = [its for its in capacity.probes if its.fault]
    if spoilt:
        yield f"{units.plural(len(spoilt), 'probe')} left out: {spoilt[-1].fault}."
    if finding.saturation is not None:
        yield (
            "The forecast is the utilisation law: the rate at which the target's own processors would be full. It "
            "knows nothing of locks, pools or other services, and is no promise."
        )
    yield (
        f"Each probe offered one rate in an open loop, {finding.warmup_s:g} s of warm-up and {finding.measure_s:g} s "
        f"measured. The margin is ln(value / limit) of the objective nearest to its limit, of: "
        f"{', '.join(finding.limits)}. "
        "How rates are chosen and the number comes about: docs/capacity.md."
    )


def margin(probe: Probe) -> str:
    """Return how far a probe was from the limit nearest to it, as a share of the limit: below it is good."""
    if not math.isfinite(probe.margin):
        return units.NOT_MEASURED
    if abs(probe.margin) >= FURTHEST:
        return f"far {_side(probe)}"
    if probe.margin >= math.log(2):
        return f"{units.factor(math.exp(probe.margin))} the limit"
    return f"{units.percent(abs(math.exp(probe.margin) - 1))} {_side(probe)}"


def _side(probe: Probe) -> str:
    return "above" if probe.margin > 0 else "below"


def row(number: int, probe: Probe) -> tuple[str, ...]:
    """Return a probe's cells in the order of `COLUMNS`."""
    latencies = probe.percentiles_s or {}
    busy = f"{units.number(probe.utilisation)} cores" if math.isfinite(probe.utilisation) else units.NOT_MEASURED
    verdict = "left out" if probe.fault else "holds" if probe.holds else "broken"
    achieved = units.rate(probe.achieved_per_s) if math.isfinite(probe.achieved_per_s) else units.NOT_MEASURED
    timings = tuple(units.duration(latencies.get(its, math.nan)) for its in ("50", "95", "99"))
    return (str(number), units.rate(probe.rate_per_s), achieved, *timings, busy, margin(probe), verdict)
