"""Stairs: the generator's ceiling, measured in seconds against a server that costs next to nothing."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from loadtests.bench import Bench
from loadtests.ceiling import Ceiling, this_machine
from loadtests.experiment import Experiment
from loadtests.folder import begin_run
from loadtests.manifest import TrialStatus
from loadtests.run import Run, read_run, save_manifest
from loadtests.schedule import PlannedTrial
from loadtests.services import null_server
from loadtests.services.child import Child, Priority
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.processors import split
from loadtests.services.waiting import answers, wait_for
from loadtests.trial_run import TrialRun
from loadtests.watcher import Watcher
from scenarios.errors import HarnessError
from scenarios.reading import parse_scenario

STEPS_PER_S = (1000, 2000, 3000, 4000, 6000, 8000, 12_000, 16_000, 20_000, 24_000, 30_000)
STEP_S = 2
START_TIMEOUT_S = 10.0

Unsound = Callable[[Run, str, str], str]
"""From a run, a variant and a stage to why its measurement cannot be believed; empty when it can."""


def climb(
    watcher: Watcher, unsound: Unsound, steps_per_s: Sequence[int] = STEPS_PER_S, step_s: int = STEP_S
) -> Ceiling:
    """Offer rising rates to a null server and return the last one before the generator fell behind.

    Raises:
        HarnessError: when the generator or the server does not start.
    """
    with tempfile.TemporaryDirectory(prefix="tenfold-doctor-") as place:
        folder = Path(place)
        port, processors = free_port(), split()
        url = f"http://{LOOPBACK}:{port}"
        command = [sys.executable, null_server.__file__, str(port)]
        log = folder / "null-server.log"
        with Child("the null server", command, log, cpus=processors.target, priority=Priority.HIGH) as server:
            wait_for(server, "its first answer", lambda: answers(f"{url}/healthz"), START_TIMEOUT_S)
            return told(_run(folder, url, watcher, steps_per_s, step_s), unsound, steps_per_s)


def _run(folder: Path, url: str, watcher: Watcher, steps_per_s: Sequence[int], step_s: int) -> Run:
    scenario = parse_scenario(document(url, steps_per_s, step_s), "the doctor's own scenario")
    run_folder, manifest = begin_run(folder / "runs", scenario, ("tenfold", "doctor"))
    bench = Bench(scenario, run_folder, watcher, lambda _url, _record: (), host=url)
    Experiment(bench, manifest).prepare()
    bench.processors = split()
    trial = TrialRun(bench, PlannedTrial(1, 1, scenario.contender, scenario.seed))
    record = trial.run()
    if record.status is not TrialStatus.COMPLETE:
        raise HarnessError(f"the generator could not be measured: {record.note}", hint="try it again")
    save_manifest(run_folder, replace(manifest, queries={"count": len(bench.items)}).with_trial(record))
    return read_run(run_folder)


def document(url: str, steps_per_s: Sequence[int], step_s: int) -> str:
    """Return the scenario: a warm-up and one stage for each rate."""
    stages = [f"  - {{name: '{rate}', rate: {rate}/s, duration: {step_s}s}}" for rate in steps_per_s]
    return "\n".join(
        [
            "name: doctor",
            "baseline: 1000/s",
            f"target: {{kind: search, url: '{url}', timeout: 2s, connections: 64}}",
            "workload: {queries: {distinct: 500}}",
            "stages:",
            "  - {name: warm-up, rate: 500/s, duration: 2s, kind: warmup}",
            *stages,
            "",
        ]
    )


def told(run: Run, unsound: Unsound, steps_per_s: Sequence[int]) -> Ceiling:
    """Return the ceiling that a climb tells: what comes after the first step that was not sound no longer counts."""
    variant = run.scenario.contender.name
    highest = 0.0
    for rate in steps_per_s:
        why = unsound(run, variant, str(rate))
        if why:
            return Ceiling(highest, float(rate), first_reason(why), this_machine())
        highest = float(rate)
    return Ceiling(highest, None, "", this_machine())


def first_reason(why: str) -> str:
    """Return the first of several reasons, without the number of the only trial."""
    return why.partition(";")[0].removeprefix("trial 1: ")
