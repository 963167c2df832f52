"""Tests that need Locust itself: importing it patches the whole process, so each file has a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parent / "within_locust").glob("check_*.py"))
RUN = "import gevent.monkey; gevent.monkey.patch_all(); import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_within_locust(file):
    """Every test of the file passes."""
    words = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", str(file)]
    done = subprocess.run([sys.executable, "-c", RUN, *words], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
