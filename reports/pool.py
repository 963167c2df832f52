"""The pool of connections: when all are busy, was the target too slow, or the pool too small?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from loadtests.health import HealthSecond
from loadtests.histogram import Histogram, merged
from loadtests.manifest import TrialRecord
from reports import units
from reports.slice import Slice
from reports.validity import Check

FULL_SHARE = 0.01
"""Share of the stage's time without a free connection from which on it matters: p99 sees it."""

SLOWED = 2.0
"""How many times slower the target must have become before the pool's exhaustion is called the target's doing."""


def connections(
    record: TrialRecord, stage: str, its: Slice, health: Sequence[HealthSecond], first: Slice, places: int
) -> Check | None:
    """Return a check where connections ran out, None where they did not.

    It holds when the target got slow: the median service time of the requests due while the pool was full is at
    least twice that of the first judged stage. Only those seconds are asked, since a stage may begin with
    the queue that its predecessor left. In the first judged stage itself there is nothing to compare with.
    """
    full_s = sum(second.pool_full_s for second in health)
    share = full_s / (its.stage_s * max(1, record.workers))
    if share <= FULL_SHARE:
        return None
    full = {second.t for second in health if second.pool_full_s > 0}
    slow_s = _service(its, full).quantile(0.5)
    usual_s = math.nan if first.second.stage == stage else _service(first).quantile(0.5)
    slowed = slow_s / usual_s if usual_s else math.inf
    holds = slowed >= SLOWED
    if holds:
        said = f"all connections were busy because the service got {units.factor(slowed)} slower"
    else:
        rate = max([its.planned / its.stage_s, *_planned_by_second(its).values()])
        enough = max(places + 1, math.ceil(rate * its.patience_s))
        said = (
            f"all {units.plural(places, 'connection')} were busy for {units.percent(share)} of the stage, and "
            f"the service was not the reason; raise target.connections, {units.count(enough)} are enough"
        )
    value, limit = (0.0, 1.0) if holds else (share / FULL_SHARE, 1.0)
    return Check("connections", record.variant, record.index, stage, value, limit, holds, said, generator=True)


def _service(its: Slice, seconds: set[int] | None = None) -> Histogram:
    chosen = [part for part in its.parts if seconds is None or part.t in seconds]
    return merged(side["service_time"] for part in chosen or its.parts for side in (part.ok, part.failed))


def _planned_by_second(its: Slice) -> Counter[int]:
    """Return the arrivals of each second of the stage; bursts need more connections than their mean says."""
    found: Counter[int] = Counter()
    for part in its.parts:
        found[part.t] += max(part.planned, part.finished)
    return found
