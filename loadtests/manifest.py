"""Manifest: the circumstances of a run, enough to repeat it and to refuse comparing what is not alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

FORMAT = 1
"""Version of the run folder; a reader refuses a newer one."""


class TrialStatus(StrEnum):
    """How a trial ended."""

    RUNNING = "running"  # also what a crash leaves behind
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"  # by Ctrl-C or a signal
    ABORTED = "aborted"  # by an objective with abort_on_fail
    FAILED = "failed"  # the generator or the target ended by itself


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """One trial: a variant of the target, started afresh, under the whole plan once.

    Trials of the same `pair` ran next to each other. `started_unix` is second 0 of the plan; None before it began.
    `requests_counted` is what the target itself counted, for reconciliation with the generator's own numbers.
    `start_uncertainty_s` is how far apart from second 0 a generator may have begun at the most.
    """

    index: int
    pair: int
    variant: str
    seed: int
    status: TrialStatus = TrialStatus.RUNNING
    note: str = ""
    url: str = ""
    started_unix: float | None = None
    workers: int = 1
    start_uncertainty_s: float = 0.0
    requests_counted: int | None = None
    target: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A run's circumstances: code, machine, versions, load, target, trials. `load` holds what runs must share."""

    run_id: str
    scenario: str
    created_utc: str
    commit: str
    command: tuple[str, ...]
    seed: int
    load: Mapping[str, Any]
    machine: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    queries: Mapping[str, Any] = field(default_factory=dict)
    telemetry: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    trials: tuple[TrialRecord, ...] = ()
    finished_utc: str = ""
    format: int = FORMAT

    def with_trial(self, record: TrialRecord) -> Manifest:
        """Return this manifest with a trial added, or replaced where its index is known already."""
        others = tuple(trial for trial in self.trials if trial.index != record.index)
        return replace(self, trials=tuple(sorted((*others, record), key=lambda trial: trial.index)))

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Manifest:
        """Read what `to_json` wrote; unknown keys are left aside.

        Raises:
            KeyError, TypeError, ValueError: when the data is not a manifest.
        """
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        known["command"] = tuple(data["command"])
        known["trials"] = tuple(_trial(its) for its in data["trials"])
        return cls(**known)


def _trial(data: Mapping[str, Any]) -> TrialRecord:
    known = {name: data[name] for name in TrialRecord.__dataclass_fields__ if name in data}
    return TrialRecord(**{**known, "status": TrialStatus(data["status"])})
