"""Session: the part one Locust process plays. A local process is keeper and generator, a master only the keeper."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from loadtests.drivers.generator import Generator
from loadtests.drivers.keeper import Keeper
from loadtests.drivers.messages import BEGIN, DONE, ROWS, Begin
from loadtests.drivers.options import read_options
from scenarios.errors import HarnessError
from scenarios.reading import find, read_scenario

_LOG = logging.getLogger(__name__)
_SESSIONS: WeakKeyDictionary[Environment, Session] = WeakKeyDictionary()
LOCAL = "local"


@dataclass(slots=True)
class Session:
    """The parts of one process; a worker has no keeper, and a master's generator never begins."""

    environment: Environment
    generator: Generator
    keeper: Keeper | None

    @property
    def identity(self) -> str:
        """The name by which the keeper knows this generator."""
        runner = self.environment.runner
        return runner.client_id if isinstance(runner, WorkerRunner) else LOCAL

    @property
    def places(self) -> int:
        """Connections in the pool, over all generators; 1 when the scenario cannot be read (it is refused)."""
        try:
            return read_scenario(find(read_options(self.environment).scenario)).target.connections
        except HarnessError:
            return 1

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do in this test."""
        return self.keeper is None or self.keeper.finished

    def start(self) -> None:
        """A test starts: get ready, and refuse it in two lines when something is wrong."""
        self.generator.reset()
        if self.keeper is None:
            return
        try:
            self.keeper.prepare(read_options(self.environment))
        except HarnessError as error:
            self.refuse(error)

    def begin(self) -> None:
        """All connections exist: start the plan in every generator at once."""
        runner = self.environment.runner
        if self.keeper is None or runner is None:
            return
        self.keeper.begin(sorted(runner.clients) if isinstance(runner, MasterRunner) else [LOCAL])

    def stop(self) -> None:
        """The test stops, finished or not: report the rest and close the run."""
        self.generator.end()
        if self.keeper is not None:
            self.keeper.close()

    def refuse(self, error: HarnessError) -> None:
        """End the test before any load, with the exit code of the error."""
        _LOG.error("%s", error)
        self.environment.process_exit_code = error.exit_code
        if self.keeper is not None:
            self.keeper.finished = True

    def on_begin(self, message: Any) -> None:
        """The keeper tells this generator its share."""
        options = read_options(self.environment)
        try:
            self.generator.begin(Begin.from_message(message.data), self.identity, options.metrics_port)
        except HarnessError as error:
            self.refuse(error)

    def on_rows(self, message: Any) -> None:
        """A generator reports lines."""
        if self.keeper is not None:
            try:
                self.keeper.take(message.data)
            except OSError as error:
                self.refuse(HarnessError(f"the run cannot be written any further: {error}", hint="free space first"))

    def on_done(self, message: Any) -> None:
        """A generator's share is settled."""
        if self.keeper is not None:
            self.keeper.done(int(message.data["worker"]))


def open_session(environment: Environment) -> Session:
    """Give a Locust process its part, once its runner exists."""
    runner = environment.runner
    if runner is None:
        raise RuntimeError("Locust fires init only after it has made a runner")
    keeper = None if isinstance(runner, WorkerRunner) else Keeper(environment, runner.send_message)
    session = _SESSIONS[environment] = Session(environment, Generator(environment, runner.send_message), keeper)
    if isinstance(runner, WorkerRunner | LocalRunner):
        runner.register_message(BEGIN, lambda msg, **_: session.on_begin(msg))
    if keeper is not None:
        runner.register_message(ROWS, lambda msg, **_: session.on_rows(msg))
        runner.register_message(DONE, lambda msg, **_: session.on_done(msg))
    return session


def session_of(environment: Environment) -> Session:
    """Return the part that this process plays."""
    return _SESSIONS[environment]
