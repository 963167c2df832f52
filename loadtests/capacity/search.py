"""Search: which rate to probe next, when to stop, and what the capacity then is. Pure: probing is an argument."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from loadtests.capacity.posterior import Posterior
from loadtests.capacity.probe import Probe
from loadtests.capacity.refit import root

MARGIN_OF_MARGINS = 0.02  # no interval is narrower than this on either side: a short probe is biased by some 1 %
CONFIDENCE = 0.90
LOW, HIGH = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2
RANDOM_EVERY = 3  # every third rate is a random quantile instead of the median, so that no single error can hide
BELOW_CEILING = 0.98
LOWEST_SHARE = 1 / 64  # of the first rate: when even this does not hold, there is no capacity worth a search

Measure = Callable[[float], Probe]
"""From a rate per second to what came of it."""


class Kind(StrEnum):
    """What a search can say."""

    MEASURED = "measured"
    AT_LEAST = "at least"  # the generator's ceiling came first
    BELOW = "below"  # not even the lowest rate that was tried holds
    UNSOUND = "not measured"  # no probe could be believed


@dataclass(frozen=True, slots=True)
class Plan:
    """How to search: the first rate, how narrow the 90 % interval shall become, how many probes at the most.

    `run_sd` is the standard deviation of a margin from one probe to the next at the same rate, beyond what is seen
    inside a probe. `ceiling_per_s` is the highest rate that the generator can be trusted with.
    """

    first_per_s: float
    precision: float = 0.06
    most_probes: int = 18
    run_sd: float = 0.05
    ceiling_per_s: float = math.inf
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Capacity:
    """The answer in requests per second, with its 90 % interval, and every probe in order."""

    kind: Kind
    value_per_s: float
    low_per_s: float
    high_per_s: float
    reason: str
    probes: tuple[Probe, ...]

    @property
    def converged(self) -> bool:
        """Whether the interval became as narrow as was asked for."""
        return self.kind is Kind.MEASURED and not self.reason


class Search:
    """One search; `probes` grows while it runs."""

    def __init__(self, plan: Plan, measure: Measure) -> None:
        self.probes: list[Probe] = []
        self._plan = plan
        self._measure = measure
        self._ceiling_per_s = plan.ceiling_per_s
        self._rng = Random(plan.seed)  # noqa: S311 - the choice of a rate is no secret

    def run(self) -> Capacity:
        """Probe until the answer is precise enough, and return it."""
        highest = self._bracket()
        holding = [its.rate_per_s for its in self.probes if its.holds]
        if highest is None:
            return self._without_upper_end(holding)
        if not holding:
            holding = self._descend(highest)
        if not holding:
            return self._answer(Kind.BELOW, min(its.rate_per_s for its in self.probes), "no rate that was tried holds")
        return self._bisect(min(holding) / 2, max(highest, *holding) * 2)

    def _bracket(self) -> float | None:
        """Double the rate until one fails twice; return it, or None when the generator's ceiling came first."""
        rate = min(self._plan.first_per_s, self._ceiling_per_s * BELOW_CEILING)
        while len(self.probes) < self._plan.most_probes:
            if self._fails(rate):
                return rate
            if rate >= self._ceiling_per_s * BELOW_CEILING:
                return None
            rate = min(rate * 2, self._ceiling_per_s * BELOW_CEILING)
        return None

    def _fails(self, rate: float) -> bool:
        """Whether a rate does not hold: a failing probe is repeated before it is believed."""
        for _ in range(2):
            probe = self._probe(rate)
            if not probe.sound or probe.holds:
                return False
        return True

    def _descend(self, highest: float) -> list[float]:
        rate = highest / 2
        while rate >= self._plan.first_per_s * LOWEST_SHARE and len(self.probes) < self._plan.most_probes:
            if self._probe(rate).holds:
                return [rate]
            rate /= 2
        return []

    def _probe(self, rate: float) -> Probe:
        """Probe a rate; one that the generator spoilt is tried once more, and then lowers the ceiling."""
        for _ in range(2):
            probe = self._measure(rate)
            self.probes.append(probe)
            if probe.sound or len(self.probes) >= self._plan.most_probes:
                break
        if not probe.sound:
            self._ceiling_per_s = min(self._ceiling_per_s, rate)
        return probe

    def _bisect(self, lowest: float, highest: float) -> Capacity:
        posterior = Posterior(lowest, highest, self._plan.run_sd)
        posterior.take([its for its in self.probes if its.sound])
        while len(self.probes) < self._plan.most_probes and not self._precise(posterior):
            share = 0.5 if len(self.probes) % RANDOM_EVERY else self._rng.uniform(0.2, 0.8)
            rate = posterior.quantile(share)
            if rate > self._ceiling_per_s * BELOW_CEILING:
                rate = self._ceiling_per_s * BELOW_CEILING
            before = len(self.probes)
            if not self._probe(rate).sound and rate <= lowest:
                break
            posterior.take([its for its in self.probes[before:] if its.sound])
        return self._measured(posterior)

    def _precise(self, posterior: Posterior) -> bool:
        return math.log(posterior.quantile(HIGH) / posterior.quantile(LOW)) < self._plan.precision

    def _measured(self, posterior: Posterior) -> Capacity:
        median = posterior.quantile(0.5)
        if median > self._ceiling_per_s:
            return self._without_upper_end([its.rate_per_s for its in self.probes if its.holds])
        value = root(self.probes, median, self._plan.run_sd) or median
        low = min(posterior.quantile(LOW), value * (1 - MARGIN_OF_MARGINS))
        high = max(posterior.quantile(HIGH), value * (1 + MARGIN_OF_MARGINS))
        reason = "" if self._precise(posterior) else f"still wider than asked for after {len(self.probes)} probes"
        return Capacity(Kind.MEASURED, value, low, high, reason, tuple(self.probes))

    def _without_upper_end(self, holding: list[float]) -> Capacity:
        if not holding:
            fault = next((its.fault for its in self.probes if its.fault), "no probe was made")
            return self._answer(Kind.UNSOUND, math.nan, fault)
        fault = next((its.fault for its in reversed(self.probes) if its.fault), "")
        reason = f"the generator's ceiling came first{': ' if fault else ''}{fault}"
        if math.isinf(self._ceiling_per_s):
            reason = f"every rate held in {len(self.probes)} probes; begin higher or allow more"
        return self._answer(Kind.AT_LEAST, max(holding), reason)

    def _answer(self, kind: Kind, value: float, reason: str) -> Capacity:
        low = value if kind is Kind.AT_LEAST else 0.0
        high = value if kind is Kind.BELOW else math.inf
        return Capacity(kind, value, low, high, reason, tuple(self.probes))
