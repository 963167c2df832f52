"""Locust started by hand on our locustfile: headless, with several processes, and when things go wrong."""

from __future__ import annotations

import csv
import os
import re
import signal
from contextlib import chdir

import pytest
import requests

from loadtests.manifest import TrialStatus
from loadtests.run import read_run
from loadtests.sample import OK, TIMEOUT, UNSENT
from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_port, several
from loadtests.services.waiting import answers, wait_for
from scenarios.reading import read_scenario
from tests.end_to_end.running import LOCUST, complete_runs, offered_by_second, planned_by_second, seconds_written


@pytest.mark.parametrize("processes", [1, 2])
def test_the_whole_plan_is_offered_and_counts_agree(fake_service, locust, scenario_file, only_run, tmp_path, processes):
    """One process or two offer the same plan; Locust's own table and the service's counter agree to the request."""
    service = fake_service()
    words = several(processes)
    done = locust("--host", service.url, "--scenario", str(scenario_file), "--csv", str(tmp_path / "own"), *words)
    assert done.returncode == 0, done.stderr
    run = only_run()
    record = run.trials[0].record
    expected = planned_by_second(read_scenario(scenario_file))
    assert offered_by_second(run) == expected
    assert run.trials[0].timeline.outcomes == {OK: expected.total()}
    assert (record.status, record.workers, record.requests_counted) == (
        TrialStatus.COMPLETE,
        processes,
        expected.total(),
    )
    with (tmp_path / "own_stats.csv").open() as table:
        own = {row["Name"]: int(row["Request Count"]) for row in csv.DictReader(table)}
    assert own["search"] == expected.total()
    assert {health.worker for health in run.trials[0].timeline.health} == set(range(processes))
    assert run.notes == ()


def test_the_last_line_says_where_the_run_is_and_what_next(fake_service, locust, scenario_file):
    """Whoever ran Locust by hand learns how to judge the run."""
    done = locust("--host", fake_service().url, "--scenario", str(scenario_file))
    assert re.search(r"the run was written to runs/\S+-short-\S+; judge it with: tenfold report runs/", done.stderr)


def test_an_overloaded_target_loses_no_arrival(fake_service, locust, tmp_path, only_run):
    """Four connections of 50 ms carry 80/s; 240/s are offered: what could not be sent is counted, and waits count."""
    path = tmp_path / "tight.yaml"
    path.write_text(
        "name: tight\nbaseline: 240/s\nseed: 5\ntarget: {timeout: 500ms, connections: 4}\n"
        "workload: {queries: {distinct: 50}}\nstages: [{name: 1x, multiplier: 1, duration: 4s}]\n"
    )
    done = locust("--host", fake_service(50).url, "--scenario", str(path), "--exit-code-on-error", "0")
    assert done.returncode == 0, done.stderr
    run = only_run()
    whole = run.trials[0].timeline.stage("1x")
    assert whole.planned == planned_by_second(run.scenario).total()
    assert whole.finished == whole.planned
    assert whole.failures > whole.planned / 3
    assert set(whole.outcomes) <= {OK, UNSENT, TIMEOUT}
    # patience is counted from the due time: nobody gives up earlier, and the wait is in the latency of the good ones
    assert whole.failed["latency"].smallest_s >= 0.5
    assert whole.ok["latency"].sum_s > whole.ok["service_time"].sum_s
    assert sum(health.pool_full_s for health in run.trials[0].timeline.health) > 1


def test_a_host_that_does_not_answer_ends_before_any_load(locust, scenario_file, tmp_path):
    """Exit code 2, the address in the message, and no run folder."""
    url = f"http://{LOOPBACK}:{free_port()}"
    done = locust("--host", url, "--scenario", str(scenario_file))
    assert done.returncode == 2
    assert f"{url} does not answer" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_wrong_scenario_ends_before_any_load(fake_service, locust, tmp_path):
    """Exit code 2 and every mistake, as with `tenfold check`."""
    path = tmp_path / "wrong.yaml"
    path.write_text("name: wrong\nbaseline: 10/s\nstagges: []\n")
    done = locust("--host", fake_service().url, "--scenario", str(path))
    assert done.returncode == 2
    assert "unknown key 'stagges'" in done.stderr
    assert "the key 'stages' is missing" in done.stderr


