"""Finding: a finished capacity search with its circumstances, as it is kept in `capacity.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from loadtests.capacity.forecast import Saturation
from loadtests.capacity.probe import Probe
from loadtests.capacity.search import Capacity
from loadtests.manifest import Manifest
from loadtests.run import replace_file

FILE = "capacity.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """What a search found: the capacity, its confirmation by a longer soak, the forecast, and how it was probed.

    `soak` is None when none was made; a soak that holds makes its rate the one to publish. Rates are per second.
    """

    scenario: str
    title: str
    variant: str
    limits: tuple[str, ...]
    capacity: Capacity
    soak: Probe | None
    saturation: Saturation | None
    knee_per_s: float | None
    cores: float
    baseline_per_s: float
    warmup_s: float
    measure_s: float
    manifest: Manifest

    @property
    def published_per_s(self) -> float | None:
        """The rate that held for the whole soak; None when none did, or none was asked for."""
        return self.soak.rate_per_s if self.soak is not None and self.soak.holds else None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object with every probe in it."""
        return {
            "format": FORMAT,
            "scenario": self.scenario,
            "variant": self.variant,
            "limits": list(self.limits),
            "kind": self.capacity.kind.value,
            "capacity_per_s": _number(self.capacity.value_per_s),
            "low_per_s": _number(self.capacity.low_per_s),
            "high_per_s": _number(self.capacity.high_per_s),
            "confidence": 0.9,
            "reason": self.capacity.reason,
            "published_per_s": self.published_per_s,
            "soak": self.soak.to_json() if self.soak else None,
            "saturation": _numbers(asdict(self.saturation)) if self.saturation else None,
            "knee_per_s": self.knee_per_s,
            "cores": self.cores,
            "baseline_per_s": self.baseline_per_s,
            "probe_s": {"warmup": self.warmup_s, "measure": self.measure_s},
            "probes": [its.to_json() for its in self.capacity.probes],
            "machine": dict(self.manifest.machine),
            "versions": dict(self.manifest.versions),
            "commit": self.manifest.commit,
        }

    def save(self, folder: Path) -> Path:
        """Write the finding whole or not at all, and return its file."""
        path = folder / FILE
        replace_file(path, orjson.dumps(self.to_json(), option=orjson.OPT_INDENT_2) + b"\n")
        return path


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in values.items()}
