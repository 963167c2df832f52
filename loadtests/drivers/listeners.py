"""The threads between Locust's events and a session; importing a locustfile registers them once."""

from __future__ import annotations

from typing import Any

from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import WorkerRunner

from loadtests.drivers.options import add_arguments
from loadtests.drivers.plan_dispatcher import PlanDispatcher
from loadtests.drivers.session import open_session, session_of
from loadtests.drivers.web_tab.tab import add_tab
from loadtests.leash import end_with_parent


def listen() -> None:
    """Register with Locust's global events."""
    events.init_command_line_parser.add_listener(_add_options)
    events.init.add_listener(_open)
    events.test_start.add_listener(_start)
    events.test_stop.add_listener(_stop)
    events.quitting.add_listener(_leave)


def _add_options(parser: LocustArgumentParser, **_: Any) -> None:
    add_arguments(parser)


def _open(environment: Environment, runner: Any, **_: Any) -> None:
    if isinstance(runner, WorkerRunner) and getattr(environment.parsed_options, "processes", None):
        end_with_parent()
    environment.dispatcher_class = PlanDispatcher
    session = open_session(environment)
    if environment.web_ui is not None:
        add_tab(environment.web_ui, session, getattr(environment.parsed_options, "web_base_path", "") or "")
    environment.events.spawning_complete.add_listener(lambda **_: session.begin())


def _start(environment: Environment, **_: Any) -> None:
    session_of(environment).start()


def _stop(environment: Environment, **_: Any) -> None:
    session_of(environment).stop()


def _leave(environment: Environment, **_: Any) -> None:
    session_of(environment).leave_in_order()
