"""Scenario: everything one run is asked to do and to hold, as read from one YAML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scenarios.arrivals import ArrivalLaw
from scenarios.closed import ClosedUsers
from scenarios.errors import HarnessError
from scenarios.indicator import OF_SESSIONS, OF_STREAMS, Indicator
from scenarios.objective import Objective
from scenarios.replay import Replay
from scenarios.stage import Stage, StageWindow, windows
from scenarios.target_schema import RequestPart
from scenarios.workload import Workload


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """The service under test: `url` None means the bundled service, started and stopped by the harness.

    `timeout_s` is the caller's patience, counted from the instant a request was due. `connections` is the most that
    are open at a time; what is due while all are busy waits, and the wait counts. `health` is the path that is asked
    before any load. Of an http target the `requests`, in order of the workload's operations, with `headers` for each;
    of a python one the class as `module:Class`, found from `folder`, and its options.

    `client` is `fast` (plain HTTP/1.1, a core sends tens of thousands a second) or `full` (TLS, redirects, cookies, at
    a third of that); None is fast for http and full for https. Of the full client, `verify` is whether certificates
    must be trusted, or a PEM file of the authorities to trust, and `redirects` how many it follows.
    """

    kind: str = "search"
    url: str | None = None
    timeout_s: float = 2.0
    connections: int = 256
    client: str | None = None
    verify: bool | str = True
    redirects: int = 10
    health: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    requests: tuple[RequestPart, ...] = ()
    class_path: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    folder: str = ""

    def __post_init__(self) -> None:
        if self.timeout_s <= 0:
            raise ValueError(f"the timeout must be above zero, got {self.timeout_s:g} s")
        if self.connections < 1:
            raise ValueError(f"at least one connection is needed, got {self.connections}")


@dataclass(frozen=True, slots=True)
class Variant:
    """One setting of the target under comparison: a profile of the bundled service, and switches on top of it.

    `faults` are what it is broken by while load is offered, in the JSON of the service's `PUT /admin/faults`.
    """

    name: str
    profile: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, Any] = field(default_factory=dict)

    def same_setting(self, other: Variant) -> bool:
        """Whether both set the target alike, as in an A/A experiment."""
        alike = self.profile == other.profile and dict(self.settings) == dict(other.settings)
        return alike and dict(self.faults) == dict(other.faults)


@dataclass(frozen=True, slots=True)
class ValidityLimits:
    """When the measurement itself is not to be trusted; what the simulations behind each limit support.

    lateness_p99_s: start lateness, due until handed to a connection; or `lateness_share` of the stage's median latency.
    sent_ratio: sent over planned, where the target was not the one that kept all connections busy.
    littles_law_gap: requests in flight against arrival rate times service time (Little's law).
    generator_cpu: share of one core used by a generator process, over any second.
    missing_seconds: share of the plan's seconds without a line of telemetry.
    """

    lateness_p99_s: float = 0.005
    lateness_share: float = 0.05
    sent_ratio: float = 0.995
    littles_law_gap: float = 0.10
    generator_cpu: float = 0.80
    missing_seconds: float = 0.02


@dataclass(frozen=True, slots=True)
class Scenario:
    """Stages, workload, target, variants and objectives under one name and seed.

    `indicators` are those read from Prometheus, whether or not an objective speaks of them. `tolerance` is the change
    that does not matter: a smaller one is neither improved nor regressed.
    """

    name: str
    title: str
    baseline_rate_per_s: float
    law: ArrivalLaw
    seed: int
    trials: int
    stages: tuple[Stage, ...]
    workload: Workload
    target: TargetSpec
    variants: tuple[Variant, ...]
    objectives: tuple[Objective, ...]
    indicators: tuple[Indicator, ...] = ()
    tolerance: float = 0.10
    validity: ValidityLimits = field(default_factory=ValidityLimits)
    read_from: Mapping[str, Any] = field(default_factory=dict)
    closed: ClosedUsers | None = None
    replay: Replay | None = None

    @property
    def way(self) -> str:
        """How load is offered: `open`, `closed` or `replay`."""
        return "closed" if self.closed is not None else "replay" if self.replay is not None else "open"

    @property
    def windows(self) -> tuple[StageWindow, ...]:
        """The stages placed on the plan's clock."""
        return windows(self.stages)

    @property
    def duration_s(self) -> float:
        """Length of the plan of one trial in seconds."""
        return sum(stage.duration_s for stage in self.stages)

    @property
    def judged_stages(self) -> tuple[str, ...]:
        """Names of the stages that objectives may speak of."""
        return tuple(stage.name for stage in self.stages if stage.judged)

    @property
    def baseline(self) -> Variant | None:
        """The variant that changes are counted from, when there are two or more."""
        return self.variants[0] if len(self.variants) > 1 else None

    @property
    def contender(self) -> Variant:
        """The variant whose verdict is the run's: the last one."""
        return self.variants[-1]

    def times(self, factor: float) -> Scenario:
        """Return this scenario at a multiple of its baseline: the rate of every stage grows with it.

        Raises:
            HarnessError: when the factor is not above zero.
        """
        if factor == 1:
            return self
        if not 0 < factor < math.inf:
            raise HarnessError(f"a multiplier of {factor:g} is no load", hint="give a number above zero, such as 2")
        if self.replay is not None:  # 1x stays what the log recorded, and of that there is a multiple
            more = (replace(its, multiplier=its.multiplier * factor) for its in self.stages)
            return replace(self, stages=tuple(replace(its, rate_per_s=its.rate_per_s * factor) for its in more))
        stages = tuple(
            replace(its, rate_per_s=its.rate_per_s * factor, users=round(its.users * factor)) for its in self.stages
        )
        closed = replace(self.closed, users=max(1, round(self.closed.users * factor))) if self.closed else None
        rate = self.baseline_rate_per_s * factor
        return replace(self, baseline_rate_per_s=rate, stages=stages, closed=closed)

    def variant(self, name: str) -> Variant:
        """Return the variant of that name.

        Raises:
            KeyError: when there is none.
        """
        by_name = {variant.name: variant for variant in self.variants}
        return by_name[name]


def streaming(scenario: Scenario) -> tuple[str, ...]:
    """Return the operations whose replies come as events; of a class of one's own, any may."""
    if scenario.target.kind == "python":
        return tuple(operation.name for operation in scenario.workload.operations)
    return tuple(request.name for request in scenario.target.requests if request.stream)


def spoken_of(scenario: Scenario, indicator: Indicator, named: str | None) -> tuple[str, ...]:
    """Return the operations that a promise of an indicator measured by the generator speaks of: the named one, or each.

    Sessions are spoken of by name only, but for what only they have; events, of requests that have any.
    """
    if named is not None:
        return (named,)
    if indicator.name in OF_SESSIONS:
        return tuple(session.name for session in scenario.workload.sessions)
    if indicator.name in OF_STREAMS:
        return streaming(scenario)
    return tuple(operation.name for operation in scenario.workload.operations)
