"""Case: one run of the self-test: what is broken in it, and what the gate must say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from scenarios.scenario import Scenario


class Expected(StrEnum):
    """What a gate that works says of a case."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Case:
    """One run.

    `promise` is the one that must break, as `latency p95`; none in a case that must not FAIL. `faults` are in the JSON
    of the service's `PUT /admin/faults`. `settings` are the service's switches on top of the scenario's, of which a
    `redis_url` of `needs_redis` is added when the server runs. `factor` multiplies the rate of every stage; a
    `measure_s` is the length of the measured stages in seconds, where the scenario's is not wanted.
    """

    name: str
    about: str
    expected: Expected
    promise: str = ""
    faults: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    needs_redis: bool = False
    factor: float = 1.0
    measure_s: float | None = None

    def __post_init__(self) -> None:
        if (self.expected is Expected.FAIL) != bool(self.promise):
            raise ValueError(f"case {self.name}: a promise to break belongs to cases that must fail, and only to them")

    def asked(self, scenario: Scenario, settings: Mapping[str, Any]) -> Scenario:
        """Return what this case offers, and to which service; `settings` are switches known only now."""
        scenario = scenario.times(self.factor)
        length_s = self.measure_s
        stages = tuple(
            replace(its, duration_s=length_s) if its.judged and length_s is not None else its for its in scenario.stages
        )
        whole = scenario.contender
        variant = replace(
            whole, name=self.name, settings={**whole.settings, **self.settings, **settings}, faults=self.faults
        )
        return replace(scenario, name=f"self-test-{self.name}", stages=stages, variants=(variant,), trials=1)
