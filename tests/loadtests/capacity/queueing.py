"""An M/M/c queue: simulated as a target to probe, and solved, so that its true capacity is known without any probe."""

from __future__ import annotations

import heapq
import math
from random import Random

import numpy as np
from scipy import optimize

from loadtests.capacity.probe import Probe


def waits_at_all(servers, load):
    """Erlang's C formula: the share of arrivals that find all servers busy; `load` in servers (Erlang, 1917)."""
    terms = [load**k / math.factorial(k) for k in range(servers)]
    tail = load**servers / math.factorial(servers) * servers / (servers - load)
    return tail / (sum(terms) + tail)


def slower_than(time_s, rate_per_s, service_per_s, servers):
    """The share of responses slower than `time_s`: exponential service plus the wait of those who wait."""
    waiting = waits_at_all(servers, rate_per_s / service_per_s)
    spare = servers * service_per_s - rate_per_s
    fast = math.exp(-service_per_s * time_s)
    if abs(spare - service_per_s) < 1e-9:
        return (1 - waiting) * fast + waiting * (1 + service_per_s * time_s) * fast
    mixed = (spare * fast - service_per_s * math.exp(-spare * time_s)) / (spare - service_per_s)
    return (1 - waiting) * fast + waiting * mixed


def true_capacity(limit_s, share, service_per_s, servers):
    """The rate at which exactly `1 - share` of the responses are slower than `limit_s`."""
    full = servers * service_per_s * (1 - 1e-6)
    return optimize.brentq(lambda rate: slower_than(limit_s, rate, service_per_s, servers) - (1 - share), 1e-3, full)


class Queue:
    """c servers with exponential service behind one waiting line, probed like a service; it keeps its own seed."""

    def __init__(self, service_per_s, servers, limit_s, *, seed, speed_sd=0.0, disturbed=0.0, ceiling=math.inf):
        self.service_per_s, self.servers, self.limit_s = service_per_s, servers, limit_s
        self.speed_sd, self.disturbed, self.ceiling = speed_sd, disturbed, ceiling
        self.rng = Random(seed)

    def probe(self, rate_per_s, warmup_s=10.0, measure_s=30.0):
        if rate_per_s > self.ceiling:
            return Probe(rate_per_s, math.nan, math.nan, fault="the generator was late")
        speed = math.exp(self.rng.gauss(0, self.speed_sd))
        if self.rng.random() < self.disturbed:
            speed *= 0.75
        free = [0.0] * self.servers
        now, busy_s, times, responses = 0.0, 0.0, [], []
        while True:
            now += self.rng.expovariate(rate_per_s)
            if now >= warmup_s + measure_s:
                break
            service_s = self.rng.expovariate(self.service_per_s * speed)
            done = max(now, free[0]) + service_s
            heapq.heapreplace(free, done)
            if now >= warmup_s:
                times.append(now - warmup_s)
                responses.append(done - now)
                busy_s += service_s
        values = np.array(responses)
        margin = math.log(np.quantile(values, 0.95) / self.limit_s)
        return Probe(
            rate_per_s,
            margin,
            self._error(np.array(times), values, measure_s),
            achieved_per_s=len(values) / measure_s,
            percentiles_s={"50": float(np.quantile(values, 0.5)), "95": float(np.quantile(values, 0.95))},
            utilisation=busy_s / measure_s,
        )

    def _error(self, times, values, measure_s):
        """Block bootstrap over six blocks, written apart from the one under test."""
        blocks = [
            np.log(values[(times >= start) & (times < start + measure_s / 6)])
            for start in np.arange(0, measure_s, measure_s / 6)
        ]
        drawn = [np.quantile(np.concatenate(self.rng.choices(blocks, k=6)), 0.95) for _ in range(40)]
        return float(np.std(drawn)) + 1e-3