def test_no_host_is_told(locust, scenario_file):
    """A scenario without an address needs one on the command line."""
    done = locust("--scenario", str(scenario_file))
    assert done.returncode == 2
    assert "--host" in done.stderr


def test_a_target_that_dies_is_measured_as_it_is(fake_service, scenario_file, tmp_path):
    """Refused and reset connections are samples; the run goes on to its end and every arrival has an outcome."""
    service = fake_service()
    words = ["--headless", "--exit-code-on-error", "0", "--host", service.url, "--scenario", str(scenario_file)]
    with chdir(tmp_path), Child("locust", [*LOCUST, *words], tmp_path / "locust.log") as child:
        wait_for(child, "the first seconds", lambda: seconds_written(tmp_path, 2), 60)
        os.kill(service.child.pid, signal.SIGKILL)
        assert child.wait(60) == 0, child.tail()
    run = read_run((tmp_path / "runs" / "latest").resolve())
    whole = run.trials[0].timeline.outcomes
    assert whole.total() == planned_by_second(run.scenario).total()
    assert whole["refused"] > 20


def test_a_killed_generator_leaves_a_readable_run(fake_service, scenario_file, tmp_path):
    """After kill -9 everything up to the last full second is there, and the trial is not called complete."""
    service = fake_service()
    words = ["--headless", "--host", service.url, "--scenario", str(scenario_file)]
    with chdir(tmp_path), Child("locust", [*LOCUST, *words], tmp_path / "locust.log") as child:
        wait_for(child, "three seconds", lambda: seconds_written(tmp_path, 3), 60)
        os.kill(child.pid, signal.SIGKILL)
        child.wait(20)
    run = read_run((tmp_path / "runs" / "latest").resolve())
    trial = run.trials[0]
    expected = planned_by_second(run.scenario)
    whole_seconds = [second for second in (0, 1) if any(its.t == second for its in trial.timeline.seconds)]
    assert whole_seconds == [0, 1]
    for key in [key for key in expected if key[0] in whole_seconds]:
        assert offered_by_second(run)[key] == expected[key]
    assert trial.record.status is TrialStatus.RUNNING
    assert trial.record.started_unix is not None


def test_ctrl_c_keeps_what_was_measured(fake_service, scenario_file, tmp_path):
    """An interrupt ends the load at once; what was due has an outcome, and the record says interrupted.

    It may fall between handing one arrival over and counting it as planned, so one more may have an outcome.
    """
    service = fake_service()
    words = ["--headless", "--host", service.url, "--scenario", str(scenario_file)]
    with chdir(tmp_path), Child("locust", [*LOCUST, *words], tmp_path / "locust.log") as child:
        wait_for(child, "two seconds", lambda: seconds_written(tmp_path, 2), 60)
        child.stop(signal.SIGINT, grace_s=20)
    run = read_run((tmp_path / "runs" / "latest").resolve())
    timeline = run.trials[0].timeline
    assert run.trials[0].record.status is TrialStatus.INTERRUPTED
    planned = sum(second.planned for second in timeline.seconds)
    assert 0 <= timeline.outcomes.total() - planned <= 1


def test_the_web_page_starts_the_same_plan(fake_service, scenario_file, tmp_path):
    """From Locust's own page: press start, wait, and the run on disk is the plan; twice in a row."""
    service, port = fake_service(), free_port()
    page = f"http://{LOOPBACK}:{port}"
    words = ["--web-host", LOOPBACK, "--web-port", str(port), "--host", service.url, "--scenario", str(scenario_file)]
    with chdir(tmp_path), Child("locust", [*LOCUST, *words], tmp_path / "locust.log") as child:
        wait_for(child, "the page", lambda: answers(page), 30)
        for count in (1, 2):
            assert requests.post(f"{page}/swarm", data={}, timeout=10).json()["success"]
            finished = wait_for(child, "the end", lambda count=count: complete_runs(tmp_path, count), 60)
    assert len(finished) == 2
    for folder in finished:
        run = read_run(folder)
        assert offered_by_second(run) == planned_by_second(run.scenario)
