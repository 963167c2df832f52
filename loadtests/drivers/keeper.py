"""Keeper: the one process that prepares a run, starts the generators together, and writes down what they report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from locust.env import Environment

from loadtests.drivers.messages import BEGIN, Begin
from loadtests.drivers.options import Options
from loadtests.folder import DEFAULT_ROOT, begin_run, command_line, finished_now
from loadtests.known_item import KnownItem, draw, load, save
from loadtests.lines import LineWriter
from loadtests.manifest import Manifest, TrialRecord, TrialStatus
from loadtests.run import ANSWERS_FILE, QUERIES_FILE, SECONDS_FILE, save_manifest
from loadtests.targets.search_api import SearchApi
from scenarios.errors import HarnessError
from scenarios.reading import find, read_scenario
from scenarios.scenario import Scenario
from scenarios.writing import scenario_yaml

LEAD_S = 0.5
"""From telling the generators to begin until second 0 of the plan: time to make the plan and open the first sockets."""

_LOG = logging.getLogger(__name__)


class Keeper:
    """Lives as long as the process; each start of a test keeps one trial."""

    def __init__(self, environment: Environment, send: Callable[[str, Any], None]) -> None:
        self._environment = environment
        self._send = send
        self._options: Options | None = None
        self._own: Manifest | None = None
        self._url = ""
        self._counted_before = 0
        self._items: tuple[KnownItem, ...] = ()
        self._seconds: LineWriter | None = None
        self._answers: LineWriter | None = None
        self._awaited: set[int] = set()
        self.scenario: Scenario | None = None
        self.folder: Path | None = None
        self.finished = False

    def prepare(self, options: Options) -> None:
        """Read the scenario, reach the target, and open the run folder, before any load.

        Raises:
            HarnessError: when one of them is not as it must be; nothing was sent then.
        """
        self.finished = False
        self._awaited = set()
        self._options = options
        scenario = self.scenario = read_scenario(find(options.scenario))
        url = options.host or scenario.target.url
        if not url:
            raise HarnessError(
                f"scenario {scenario.name} has no address of a target",
                hint="give one with --host, or let Tenfold start the bundled service: tenfold run",
            )
        self._url = url
        if options.run_dir is None:
            api = SearchApi(url)
            self._items = draw(api.documents(), scenario.workload.queries.distinct, scenario.seed)
            self._counted_before = api.searches_counted() or 0
            self.folder = self._begin_own_run(scenario, options)
        else:
            self.folder = options.run_dir
            self._items = load(self.folder / QUERIES_FILE)
        self._seconds = LineWriter(self.folder / SECONDS_FILE)
        self._answers = LineWriter(self.folder / ANSWERS_FILE)

    def begin(self, generators: Iterable[str]) -> None:
        """Tell every generator its share and the common start."""
        if self.scenario is None or self._options is None or self.finished or self._awaited:
            return  # refused already, or begun already and a worker joined late
        order = tuple(generators)
        self._awaited = set(range(len(order)))
        seed = self._options.trial_seed if self._options.trial_seed is not None else self.scenario.seed
        document = scenario_yaml(self.scenario)
        message = Begin(order, LEAD_S, document, seed, self._url, self._items, self._options.trial)
        self._send(BEGIN, message.to_message())

    def take(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write down what a generator reports."""
        if self._seconds is None or self._answers is None:
            return
        kinds: dict[bool, list[Mapping[str, Any]]] = {True: [], False: []}
        for row in rows:
            kinds[row["kind"] == "answer"].append(row)
        self._answers.write(*kinds[True])
        self._seconds.write(*kinds[False])
        for row in kinds[False]:
            if row["kind"] == "begin" and row["worker"] == 0:
                self._note_own_start(float(row["unix"]), int(row["workers"]))

    def done(self, worker: int) -> None:
        """Note that a generator's share is settled; the run is finished when all are."""
        self._awaited.discard(worker)
        if not self._awaited:
            self.finished = True

    def close(self) -> None:
        """Close the run folder and say where it is."""
        for lines in (self._seconds, self._answers):
            if lines is not None:
                lines.close()
        self._seconds = self._answers = None
        if self._own is not None and self.folder is not None:
            status = TrialStatus.COMPLETE if self.finished else TrialStatus.INTERRUPTED
            counted = SearchApi(self._url).searches_counted()
            if counted is not None:
                counted -= self._counted_before
            record = replace(self._own.trials[0], status=status, requests_counted=counted)
            save_manifest(self.folder, replace(self._own.with_trial(record), finished_utc=finished_now()))
            _LOG.info("the run was written to %s; judge it with: tenfold report %s", self.folder, self.folder)
            self._own = None

    def _begin_own_run(self, scenario: Scenario, options: Options) -> Path:
        """Begin a run folder when Locust was started by hand."""
        effective = replace(scenario, variants=(scenario.contender,), trials=1)
        folder, manifest = begin_run(DEFAULT_ROOT, effective, command_line())
        digest = save(self._items, folder / QUERIES_FILE)
        record = TrialRecord(options.trial, 1, effective.contender.name, scenario.seed, url=self._url)
        self._own = replace(manifest, queries={"sha256": digest, "count": len(self._items)}).with_trial(record)
        save_manifest(folder, self._own)
        return folder

    def _note_own_start(self, started_unix: float, workers: int) -> None:
        if self._own is not None and self.folder is not None:
            record = replace(self._own.trials[0], started_unix=started_unix, workers=workers)
            self._own = self._own.with_trial(record)
            save_manifest(self.folder, self._own)
