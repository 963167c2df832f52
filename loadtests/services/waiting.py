"""Waiting for a condition of another process, with a deadline and an eye on the process itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

import requests

from loadtests.services.child import Child
from scenarios.errors import HarnessError

POLL_S = 0.05

Found = TypeVar("Found")


def wait_for(child: Child, what: str, look: Callable[[], Found | None], timeout_s: float) -> Found:
    """Call `look` until it returns something, and return that.

    Raises:
        HarnessError: when the child ends first, or the time is over; naming what was waited for.
    """
    deadline_s = time.monotonic() + timeout_s
    while (found := look()) is None:
        child.check()
        if time.monotonic() > deadline_s:
            raise HarnessError(
                f"{child.name}: {what} did not come within {timeout_s:g} s{child.tail()}", hint=f"see {child.log}"
            )
        time.sleep(POLL_S)
    return found


def started(child: Child, what: str, look: Callable[[], Found | None], timeout_s: float) -> Found:
    """Wait for what says that a child has started, and return it; a child that does not start is ended.

    Raises:
        HarnessError: as `wait_for` does.
    """
    with ExitStack() as stack:
        stack.enter_context(child)
        found = wait_for(child, what, look, timeout_s)
        stack.pop_all()
    return found


def answers(url: str) -> bool | None:
    """Return True when a GET is answered with 200, None otherwise."""
    try:
        return True if requests.get(url, timeout=2).status_code == 200 else None
    except requests.RequestException:
        return None
