"""The checks of the measurement: what each looks at, and why its limit is where it is. Never about the target."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from loadtests.health import HealthSecond
from loadtests.histogram import merged
from loadtests.manifest import TrialStatus
from loadtests.run import Run, Trial
from loadtests.sample import CHECK_PREFIX, HTTP_PREFIX, UNSENT
from loadtests.share import answered
from reports import units
from reports.aborting import cut_of, cut_stages
from reports.ledger import Ledger
from reports.local_limits import local_limits
from reports.pool import connections
from reports.slice import Slice
from reports.validity import WHOLE_TRIAL, Check, Validity
from reports.workers import began_together, expected_reports, worker_lost
from scenarios.scenario import ValidityLimits
from scenarios.stage import StageWindow

_ANSWERED = (HTTP_PREFIX, CHECK_PREFIX)  # outcomes of these beginnings: an answer came, and was not as asked
STALL_S = 0.1
"""A pause of the generator's own event loop that delays what is measured: the limit of the simulations behind the
other limits too."""

MIN_IN_FLIGHT = 1.0
"""Little's law compares means; below one request under way the difference of two small numbers says nothing."""

REACH_S = 5.0
"""A request under way at the beginning of a stage is looked for among those due so long before it, and in it."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One trial in one stage: what was asked, what was seen of the requests and of the generator."""

    trial: Trial
    window: StageWindow
    slice: Slice
    health: tuple[HealthSecond, ...]
    limits: ValidityLimits

    def check(self, name: str, value: float, limit: float, holds: bool, sentence: str) -> Check:
        """Return a check of this trial and stage about the generator."""
        record = self.trial.record
        return Check(
            name, record.variant, record.index, self.window.name, value, limit, holds, sentence, generator=True
        )


def check_run(run: Run, ledger: Ledger) -> Validity:
    """Return every check of a run's judged stages."""
    checks: list[Check] = []
    judged = [window for window in run.scenario.windows if window.stage.judged]
    for trial in run.trials:
        first = ledger.of_trial(trial, judged[0].name)
        cut = cut_of(run, trial)
        for window in judged:
            if window.name in cut:
                continue
            its = Watched(
                trial,
                window,
                ledger.of_trial(trial, window.name),
                trial.timeline.stage_health(window),
                run.scenario.validity,
            )
            checks += _stage_checks(its, first, run.scenario.target.connections)
        checks += [*began_together(trial), *_counts(trial)]
    achieved = {
        (variant.name, window.name): _answered_per_s(ledger.of(variant.name, window.name))
        for variant in run.scenario.variants
        for window in judged
    }
    return Validity(tuple(checks), achieved, cut_stages(run))


def _answered_per_s(slices: tuple[Slice, ...]) -> float:
    length_s = sum(its.stage_s for its in slices)
    return sum(its.answered_well for its in slices) / length_s if length_s else 0.0


def _stage_checks(its: Watched, first: Slice, places: int) -> Iterator[Check]:
    yield _finished(its)
    lost = worker_lost(its.trial, its.window)
    if lost is not None:
        yield lost
    yield _telemetry(its)
    if not its.health:
        return
    pool = connections(its.trial.record, its.window.name, its.slice, its.health, first, places)
    yield _sent(its, pool is not None)
    yield from local_limits(its.trial.record, its.window.name, its.slice.second)
    yield _lateness(its)
    yield _cpu(its)
    yield _stall(its)
    yield from (found for found in (_little(its), pool) if found)


def _finished(its: Watched) -> Check:
    """Whether the trial ran this stage to its end: also a trial that ended early may have finished its first stages."""
    record = its.trial.record
    seen_s = max((health.t for health in its.trial.timeline.health), default=-1)
    finished = record.status is TrialStatus.COMPLETE or (
        seen_s >= its.window.end_s and its.slice.second.finished >= its.slice.second.planned > 0
    )
    note = f" ({record.note})" if record.note else ""
    said = (
        "the stage ran to its end" if finished else f"the trial is {record.status}{note} and did not finish the stage"
    )
    return Check(
        "finished", record.variant, record.index, its.window.name, 0.0 if finished else 2.0, 1.0, finished, said
    )


def _telemetry(its: Watched) -> Check:
    """Whether the generator reported about itself in every second and from every worker."""
    record = its.trial.record
    due = [t for t in range(math.floor(its.window.start_s), math.ceil(its.window.end_s)) if _within(t, its.window)]
    wanted = expected_reports(its.trial, due)
    missing = max(0, wanted - len({(health.t, health.worker) for health in its.health}))
    share = missing / wanted if wanted else 1.0
    limit = its.limits.missing_seconds
    said = f"{units.percent(share)} of the seconds without telemetry (limit {units.percent(limit)})"
    return Check("telemetry", record.variant, record.index, its.window.name, share, limit, share <= limit, said)


def _within(t: int, window: StageWindow) -> bool:
    return window.start_s <= t + 0.5 < window.end_s


