"""From starting the service to its being ready: from nothing, and from disk, over all installed docstrings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.benchmarks import paper

STARTS = 3  # from disk; from nothing once, which takes long
TIMEOUT_S = 600


def measure(*, quick: bool = False) -> paper.Table:
    """Start the service in a new cache folder, then again from what that left, and return the table."""
    table = paper.Table(("start", "documents", "ready after s"))
    with tempfile.TemporaryDirectory() as place:
        seconds, documents = _start(Path(place), "stdlib" if quick else "installed")
        table.add("from nothing", f"{documents:,}", f"{seconds:.1f}")
        for _ in range(1 if quick else STARTS):
            seconds, documents = _start(Path(place), "stdlib" if quick else "installed")
            table.add("from disk", f"{documents:,}", f"{seconds:.2f}")
    return table


def _start(place: Path, corpus: str) -> tuple[float, int]:
    announced = place / "announced.json"
    command = [
        *(sys.executable, "-m", "target_stub", "--port=0", f"--announce={announced}", f"--corpus={corpus}"),
        f"--parent={os.getpid()}",
    ]
    environ = {**os.environ, "TENFOLD_CACHE_DIR": str(place / "cache")}
    announced.unlink(missing_ok=True)
    started = time.perf_counter()
    child = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    try:
        while time.perf_counter() < started + TIMEOUT_S and child.poll() is None:
            if announced.exists():
                url = json.loads(announced.read_text())["url"]
                if _get(f"{url}/readyz") is not None:
                    seconds = time.perf_counter() - started
                    report = _get(f"{url}/admin/config") or {}
                    return seconds, int(report["corpus"]["documents"])
            time.sleep(0.01)
        raise RuntimeError("the service was not ready in time, or ended")
    finally:
        child.terminate()
        child.wait()


def _get(url: str) -> Any:
    """Return the JSON answered with status 200, or None."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 (an address of our own child)
            return json.loads(answer.read())
    except (urllib.error.URLError, ConnectionError):
        return None
