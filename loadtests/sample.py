"""Sample: one request, from the instant it was due to its outcome. All times are seconds on the plan's own clock."""

from __future__ import annotations

from dataclasses import dataclass

OK = "ok"
TIMEOUT = "timeout"  # sent, and not answered within the caller's patience
UNSENT = "unsent"  # the caller's patience ended before a connection was free
REFUSED = "refused"  # no connection could be made
TLS = "tls"  # no trusted connection: the certificate, or the handshake, was not as it must be
RESET = "reset"  # the connection broke while the answer was awaited
BAD_REPLY = "bad_reply"  # an answer came, and it was not what was asked for
CHECK_PREFIX = "check:"  # check:found: an answer came, and that check of the scenario did not hold
HTTP_PREFIX = "http_"  # http_503: answered with that status
UNFINISHED = "unfinished"  # the run ended before the answer came
NO_PORT = "no_port"  # this machine had no free port for another connection
NO_FILE = "no_file"  # this process may not open another connection (ulimit -n)

LOCAL_LIMITS = (NO_PORT, NO_FILE)
"""Outcomes that say nothing about the target: the generator's own machine was the limit."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request. What was never sent has no `sent_s`; what was not answered has no `first_byte_s`."""

    operation: str
    due_s: float
    finished_s: float
    outcome: str
    sent_s: float | None = None
    first_byte_s: float | None = None
    size_bytes: int = 0

    @property
    def latency_s(self) -> float:
        """From the intended start, waiting included: what a caller feels."""
        return self.finished_s - self.due_s

    @property
    def service_time_s(self) -> float | None:
        """From the actual send to the last byte."""
        return None if self.sent_s is None else self.finished_s - self.sent_s

    @property
    def ttfb_s(self) -> float | None:
        """From the actual send to the first byte of the answer."""
        return None if self.sent_s is None or self.first_byte_s is None else self.first_byte_s - self.sent_s
