"""Session: the part one Locust process plays. A local process is keeper and generator, a master only the keeper."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import gevent
from gevent.pool import Group
from locust.env import Environment
from locust.runners import STATE_MISSING, LocalRunner, MasterRunner, Runner, WorkerRunner

from loadtests.drivers import messages
from loadtests.drivers.conductor import GeneratorError
from loadtests.drivers.crew import PULSE_S
from loadtests.drivers.duty import Duty
from loadtests.drivers.generator import Generator
from loadtests.drivers.keeper import Keeper
from loadtests.drivers.lease import Lease
from loadtests.drivers.options import read_options
from loadtests.drivers.report_writer import ReportWriter
from loadtests.interruption import EXIT_CODE, CtrlC
from scenarios.errors import HarnessError
from scenarios.reading import find, read_settled

_LOG = logging.getLogger(__name__)
_SESSIONS: WeakKeyDictionary[Environment, Session] = WeakKeyDictionary()
LOCAL = "local"
FAULT_EXIT_CODE = 1
ABORTED_EXIT_CODE = 3  # the documented exit code of an objective that failed


@dataclass(slots=True)
class Session:
    """The parts of one process; a worker has no keeper, and a master's generator never begins."""

    environment: Environment
    generator: Generator
    keeper: Keeper | None
    report: ReportWriter = field(default_factory=ReportWriter)
    ctrl_c: CtrlC = field(default_factory=CtrlC)
    _pulse: Group = field(default_factory=Group)

    @property
    def identity(self) -> str:
        """The name by which the keeper knows this generator."""
        runner = self.environment.runner
        return runner.client_id if isinstance(runner, WorkerRunner) else LOCAL

    @property
    def places(self) -> int:
        """Connections in the pool, over all generators; 1 when the scenario cannot be read (it is refused)."""
        try:
            file = find(read_options(self.environment).scenario)
            return _connections(file, file.stat().st_mtime_ns)
        except (HarnessError, OSError):
            return 1

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do in this test."""
        return self.keeper is None or self.keeper.finished

    def start(self) -> None:
        """A test starts: get ready, and refuse it in two lines when something is wrong."""
        self.generator.reset()
        self.report.forget()
        if self.keeper is None:
            return
        self._try(lambda keeper: keeper.prepare(read_options(self.environment)))
        self._pulse.kill()
        self._pulse.start(gevent.Greenlet(self._look_after))

    def begin(self) -> None:
        """All connections exist: start the plan in every generator at once."""
        self._try(lambda keeper: keeper.begin(sorted(connected(self.environment))))

    def stop(self) -> None:
        """The test stops, finished or not: report the rest and close the run."""
        self.generator.end()
        self._pulse.kill()
        if self.keeper is None:
            return
        try:
            folder = self.keeper.close()
        except OSError as error:
            _LOG.error("the end of the run cannot be written: %s", error)
            return
        if folder is not None and self.environment.web_ui is not None:
            self.report.write(folder)
        elif folder is not None and (self.ctrl_c.asked or self.keeper.aborted is not None):
            self.environment.process_exit_code = EXIT_CODE if self.ctrl_c.asked else ABORTED_EXIT_CODE
            self.report.write(folder)
            self.report.wait()

    def leave_in_order(self) -> None:
        """The process ends: a run from the page that is under way ends first, and its report is written."""
        runner = self.environment.runner
        if self.keeper is None or self.environment.web_ui is None or runner is None:
            return
        if self.keeper.progress in ("preparing", "running"):
            runner.stop()
            self.environment.process_exit_code = EXIT_CODE if self.ctrl_c.asked else None
        self.report.wait()

    def refuse(self, error: HarnessError) -> None:
        """End the test, with the exit code of the error."""
        _LOG.error("%s", error)
        self.environment.process_exit_code = error.exit_code
        if self.keeper is not None:
            self.keeper.fail(error.what)

    def leave(self) -> None:
        """The keeper was not heard any more: offer nothing further, and end."""
        _LOG.error("the master was not heard for longer than the lease of this worker; nothing further is offered")
        self.environment.process_exit_code = 1
        if self.environment.runner is not None:
            gevent.spawn(self.environment.runner.quit)

    def _look_after(self) -> None:
        while not self.finished:
            gevent.sleep(PULSE_S)
            self._try(lambda keeper: keeper.pulse())

    def _try(self, do: Callable[[Keeper], None]) -> None:
        """Let the keeper do something; a test that it refuses, or cannot write down, ends."""
        if self.keeper is None:
            return
        try:
            do(self.keeper)
        except HarnessError as error:
            self.refuse(error)
        except OSError as error:
            what = f"the run cannot be written any further: {error}"
            self.refuse(GeneratorError(what, hint="free space; what was written until now can be judged"))

    # --- messages from the keeper -----------------------------------------------------------------------------------

    def on_begin(self, data: Any) -> None:
        """The keeper tells this generator its share."""
        options = read_options(self.environment)
        try:
            self.generator.prepare(messages.Begin.from_message(data), self.identity, options.metrics_port)
        except HarnessError as error:
            self.refuse(error)

    def on_ask(self, data: Any) -> None:
        """The keeper asks for the time."""
        answer = {"worker": self.generator.worker, "asked_s": data["asked_s"], "theirs_s": time.perf_counter()}
        send(self.environment)(messages.TELL, answer, None)

    def on_start(self, data: Any) -> None:
        """The keeper names the instant at which the plan begins."""
        local = isinstance(self.environment.runner, LocalRunner)
        self.generator.start(float(data["origin_s"]), Lease() if local else Lease(float(data["until_s"])))

    def on_lease(self, data: Any) -> None:
        """The keeper has heard this generator, and lets it go on."""
        self.generator.lease.extend(float(data["until_s"]))

    def on_take_over(self, data: Any) -> None:
        """The keeper gives this generator duties of one that was lost."""
        self.generator.take_over([Duty.from_message(splits) for splits in data["duties"]])

    # --- messages from a generator ----------------------------------------------------------------------------------

    def on_ready(self, data: Any) -> None:
        """A generator has made its share."""
        self._try(lambda keeper: keeper.ready(int(data["worker"])))

    def on_tell(self, data: Any) -> None:
        """A generator tells its time."""
        asked_s, theirs_s = float(data["asked_s"]), float(data["theirs_s"])
        self._try(lambda keeper: keeper.told(int(data["worker"]), asked_s, theirs_s))

    def on_rows(self, data: Any) -> None:
        """A generator reports lines."""
        self._try(lambda keeper: keeper.take(int(data["worker"]), data["rows"]))

    def on_done(self, data: Any) -> None:
        """A generator's duties are settled, or it broke off by a fault of ours or of the target's own code."""
        if data["fault"]:
            _LOG.error("generator %s broke off: %s", data["worker"], data["fault"])
            self.environment.process_exit_code = FAULT_EXIT_CODE
            if self.keeper is not None:
                self.keeper.finished = True
        self._try(lambda keeper: keeper.done(int(data["worker"]), int(data["duties"])))


def connected(environment: Environment) -> Collection[str]:
    """Return the names of the generators that can be reached."""
    runner = environment.runner
    if isinstance(runner, MasterRunner):
        return [client.id for client in runner.clients.all if client.state != STATE_MISSING]
    return [LOCAL]


def send(environment: Environment) -> Callable[[str, Any, str | None], None]:
    """Return the function that sends messages: to all, or to the generator that is named."""

    def deliver(kind: str, data: Any, name: str | None) -> None:
        if environment.runner is not None:
            environment.runner.send_message(kind, data, name)

    return deliver


def open_session(environment: Environment) -> Session:
    """Give a Locust process its part, once its runner exists."""
    runner = environment.runner
    if runner is None:
        raise RuntimeError("Locust fires init only after it has made a runner")
    keeper = None if isinstance(runner, WorkerRunner) else _keeper(environment)
    session = Session(environment, Generator(environment, runner.send_message, lambda: session.leave()), keeper)
    _SESSIONS[environment] = session
    if keeper is not None:
        session.ctrl_c.listen()
    if isinstance(runner, WorkerRunner | LocalRunner):
        _listen(runner, messages.BEGIN, session.on_begin, concurrent=True)  # a long plan takes seconds to make
        _listen(runner, messages.ASK, session.on_ask)
        _listen(runner, messages.START, session.on_start)
        _listen(runner, messages.LEASE, session.on_lease)
        _listen(runner, messages.TAKE_OVER, session.on_take_over, concurrent=True)
        _listen(runner, messages.FENCE, lambda _: session.leave())
    if keeper is not None:
        _listen(runner, messages.READY, session.on_ready)
        _listen(runner, messages.TELL, session.on_tell)
        _listen(runner, messages.ROWS, session.on_rows)
        _listen(runner, messages.DONE, session.on_done)
    return session


def _keeper(environment: Environment) -> Keeper:
    return Keeper(send(environment), lambda: connected(environment), watched=environment.web_ui is not None)


def _listen(
    runner: Runner,
    kind: str,
    hear: Callable[[Any], None],
    *,
    concurrent: bool = False,
) -> None:
    runner.register_message(kind, lambda msg, **_: hear(msg.data), concurrent)


def session_of(environment: Environment) -> Session:
    """Return the part that this process plays."""
    return _SESSIONS[environment]


@lru_cache(maxsize=4)
def _connections(file: Path, _changed_ns: int) -> int:
    """Return the connections that a scenario wants; asked every second, so read once for each change of the file."""
    return read_settled(file).target.connections
