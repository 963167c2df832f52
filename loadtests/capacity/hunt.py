"""Hunt: a capacity search on a real target, from its start to the soak that confirms it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from loadtests.capacity.finding import Finding
from loadtests.capacity.forecast import knee, saturation
from loadtests.capacity.margin import limits, text_of
from loadtests.capacity.probe import Probe
from loadtests.capacity.rig import Rig, Timing, Unsound
from loadtests.capacity.search import Capacity, Kind, Plan, Search
from loadtests.folder import finished_now
from loadtests.manifest import Manifest
from loadtests.run import save_manifest
from loadtests.watcher import Watcher
from scenarios.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Hunt:
    """What to look for and how long; `soak_s` 0 leaves the confirmation out."""

    scenario: Scenario
    plan: Plan
    timing: Timing
    soak_s: float

    def run(self, begun: tuple[Path, Manifest], watcher: Watcher, unsound: Unsound) -> Finding:
        """Search, confirm and return what was found; a search that the user stops returns what it knows.

        Raises:
            HarnessError: when there is no target, or no objective that a rate can break; before any load.
        """
        folder, manifest = begun
        with Rig(self.scenario, begun, watcher, self.timing, unsound) as rig:
            search = Search(self.plan, rig.probe)
            soak: Probe | None = None
            try:
                capacity = search.run()
                soak = self._soak(rig, capacity)
            except KeyboardInterrupt:
                capacity = _stopped(search)
            cores = rig.cores
        save_manifest(folder, replace(manifest, finished_utc=finished_now()))
        probes = (*capacity.probes, *((soak,) if soak else ()))
        return Finding(
            scenario=self.scenario.name,
            title=self.scenario.title,
            variant=self.scenario.contender.name,
            limits=tuple(text_of(*its) for its in limits(self.scenario.objectives)),
            capacity=capacity,
            soak=soak,
            saturation=saturation(probes, cores),
            knee_per_s=knee(probes),
            cores=cores,
            baseline_per_s=self.scenario.baseline_rate_per_s,
            warmup_s=self.timing.warmup_s,
            measure_s=self.timing.measure_s,
            manifest=manifest,
        )

    def _soak(self, rig: Rig, capacity: Capacity) -> Probe | None:
        """Offer the lower bound for longer: what it holds then is the capacity to publish."""
        if not self.soak_s or capacity.kind not in (Kind.MEASURED, Kind.AT_LEAST):
            return None
        return rig.probe(capacity.low_per_s, self.soak_s)


def _stopped(search: Search) -> Capacity:
    holding = [its.rate_per_s for its in search.probes if its.holds]
    reason = f"stopped by the user after {len(search.probes)} probes"
    kind = Kind.AT_LEAST if holding else Kind.UNSOUND
    value = max(holding, default=math.nan)
    return Capacity(kind, value, value, math.inf, reason, tuple(search.probes))