def _sent(its: Watched, pool_was_full: bool) -> Check:
    """Whether the plan was carried out; what waited for a connection in vain is the affair of the pool check."""
    planned = its.slice.planned
    sent = its.slice.second.sent
    ratio = sent / planned if planned else 0.0
    limit = its.limits.sent_ratio
    holds = ratio >= limit or (pool_was_full and planned > 0)
    why = ", the rest waited in vain for a connection" if holds and ratio < limit else ""
    said = f"sent {units.percent(ratio)} of the plan (limit {units.percent(limit)}{why})"
    # value and limit as shares not sent, so that more is worse as everywhere else
    return its.check("sent", 0.0 if holds and ratio < limit else 1 - ratio, 1 - limit, holds, said)


def _lateness(its: Watched) -> Check:
    """Whether requests were started when they were due; harmless when small against the latency itself."""
    lateness = merged(health.lateness for health in its.health)
    latencies = merged(side["latency"] for side in (its.slice.second.ok, its.slice.second.failed))
    value_s = lateness.quantile(0.99)
    typical_s = latencies.quantile(0.5) if latencies.total else 0.0
    limit_s = max(its.limits.lateness_p99_s, its.limits.lateness_share * typical_s)
    said = f"start lateness p99 {units.duration(value_s)} (limit {units.duration(limit_s)})"
    if math.isnan(value_s):
        return its.check("start lateness", math.inf, limit_s, False, "no start lateness was recorded")
    return its.check("start lateness", value_s, limit_s, value_s <= limit_s, said)


def _cpu(its: Watched) -> Check:
    """Whether a generator process ran hot: the lower of two seconds in a row, spinning without work left out.

    A single second may hold a flush or a garbage collection, whose harm the lateness check sees if there was any; a
    generator at its limit stays there.
    """
    by_worker: dict[int, dict[int, float]] = {}
    for health in its.health:
        by_worker.setdefault(health.worker, {})[health.t] = health.busy_share
    hottest = max(
        min(cpu, shares.get(t + 1, cpu if len(shares) == 1 else 0.0))
        for shares in by_worker.values()
        for t, cpu in shares.items()
    )
    limit = its.limits.generator_cpu
    said = f"generator {units.percent(hottest)} of a core (limit {units.percent(limit)})"
    return its.check("generator CPU", hottest, limit, hottest <= limit, said)


def _stall(its: Watched) -> Check:
    """Whether the generator ever stood still; whoever tolerates more lateness than that tolerates such a pause too."""
    longest_s = max(health.stall_s for health in its.health)
    limit_s = max(STALL_S, its.limits.lateness_p99_s)
    said = f"longest pause of the generator {units.duration(longest_s)} (limit {units.duration(limit_s)})"
    return its.check("generator pauses", longest_s, limit_s, longest_s <= limit_s, said)


def _little(its: Watched) -> Check | None:
    """Little's law, L = lambda W: requests under way against arrival rate times service time.

    The time that all requests of a stage took is the area under the number under way, but for those that cross its
    ends: of those there at its beginning a part lies before, of those there at its end a part behind it, and no such
    part is longer than the longest request. What they cannot explain is the gap.
    """
    seconds = len({health.t for health in its.health})
    in_flight = sum(health.in_flight for health in its.health) / seconds
    served = merged(side["service_time"] for side in (its.slice.second.ok, its.slice.second.failed))
    if in_flight < MIN_IN_FLIGHT or not served.total:
        return None
    before_s, behind_s = _crossing(its, its.window.start_s), _crossing(its, its.window.end_s)
    excess_s = in_flight * its.slice.stage_s - served.sum_s
    unexplained_s = max(0.0, excess_s - before_s, -excess_s - behind_s)
    limit = its.limits.littles_law_gap
    gap = unexplained_s / served.sum_s if served.sum_s else math.inf
    said = f"Little's law holds within {units.percent(gap)} (limit {units.percent(limit)})"
    return its.check("Little's law", gap, limit, gap <= limit, said)


def _crossing(its: Watched, end_s: float) -> float:
    """Return how many seconds the requests under way at an end of the stage may have on its other side."""
    timeline = its.trial.timeline
    beside = (math.ceil(end_s) - 1, math.floor(end_s))
    under_way = max(sum(health.in_flight for health in timeline.health if health.t == t) for t in beside)
    near = [second for second in timeline.seconds if its.window.start_s - REACH_S <= second.t <= its.window.end_s]
    longest_s = max(
        (side["service_time"].largest_s for second in near for side in (second.ok, second.failed)), default=0.0
    )
    return under_way * longest_s


def _counts(trial: Trial) -> Iterator[Check]:
    """Whether client and service agree: answered <= counted by the service <= sent."""
    record = trial.record
    if record.requests_counted is None:
        return
    outcomes = trial.timeline.outcomes
    replied = answered(outcomes)
    open_ones = sum(max(0, second.planned - second.finished) for second in trial.timeline.seconds)
    sent = outcomes.total() - outcomes[UNSENT] + open_ones
    counted = record.requests_counted
    holds = replied <= counted <= sent
    said = (
        "client and service counts agree"
        if holds
        else f"the service counted {units.count(counted)} requests, but {units.count(replied)} were answered "
        f"and {units.count(sent)} sent"
    )
    yield Check("counts", record.variant, record.index, WHOLE_TRIAL, 0.0 if holds else 2.0, 1.0, holds, said)
