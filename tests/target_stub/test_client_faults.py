"""Client faults: one line in the log at most."""

from __future__ import annotations

import logging
import sys

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from target_stub.client_faults import ClientFaults


def record(error: Exception) -> logging.LogRecord:
    try:
        raise error
    except type(error):
        return logging.LogRecord("aiohttp.server", logging.ERROR, "x", 1, "Error handling request", (), sys.exc_info())


def test_a_malformed_request_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """Without a traceback, at level INFO, its line ends flattened; not at all where INFO is not logged."""
    with caplog.at_level(logging.INFO):
        fault = record(BadHttpMessage("Invalid method:\n\n  b'GARBAGE'"))
        assert ClientFaults().filter(fault)
    assert fault.levelno == logging.INFO
    assert logging.Formatter().format(fault) == "refused a malformed request: 400, message: Invalid method: b'GARBAGE'"
    with caplog.at_level(logging.WARNING):
        assert not ClientFaults().filter(record(BadHttpMessage("x")))


def test_an_error_of_ours_keeps_its_traceback() -> None:
    """What is not the client's doing passes as it is."""
    ours = record(RuntimeError("ours"))
    assert ClientFaults().filter(ours)
    assert ours.levelno == logging.ERROR
    assert "RuntimeError: ours" in logging.Formatter().format(ours)
