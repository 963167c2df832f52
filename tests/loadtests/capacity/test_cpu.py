"""The meter of the target's processor time."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time

import psutil
import pytest

from loadtests.capacity.cpu import PERIOD_S, CpuMeter, of_metrics, of_process


def test_a_window_of_steady_work_reads_as_its_share():
    """Half a core's worth of seconds every second reads 0.5, whatever the window's ends."""
    began = time.time()
    with CpuMeter(lambda: 10 + 0.5 * (time.time() - began)) as meter:
        deadline = time.monotonic() + 20
        while len(meter._readings) < 5:
            assert time.monotonic() < deadline
            meter._stop.wait(0.05)
    assert meter.cores(began + PERIOD_S, began + 4 * PERIOD_S) == pytest.approx(0.5, abs=0.05)


def test_a_window_that_was_not_watched_is_unknown():
    """NaN, not zero: nobody looked."""
    with CpuMeter(lambda: None) as meter:
        pass
    assert math.isnan(meter.cores(0, 10))


def test_children_of_a_process_count():
    """A service that forks workers is as busy as all of them."""
    code = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])"
    parent = subprocess.Popen([sys.executable, "-c", code])
    try:
        read = of_process(parent.pid)
        own = psutil.Process(parent.pid)
        deadline = time.monotonic() + 60
        while (read() or 0) < sum(own.cpu_times()[:2]) + 0.3:
            assert time.monotonic() < deadline
    finally:
        for child in psutil.Process(parent.pid).children(recursive=True):
            child.kill()
        parent.kill()
        parent.wait()


def test_what_cannot_be_read_is_none():
    """A process that is gone, an address where nothing answers."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert of_process(gone.pid)() is None
    assert of_metrics("http://127.0.0.1:9")() is None
    assert (of_process(os.getpid())() or 0) > 0
