"""Faults: the set that is in force, if any, and its end: asked for, or by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from target_stub import metric_names as names
from target_stub.faults.active import ActiveFaults
from target_stub.faults.wanted import FaultReport, WantedFaults
from target_stub.metrics import Metrics


class Faults:
    """At most one set of faults at a time. `now` is None in a service that is whole, which is all that it costs."""

    def __init__(self, metrics: Metrics, leaving: Callable[[], bool]) -> None:
        self.now: ActiveFaults | None = None
        self.leaving = leaving
        self._effects = metrics.counters(
            names.FAULT_EFFECTS,
            "Times that a fault asked for took effect.",
            ("fault",),
            [(fault,) for fault in names.FAULTS],
        )
        metrics.gauges(
            names.FAULT_ACTIVE,
            "Whether a fault asked for is in force.",
            "fault",
            {fault: partial(self._is_active, fault) for fault in names.FAULTS},
        )
        self._timers: list[asyncio.Handle] = []
        self._ends_at_s = 0.0

    def active(self) -> Sequence[str]:
        """Return the names of the faults in force."""
        return () if self.now is None else tuple(self.now.wanted.names())

    def set(self, wanted: WantedFaults) -> None:
        """Put these faults in force instead of those before; to be called in the event loop."""
        self.clear()
        loop = asyncio.get_running_loop()
        self.now = ActiveFaults(wanted, self._effect)
        self._ends_at_s = loop.time() + wanted.expires_s
        self._timers.append(loop.call_later(wanted.expires_s, self.clear))
        if wanted.freeze is not msgspec.UNSET:
            self._freeze_after(wanted.freeze.every_s, wanted.freeze.freeze_ms / 1e3)

    def clear(self) -> None:
        """Be whole again: what hangs goes on, what was leaked is let go."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self.now is not None:
            self.now.ended = True
            self.now = None

    def report(self) -> FaultReport:
        """Return what is in force."""
        if self.now is None:
            return FaultReport([], None, None)
        left_s = self._ends_at_s - asyncio.get_running_loop().time()
        return FaultReport(list(self.active()), round(max(left_s, 0.0), 3), self.now.wanted)

    def _is_active(self, fault: str) -> bool:
        return fault in self.active()

    def _effect(self, fault: str) -> None:
        self._effects[fault,].inc()

    def _freeze_after(self, every_s: float, freeze_s: float) -> None:
        def freeze() -> None:
            self._effect("freeze")
            time.sleep(freeze_s)
            self._freeze_after(every_s, freeze_s)

        self._timers[1:] = [asyncio.get_running_loop().call_later(every_s, freeze)]
