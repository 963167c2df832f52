"""A real master and three real workers, in network namespaces where rights allow: one plan, offered once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from loadtests.loss import WorkerLoss
from loadtests.manifest import TrialStatus
from loadtests.run import Run
from loadtests.sample import OK
from loadtests.services.waiting import wait_for
from reports.assembling import report_of
from reports.verdict import Outcome
from tests.end_to_end.cluster import WORKERS, Cluster
from tests.end_to_end.network import network
from tests.end_to_end.running import offered_by_second, planned_by_second

SCENARIO = """
name: spread
baseline: 90/s
seed: 21
target: {timeout: 1s, connections: 30}
workload: {queries: {distinct: 100}}
stages:
  - {name: 1x, multiplier: 1, duration: 2s}
  - {name: 2x, multiplier: 2, duration: %ds}
validity: {lateness_p99: 500ms, generator_cpu: 1.0, littles_law_gap: 0.9, missing_seconds: 0.5}
objectives: [{indicator: errors, criteria: [rate<90%%]}]
"""


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with network(WORKERS) as net:
        its = Cluster(tmp_path_factory.mktemp("cluster"), net)
        try:
            yield its
        finally:
            its.stop()


@pytest.fixture
def cluster(processes: Cluster) -> Cluster:
    processes.complete()
    return processes


def offered_once(run: Run, counted: int, users: int = 30) -> None:
    """The plan is whole, what is missing included, and the target saw no arrival that is not in it."""
    planned, timeline = planned_by_second(run.scenario), run.trials[0].timeline
    assert offered_by_second(run) == planned
    missing = planned.total() - timeline.outcomes.total()
    assert 0 <= counted - timeline.outcomes[OK] <= users + missing
    assert counted <= planned.total()


def the_loss(run: Run) -> WorkerLoss:
    (loss,) = run.trials[0].losses
    return loss


def test_three_workers_offer_the_plan_of_one(cluster: Cluster) -> None:
    """Second by second the plan is whole, every worker had a part of it, and the target counted every request once."""
    before = cluster.searches()
    cluster.begin(SCENARIO % 2)
    run = cluster.finished()
    trial, planned = run.trials[0], planned_by_second(run.scenario)
    assert offered_by_second(run) == planned
    assert trial.timeline.outcomes == {OK: planned.total()}
    assert trial.record.requests_counted == cluster.searches() - before == planned.total()
    assert trial.record.workers == WORKERS
    assert {health.worker for health in trial.timeline.health} == set(range(WORKERS))
    total = planned.total()
    even = [total // WORKERS + (worker < total % WORKERS) for worker in range(WORKERS)]
    assert [(its.planned, its.sent, its.answered) for its in trial.shares] == [(its, its, its) for its in even]
    table = next(its for its in report_of(run).tables if its.title == "Workers")
    assert [row[-1] for row in table.rows] == [""] * WORKERS + ["0"]
    assert 0 < trial.record.start_uncertainty_s < 0.05
    assert trial.losses == ()


def test_a_worker_killed_under_load_makes_the_run_invalid(cluster: Cluster) -> None:
    """Kill -9: the others go on, the lost share stays in the plan as missing, and the reason names the worker."""
    before = cluster.searches()
    cluster.begin(SCENARIO % 4)
    cluster.reported(1)
    os.kill(cluster.workers[1].pid, signal.SIGKILL)
    run = cluster.finished()
    offered_once(run, cluster.searches() - before)
    loss, report = the_loss(run), report_of(run)
    assert loss.until_s is None
    assert run.trials[0].record.status is TrialStatus.COMPLETE
    assert (report.outcome, report.exit_code) == (Outcome.INVALID, 4)
    assert f"worker {loss.worker} ({loss.name}) was lost at" in " ".join(report.soundness.lines)


def test_a_worker_that_is_cut_off_is_replaced_and_never_doubled(cluster: Cluster) -> None:
    """The others take over from the moment on when the lost one certainly stopped; when it is back it stays out."""
    before = cluster.searches()
    cluster.begin(SCENARIO % 9, on_worker_loss="redistribute")
    cluster.reported(1)
    lost = cluster.workers[2]
    cluster.network.cut(2, lost.pid)
    assert cluster.master is not None
    wait_for(cluster.master, "the loss", lambda: cluster.run().trials[0].losses or None, 30)
    cluster.network.join(2, lost.pid)
    run = cluster.finished()
    offered_once(run, cluster.searches() - before)
    loss = the_loss(run)
    assert loss.until_s is not None
    answered: Counter[int] = Counter()
    for second in run.trials[0].timeline.seconds:
        answered[second.t] += second.outcomes[OK]
    planned: Counter[int] = Counter()
    for (t, _), count in planned_by_second(run.scenario).items():
        planned[t] += count
    whole = [t for t in planned if t > loss.until_s]
    assert whole
    assert {t: answered[t] for t in whole} == {t: planned[t] for t in whole}
    assert lost.wait(30) == 1, lost.tail()


def test_workers_stop_when_the_master_is_killed(cluster: Cluster) -> None:
    """Nobody goes on loading a target whose keeper is gone; what was kept reads up to the last full second."""
    cluster.begin(SCENARIO % 60)
    cluster.reported(2)
    assert cluster.master is not None
    os.kill(cluster.master.pid, signal.SIGKILL)
    for child in cluster.workers.values():
        assert child.wait(30) == 1, child.tail()
    run = cluster.run()
    assert run.trials[0].record.status is TrialStatus.RUNNING
    assert run.trials[0].record.started_unix is not None
    expected, offered = planned_by_second(run.scenario), offered_by_second(run)
    assert all(offered[key] == expected[key] for key in expected if key[0] < 1)
