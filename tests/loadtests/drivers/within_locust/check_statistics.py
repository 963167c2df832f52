"""Locust's own numbers, counted by the batch, against Locust counting the same requests one by one."""

from __future__ import annotations

import numpy as np
import pytest
from locust import stats as locust_stats
from locust.env import Environment

from loadtests.drivers.statistics import Statistics
from loadtests.recorder import Recorder
from loadtests.sample import OK

OUTCOMES = (OK, "http_503", "timeout")
COUNTED = ("num_requests", "num_failures", "max_response_time", "min_response_time", "total_content_length")


@pytest.fixture
def environments():
    """Two Locust processes' worth of statistics; runners are ended."""
    made = [Environment(), Environment()]
    runners = [its.create_local_runner() for its in made]
    yield made
    for runner in runners:
        runner.quit()


def requests(recorder, count=3000):
    """Rows of finished requests with latencies from microseconds to minutes."""
    rng = np.random.default_rng(3)
    due_s = np.sort(rng.uniform(0, 2, count))
    kinds = rng.integers(0, len(recorder.kinds), count)
    codes = np.array([recorder.codes[name] for name in rng.choice(OUTCOMES, count, p=(0.9, 0.06, 0.04))])
    finished_s = due_s + rng.lognormal(-3, 2.5, count)
    return np.column_stack((kinds, due_s, codes, due_s, finished_s, finished_s, rng.integers(0, 9000, count)))


def table(stats):
    entries = {"total": stats.total, **{f"{method} {name}": its for (name, method), its in stats.entries.items()}}
    return {
        name: (*(getattr(its, key) for key in COUNTED), dict(its.response_times), its.avg_response_time)
        for name, its in entries.items()
    }


def errors(stats):
    return sorted((its.method, its.name, repr(its.error), its.occurrences) for its in stats.errors.values())


def fire_each(environment, rows, recorder, methods):
    for kind, due_s, code, _, _, finished_s, size in rows.tolist():
        _, operation = recorder.kinds[int(kind)]
        environment.events.request.fire(
            request_type=methods[int(kind) % len(methods)],
            name=operation,
            response_time=(finished_s - due_s) * 1000,
            response_length=int(size),
            exception=RuntimeError(recorder.outcomes[int(code)]) if code else None,
            context={},
        )


def test_batches_count_as_locust_does_one_by_one(environments):
    """Requests, failures, bytes, times, percentiles' buckets and errors, in each row and in total."""
    batched, single = environments
    methods = ["POST", "GET"]
    recorder = Recorder(("1x", "2x"), ("search", "open"))
    rows = requests(recorder)
    statistics = Statistics(batched, methods)
    for start in range(0, len(rows), 1000):
        statistics.count(rows[start : start + 1000], recorder)
    fire_each(single, rows, recorder, methods)
    mine, theirs = table(batched.stats), table(single.stats)
    assert mine.keys() == theirs.keys()
    for name, counted in theirs.items():
        assert mine[name][:-1] == counted[:-1], name
        assert mine[name][-1] == pytest.approx(counted[-1])
    assert errors(batched.stats) == errors(single.stats)
    assert sum(batched.stats.total.num_reqs_per_sec.values()) == len(rows)
    for share in (0.5, 0.95):
        percentiles = [its.stats.total.get_response_time_percentile(share) for its in environments]
        assert percentiles[0] == percentiles[1]


def test_another_listener_gets_each_request(environments):
    """A plug-in is told of every single request, as Locust promises; and nothing is counted twice."""
    environment, _ = environments
    heard = []
    environment.events.request.add_listener(lambda **facts: heard.append(facts))
    recorder = Recorder(("1x",), ("search",))
    rows = requests(recorder, 200)
    Statistics(environment, ["POST"]).count(rows, recorder)
    assert len(heard) == environment.stats.total.num_requests == 200
    assert [its["response_time"] for its in heard] == pytest.approx(((rows[:, 5] - rows[:, 1]) * 1000).tolist())
    assert {its["name"] for its in heard} == {"search"}
    assert {its["context"]["stage"] for its in heard} == {"1x"}
    failed = sum(its["exception"] is not None for its in heard)
    assert failed == environment.stats.total.num_failures == np.count_nonzero(rows[:, 2])


def test_a_rounding_of_ones_own_is_kept_to(environments, monkeypatch):
    """Locust lets a locustfile replace its rounding of response times."""
    environment, _ = environments
    monkeypatch.setattr(locust_stats, "bucket_response_time", lambda response_time: int(response_time // 7) * 7)
    recorder = Recorder(("1x",), ("search",))
    Statistics(environment, ["POST"]).count(requests(recorder, 100), recorder)
    assert all(key % 7 == 0 for key in environment.stats.total.response_times)
