"""Deadline: until when an answer is of use, told by the caller and passed on with what is left of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from target_stub.request_error import bad_request

HEADER = "X-Deadline-Ms"  # milliseconds from now
SECONDS_HEADER = "Request-Timeout"  # seconds from now
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant on a monotonic clock."""

    at_s: float
    clock: Clock

    @property
    def left_s(self) -> float:
        """The seconds left, never below 0."""
        return max(0.0, self.at_s - self.clock())

    def header(self) -> dict[str, str]:
        """Return the header that tells the next one what is left."""
        return {HEADER: str(int(self.left_s * 1e3))}


def deadline_of(headers: Mapping[str, str], longest_s: float, clock: Clock) -> Deadline:
    """Return the deadline of a request: the earliest of what its headers say and the longest that is waited.

    Raises:
        RequestError: with status 400, when a header is no number above 0.
    """
    times_s = [longest_s]
    for name, unit_s in ((HEADER, 1e-3), (SECONDS_HEADER, 1.0)):
        text = headers.get(name)
        if text is not None:
            if not NUMBER.fullmatch(text.strip()) or not float(text):
                unit = "milliseconds" if name == HEADER else "seconds"
                raise bad_request("bad_deadline", f"the header {name} must be a number of {unit} above 0")
            times_s.append(float(text) * unit_s)
    return Deadline(clock() + min(times_s), clock)
