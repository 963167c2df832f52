"""ReportWriter: has a finished run's report made by a process of its own, so that drawing delays nobody here."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from pathlib import Path

import gevent
from gevent import subprocess

import loadtests

REPORT = "report.html"
FRONT_DOOR = Path(loadtests.__file__).parent.parent / "tenfold.py"

_LOG = logging.getLogger(__name__)


class ReportState(StrEnum):
    """How far the report has come."""

    NONE = "none"
    WRITING = "writing"
    READY = "ready"
    FAILED = "failed"


class ReportWriter:
    """Writes one report at a time, the latest run's."""

    def __init__(self) -> None:
        self.state = ReportState.NONE
        self.folder: Path | None = None
        self._greenlet: gevent.Greenlet | None = None

    def forget(self) -> None:
        """Another run begins: the last report is no longer the one to offer."""
        self.state, self.folder = ReportState.NONE, None

    def write(self, folder: Path) -> None:
        """Begin to write the report of a run folder."""
        self.state, self.folder = ReportState.WRITING, folder
        self._greenlet = gevent.spawn(self._write, folder)

    def wait(self) -> None:
        """Wait until the report is written."""
        if self._greenlet is not None:
            self._greenlet.join()

    def _write(self, folder: Path) -> None:
        command = [sys.executable, str(FRONT_DOOR), "report", str(folder)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if self.folder != folder:
            return
        if (folder / REPORT).exists():
            self.state = ReportState.READY
            _LOG.info("the report is %s", folder / REPORT)
        else:
            self.state = ReportState.FAILED
            _LOG.error("the report could not be written: %s", done.stderr.strip()[-500:])
