"""OwnRun: the run folder of a test that Locust was started for by hand; `tenfold run` brings a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from loadtests.folder import DEFAULT_ROOT, begin_run, command_line, finished_now
from loadtests.known_item import KnownItem, save
from loadtests.manifest import TrialRecord, TrialStatus
from loadtests.run import QUERIES_FILE, save_manifest
from scenarios.scenario import Scenario

Count = Callable[[], int | None]
"""Returns how many requests the target itself has counted, or None when it does not say."""


class OwnRun:
    """One trial of a scenario's contender, in a new folder below runs/. The manifest on disk is always up to date."""

    def __init__(self, scenario: Scenario, items: tuple[KnownItem, ...], url: str, seed: int, count: Count) -> None:
        effective = replace(scenario, variants=(scenario.contender,), trials=1)
        self.folder, manifest = begin_run(DEFAULT_ROOT, effective, command_line())
        digest = save(items, self.folder / QUERIES_FILE) if items else ""
        self._count = count
        self._counted_before = count() or 0
        self._manifest = replace(manifest, queries={"sha256": digest, "count": len(items)})
        self._note(TrialRecord(1, 1, effective.contender.name, seed, url=url))

    def started(self, started_unix: float, workers: int, uncertainty_s: float) -> None:
        """Note when second 0 was, how many generators there are, and how exactly they agreed on it."""
        self._note(replace(self._record, started_unix=started_unix, workers=workers, start_uncertainty_s=uncertainty_s))

    def finish(self, status: TrialStatus, note: str) -> Path:
        """Note how it ended and what the target counted; return the folder."""
        counted = self._count()
        if counted is not None:
            counted -= self._counted_before
        self._manifest = replace(self._manifest, finished_utc=finished_now())
        self._note(replace(self._record, status=status, note=note, requests_counted=counted))
        return self.folder

    @property
    def _record(self) -> TrialRecord:
        return self._manifest.trials[0]

    def _note(self, record: TrialRecord) -> None:
        self._manifest = self._manifest.with_trial(record)
        save_manifest(self.folder, self._manifest)
