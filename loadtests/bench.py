"""Bench: what every trial of an experiment shares: the scenario, the run folder, Prometheus, processors, queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from loadtests.known_item import KnownItem
from loadtests.manifest import TrialRecord
from loadtests.server import ServerSeries, ServerValue
from loadtests.services.processors import Processors
from loadtests.services.prometheus import Prometheus
from loadtests.watcher import Watcher
from scenarios.scenario import Scenario

ReadServer = Callable[[str | None, TrialRecord], Sequence[ServerValue | ServerSeries]]
"""From the address of a Prometheus (None without one) and a finished trial to what the target's own side said."""


@dataclass(slots=True)
class Bench:
    """Set up once by the experiment, used by each trial. `host` None means the bundled service."""

    scenario: Scenario
    folder: Path
    watcher: Watcher
    read_server: ReadServer
    host: str | None = None
    processes: int = 1
    processors: Processors = field(default_factory=Processors)
    prometheus: Prometheus | None = None
    items: tuple[KnownItem, ...] = ()

    @property
    def run_id(self) -> str:
        """The run's name, which labels its series in Prometheus."""
        return self.folder.name
