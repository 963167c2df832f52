"""Run: one folder on disk, read back as manifest, scenario and trials. Reading never needs what made the run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import orjson

from loadtests.aborted import AbortRecord
from loadtests.health import HealthSecond
from loadtests.judged import JudgedAnswer
from loadtests.lines import read_lines
from loadtests.loss import WorkerLoss
from loadtests.manifest import FORMAT, Manifest, TrialRecord
from loadtests.quality_second import QualitySecond
from loadtests.second import Second
from loadtests.server import ServerSeries, ServerValue
from loadtests.share import Share
from loadtests.timeline import Timeline
from scenarios.errors import HarnessError
from scenarios.mistake import ScenarioError
from scenarios.reading import read_settled
from scenarios.scenario import Scenario

MANIFEST_FILE = "run.json"
SCENARIO_FILE = "effective.yaml"
SECONDS_FILE = "seconds.jsonl"
SERVER_FILE = "server.jsonl"
QUALITY_FILE = "quality.jsonl"
QUERIES_FILE = "queries.jsonl"
ANSWERS_FILE = "answers.jsonl"
LOG_FILE = "locust.log"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial read back: its record, its seconds, and what was judged and read beside them.

    `losses` are the generators that fell silent, `abort` the promise whose breach ended it early; `shares` are what
    each generator reported, where the folder tells them apart.
    """

    record: TrialRecord
    timeline: Timeline
    judged: tuple[JudgedAnswer, ...] = ()
    values: tuple[ServerValue, ...] = ()
    series: tuple[ServerSeries, ...] = ()
    losses: tuple[WorkerLoss, ...] = ()
    abort: AbortRecord | None = None
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run read back from its folder. `notes` tell what could not be read."""

    folder: Path
    manifest: Manifest
    scenario: Scenario
    trials: tuple[Trial, ...]
    notes: tuple[str, ...] = ()

    def of(self, variant: str) -> tuple[Trial, ...]:
        """Return the trials of one variant, in the order in which they ran."""
        return tuple(trial for trial in self.trials if trial.record.variant == variant)


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest beside the run's lines; a reader never sees half of it."""
    replace_file(folder / MANIFEST_FILE, orjson.dumps(manifest.to_json(), option=orjson.OPT_INDENT_2) + b"\n")


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: under another name first, then renamed."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def read_run(folder: Path) -> Run:
    """Read a run folder, also one that a crash left behind.

    Raises:
        HarnessError: when the folder is not a run, or was written by a newer Tenfold.
    """
    notes: list[str] = []
    manifest = _manifest(folder)
    scenario = _scenario(folder)
    kept: dict[int, _Kept] = defaultdict(_Kept)
    for row in read_lines(folder / SECONDS_FILE, notes):
        try:
            _place(row, kept[int(row["trial"])])
        except (KeyError, TypeError, ValueError) as error:
            notes.append(f"{SECONDS_FILE}: a line was left out: {error!r}")
    judged = _rows(folder / QUALITY_FILE, JudgedAnswer.from_json, notes)
    server = _rows(folder / SERVER_FILE, _server_row, notes)
    trials = tuple(
        Trial(
            _with_start(record, kept[record.index].begin),
            kept[record.index].timeline,
            tuple(its for its in judged if its.trial == record.index),
            tuple(its for its in server if isinstance(its, ServerValue) and its.trial == record.index),
            tuple(its for its in server if isinstance(its, ServerSeries) and its.trial == record.index),
            tuple(kept[record.index].losses),
            kept[record.index].abort,
            tuple(share for _, share in sorted(kept[record.index].shares.items())),
        )
        for record in manifest.trials
    )
    return Run(folder, manifest, scenario, trials, tuple(notes))


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST_FILE
    try:
        data = orjson.loads(path.read_bytes())
        written = int(data["format"])
        if written > FORMAT:
            raise HarnessError(
                f"{path} has format {written}, this Tenfold reads up to {FORMAT}", hint="read it with a newer Tenfold"
            )
        return Manifest.from_json(data)
    except FileNotFoundError as error:
        raise HarnessError(
            f"{folder} is not a run: it has no {MANIFEST_FILE}", hint="give a folder below runs/, such as runs/latest"
        ) from error
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise HarnessError(f"{path} cannot be read: {error!r}", hint="the run must be repeated") from error


def _scenario(folder: Path) -> Scenario:
    path = folder / SCENARIO_FILE
    try:
        return read_settled(path)
    except ScenarioError:
        raise
    except HarnessError as error:
        raise HarnessError(error.what, hint="the run must be repeated") from error


@dataclass(slots=True)
class _Kept:
    """What the lines of one trial hold."""

    timeline: Timeline = field(default_factory=Timeline)
    begin: Mapping[str, Any] = field(default_factory=dict)
    losses: list[WorkerLoss] = field(default_factory=list)
    abort: AbortRecord | None = None
    shares: dict[int, Share] = field(default_factory=dict)


def _with_start(record: TrialRecord, begin: Mapping[str, Any]) -> TrialRecord:
    """Return the record with what was agreed at the start, where a crash kept it from being written there."""
    if record.started_unix or not begin:
        return record
    uncertainty_s = float(begin.get("uncertainty_s", 0.0))
    return replace(
        record,
        started_unix=float(begin["unix"]),
        workers=int(begin["workers"]),
        start_uncertainty_s=uncertainty_s,
    )


def _place(row: Mapping[str, Any], kept: _Kept) -> None:
    match row["kind"]:
        case "second":
            kept.timeline.add(Second.from_json(row))
            if "worker" in row:
                worker = int(row["worker"])
                kept.shares.setdefault(worker, Share(worker)).count(row)
        case "session":
            kept.timeline.add_session(Second.from_json(row))
        case "quality":
            kept.timeline.add_quality(QualitySecond.from_json(row))
        case "health":
            kept.timeline.add_health(HealthSecond.from_json(row))
        case "begin":
            kept.begin = row
        case "loss":
            kept.losses.append(WorkerLoss.from_json(row))
        case "abort":
            kept.abort = AbortRecord.from_json(row)
        case other:
            raise ValueError(f"unknown kind {other!r}")


def _server_row(row: Mapping[str, Any]) -> ServerValue | ServerSeries:
    return ServerSeries.from_json(row) if row["kind"] == "series" else ServerValue.from_json(row)


def _rows(path: Path, read: Callable[[Mapping[str, Any]], Row], notes: list[str]) -> list[Row]:
    rows: list[Row] = []
    lines: Iterable[dict[str, Any]] = read_lines(path, notes)
    for row in lines:
        try:
            rows.append(read(row))
        except (KeyError, TypeError, ValueError) as error:
            notes.append(f"{path.name}: a line was left out: {error!r}")
    return rows
