"""What the end-to-end tests share: where things are, and looking into runs that are still being written."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from loadtests.lines import read_lines
from loadtests.manifest import TrialStatus
from loadtests.run import SECONDS_FILE, Run, read_run
from scenarios.arrivals import plan
from scenarios.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
FAKE_SERVICE = ROOT / "tests" / "loadtests" / "fake_service.py"
LOCUST = [sys.executable, "-m", "locust", "-f", str(ROOT / "loadtests" / "locustfile.py")]


def planned_by_second(scenario: Scenario) -> Counter[tuple[int, str]]:
    """The plan, straight from the scenario: the oracle for what any driver must offer."""
    arrivals = plan(scenario.windows, scenario.law, scenario.workload, scenario.seed)
    return Counter((int(arrival.due_s), arrival.stage) for arrival in arrivals)


def offered_by_second(run: Run) -> Counter[tuple[int, str]]:
    """What the first trial of a run says was offered."""
    seconds = run.trials[0].timeline.seconds
    return Counter({(second.t, second.stage): second.planned for second in seconds if second.planned})


def seconds_written(folder: Path, count: int) -> bool | None:
    """True when the latest run below `folder` has that many health lines, one for each full second."""
    rows = read_lines(folder / "runs" / "latest" / SECONDS_FILE, [])
    return sum(row["kind"] == "health" for row in rows) >= count or None


def complete_runs(folder: Path, count: int) -> list[Path] | None:
    """The run folders below `folder`, when that many are complete."""
    found = [path for path in sorted((folder / "runs").glob("2*")) if (path / "run.json").exists()]
    statuses = {path: {trial.record.status for trial in read_run(path).trials} for path in found}
    complete = [path for path in found if statuses[path] == {TrialStatus.COMPLETE}]
    return complete if len(complete) >= count else None
