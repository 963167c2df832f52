"""Keeper: the one process that prepares a run, has the generators begin together, and writes down what they report."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import gevent
from gevent.pool import Group

from loadtests.aborted import AbortRecord
from loadtests.drivers.conductor import Conductor, GeneratorError, Send, Started
from loadtests.drivers.duty import patiently
from loadtests.drivers.messages import Begin
from loadtests.drivers.missing import Reported, missing
from loadtests.drivers.options import Options
from loadtests.drivers.own_run import OwnRun
from loadtests.drivers.reading_ahead import plan_beside
from loadtests.health import HealthSecond
from loadtests.known_item import KnownItem, load_some
from loadtests.lines import LineWriter
from loadtests.live import LiveJudge
from loadtests.live_course import LiveCourse
from loadtests.loss import WorkerLoss, check_policy
from loadtests.manifest import TrialStatus
from loadtests.run import ANSWERS_FILE, QUERIES_FILE, SECONDS_FILE
from loadtests.second import Second
from loadtests.targets import items_of, make_backstage
from scenarios.errors import HarnessError
from scenarios.reading import find, read_scenario, read_settled
from scenarios.scenario import Scenario
from scenarios.writing import scenario_yaml

_LOG = logging.getLogger(__name__)


class Keeper:
    """Lives as long as the process; each start of a test keeps one trial."""

    def __init__(self, send: Send, present: Callable[[], Collection[str]], *, watched: bool = False) -> None:
        self._watched = watched  # somebody looks at how the promises stand
        self._send = send
        self._present = present
        self._options: Options | None = None
        self._own: OwnRun | None = None
        self._url = ""
        self._items: tuple[KnownItem, ...] = ()
        self._seconds: LineWriter | None = None
        self._answers: LineWriter | None = None
        self._conductor: Conductor | None = None
        self._reported = Reported()
        self._writing_off = Group()
        self._planned = 0
        self._begin: Begin | None = None
        self._failure = ""
        self._ended_s: float | None = None
        self.judge: LiveJudge | None = None
        self.course: LiveCourse | None = None
        self.losses: list[WorkerLoss] = []
        self.aborted: AbortRecord | None = None
        self.scenario: Scenario | None = None
        self.folder: Path | None = None
        self.finished = False

    def prepare(self, options: Options) -> None:
        """Read the scenario, reach the target, and open the run folder, before any load.

        Raises:
            HarnessError: when one of them is not as it must be; nothing was sent then.
        """
        self.finished, self._failure, self.aborted, self._ended_s = False, "", None, None
        self._conductor = Conductor(self._send, self._present, options.on_worker_loss)
        self._reported, self._options = Reported(), options
        file = find(options.scenario)
        settled = options.run_dir is not None
        scenario = read_settled(file) if settled else read_scenario(file)
        scenario = self.scenario = scenario.times(options.multiplier)
        check_policy(options.on_worker_loss, scenario)
        url = options.host or scenario.target.url
        if not url:
            raise HarnessError(
                f"scenario {scenario.name} has no address of a target",
                hint="give one with --host, or let Tenfold start the bundled service: tenfold run",
            )
        self._url = url
        watched = self._watched or any(its.abort for its in scenario.objectives)
        self.judge = LiveJudge(scenario) if watched else None
        self.course = LiveCourse() if self._watched else None
        self.losses = []
        self._planned = round(sum(stage.expected_arrivals for stage in scenario.stages))
        if options.run_dir is None:
            backstage = make_backstage(scenario, url)
            backstage.check()
            self._items = items_of(scenario, backstage)
            self._own = OwnRun(scenario, self._items, url, scenario.seed, backstage.requests_counted)
            self.folder = self._own.folder
        else:
            self.folder = options.run_dir
            self._items = load_some(self.folder / QUERIES_FILE)
        self._seconds = LineWriter(self.folder / SECONDS_FILE)
        self._answers = LineWriter(self.folder / ANSWERS_FILE)

    def begin(self, generators: Iterable[str]) -> None:
        """Have every generator make its share; the load begins when all are ready.

        Raises:
            HarnessError: when there are more generators than connections.
        """
        if self.scenario is None or self._conductor is None or self.finished or self._conductor.begun:
            return  # refused already, or begun already and a worker joined late
        order = tuple(generators)
        if len(order) > self.scenario.target.connections:
            raise HarnessError(
                f"{len(order)} generators cannot share {self.scenario.target.connections} connections",
                hint="raise target.connections, or start fewer workers",
            )
        self._begin = Begin(
            order, scenario_yaml(self.scenario), self._seed, self._url, self._items, self._trial, self._salt
        )
        self._conductor.begin(self._begin)

    def ready(self, worker: int) -> None:
        """A generator has made its share."""
        if self._conductor is not None:
            self._conductor.ready(worker)

    def told(self, worker: int, asked_s: float, theirs_s: float) -> None:
        """A generator has told its time; when that was the last answer missing, the load begins."""
        started = self._conductor.told(worker, asked_s, theirs_s) if self._conductor is not None else None
        if started is not None:
            self._note_start(started)

    def take(self, worker: int, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write down what a generator reports."""
        if self._seconds is None or self._answers is None or self._conductor is None or self._failure:
            return
        kinds: dict[bool, list[Mapping[str, Any]]] = {True: [], False: []}
        if not self._conductor.heard(worker):
            return  # it was given up, and what it still has to say is counted as missing already
        for row in rows:
            kinds[row["kind"] == "answer"].append(row)
        self._reported.add(worker, kinds[False])
        self._answers.write(*kinds[True])
        self._seconds.write(*kinds[False])
        if self.judge is not None and self.aborted is None:  # what the end of a run leaves unfinished broke no promise
            self._judge(self.judge, worker, kinds[False])

    def _judge(self, judge: LiveJudge, worker: int, rows: Iterable[Mapping[str, Any]]) -> None:
        """Judge what is known now, and end the run when a promise with abort_on_fail is broken."""
        for row in rows:
            if row["kind"] == "second":
                second = Second.from_json(row)
                judge.add(second)
                if self.course is not None:
                    self.course.add(second)
            elif row["kind"] == "session":
                judge.add(Second.from_json(row))
            elif row["kind"] == "health":
                judge.reported(worker, row["t"])
                if self.course is not None:
                    self.course.reported(HealthSecond.from_json(row))
        found = judge.broken() if not self.finished else None
        if found is not None:
            _LOG.error("the run ends here: %s", found.sentence)
            self._write({"kind": "abort", **found.to_json()})
            self.aborted, self.finished = found, True

    def done(self, worker: int, duties: int) -> None:
        """Note that a generator has settled so many duties; the run is finished when all are."""
        if self._conductor is not None:
            self._conductor.crew.done(worker, duties)
            self.finished = self.finished or self._conductor.crew.settled

    def pulse(self) -> None:
        """Look after the generators; called several times a second.

        Raises:
            HarnessError: when one of them does not get ready, or none is left.
        """
        if self._conductor is None or not self._conductor.begun or self.finished:
            return
        for loss in self._conductor.pulse(self._planned):
            _LOG.error("%s", loss.sentence)
            self._write({"kind": "loss", **loss.to_json()})
            self.losses.append(loss)
            self._write_off(loss)
        crew = self._conductor.crew
        if all(member.lost for member in crew.members.values()):
            raise GeneratorError("all generators were lost", hint="look into their logs")
        self.finished = crew.settled

    def fail(self, what: str) -> None:
        """Note that the test cannot go on, and why."""
        self._failure = what
        self.finished = True

    def close(self) -> Path | None:
        """Close the run folder and say where it is; return it when it is one of our own making, now whole."""
        self._ended_s = self.now_s
        if self.finished and self.aborted is None:
            self._writing_off.join()  # the plan has passed, so nothing is waited for any more
        self._writing_off.kill()
        for lines in (self._seconds, self._answers):
            if lines is not None:
                lines.close()
        self._seconds = self._answers = None
        if self._own is not None:
            folder = self._own.finish(self.status, self._failure or (self.aborted.sentence if self.aborted else ""))
            _LOG.info("the run was written to %s; judge it with: tenfold report %s", folder, folder)
            self._own = None
            return folder
        return None

    @property
    def status(self) -> TrialStatus:
        """How the trial stands, or ended."""
        if self._failure:
            return TrialStatus.FAILED
        if self.aborted is not None:
            return TrialStatus.ABORTED
        return TrialStatus.COMPLETE if self.finished else TrialStatus.INTERRUPTED

    @property
    def now_s(self) -> float | None:
        """The second of the plan, or at which it ended; None before it has begun."""
        started = self._conductor.started if self._conductor is not None else None
        if started is None:
            return None
        return started.clock.now_s() if self._ended_s is None else self._ended_s

    @property
    def failure(self) -> str:
        """Why the test could not go on; empty when it could."""
        return self._failure

    @property
    def progress(self) -> str:
        """How the test stands, in a word."""
        if self._failure or self.aborted is not None or self.finished:
            return "finished" if self.status is TrialStatus.COMPLETE else self.status.value
        if self._seconds is None:
            return "stopped"
        return "preparing" if self.now_s is None else "running"

    @property
    def _seed(self) -> int:
        seed = self._options.trial_seed if self._options is not None else None
        return seed if seed is not None else self.scenario.seed if self.scenario is not None else 0

    @property
    def _salt(self) -> int:
        """What tells the never-seen queries of this run from those of any other: its folder's name, of its time."""
        name = self.folder.resolve().name if self.folder is not None else ""
        return int.from_bytes(sha256(name.encode()).digest()[:7], "big")

    @property
    def _trial(self) -> int:
        return self._options.trial if self._options is not None else 1

    def _write(self, row: Mapping[str, Any]) -> None:
        if self._seconds is not None:
            self._seconds.write({"trial": self._trial, **row})

    def _note_start(self, started: Started) -> None:
        unix, workers = started.clock.origin_unix, len(started.names)
        uncertainty_s = round(started.uncertainty_s, 9)
        self._write(
            {
                "kind": "begin",
                "unix": unix,
                "workers": workers,
                "names": list(started.names),
                "uncertainty_s": uncertainty_s,
            }
        )
        if self._own is not None:
            self._own.started(unix, workers, uncertainty_s)

    def _write_off(self, loss: WorkerLoss) -> None:
        """Write down what is missing of a lost generator's duties, each second when it has passed."""
        conductor, scenario, begin = self._conductor, self.scenario, self._begin
        if conductor is None or conductor.started is None or scenario is None or begin is None:
            return
        clock, reported = conductor.started.clock, self._reported.of(loss.worker)
        names = [operation.name for operation in scenario.workload.operations]
        duties = list(conductor.crew.of_worker(loss.worker).duties)

        def write_off() -> None:
            plan = plan_beside(begin, scenario)
            each = (duty.of(patiently(plan(), gevent.sleep)) for duty in duties)
            arrivals = heapq.merge(*each, key=lambda arrival: arrival.due_s)
            for second in missing(arrivals, names, reported, loss.until_s):
                gevent.sleep(max(0.0, second.t + 1 - clock.now_s()))
                self._write({"kind": "second", "worker": loss.worker, **second.to_json()})

        self._writing_off.start(gevent.Greenlet(write_off))
