"""HealthSecond: how the generator itself fared in one second. The measurer is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtests.histogram import Histogram


@dataclass(slots=True)
class HealthSecond:
    """How the generator itself fared in second `t` of the plan, one worker apart.

    `lateness` holds due-until-handed-over of every arrival; `cpu_share` is the process's share of one core, and
    `busy_share` that share without the time in which it only looked whether anything was due: it spins when arrivals
    come densely, so that a busy core is no sign of saturation. `in_flight` is the time-weighted mean of requests under
    way; `pool_full_s` the time without a free connection; `stall_s` the longest pause of the event loop seen by its
    heartbeat.
    """

    t: int
    worker: int = 0
    lateness: Histogram = field(default_factory=Histogram)
    cpu_share: float = 0.0
    busy_share: float = 0.0
    in_flight: float = 0.0
    in_flight_peak: int = 0
    waiting_peak: int = 0
    pool_full_s: float = 0.0
    stall_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal one."""
        return {
            "t": self.t,
            "worker": self.worker,
            "lateness": self.lateness.to_json(),
            "cpu_share": round(self.cpu_share, 4),
            "busy_share": round(self.busy_share, 4),
            "in_flight": round(self.in_flight, 3),
            "in_flight_peak": self.in_flight_peak,
            "waiting_peak": self.waiting_peak,
            "pool_full_s": round(self.pool_full_s, 4),
            "stall_s": round(self.stall_s, 6),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HealthSecond:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: when the data is not a health second.
        """
        return cls(
            t=int(data["t"]),
            worker=int(data["worker"]),
            lateness=Histogram.from_json(data["lateness"]),
            cpu_share=float(data["cpu_share"]),
            busy_share=float(data.get("busy_share", data["cpu_share"])),
            in_flight=float(data["in_flight"]),
            in_flight_peak=int(data["in_flight_peak"]),
            waiting_peak=int(data["waiting_peak"]),
            pool_full_s=float(data["pool_full_s"]),
            stall_s=float(data["stall_s"]),
        )
