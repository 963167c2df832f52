"""Scenarios of the library that offer more than constant rates, shortened, by real Locust processes."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from loadtests.run import read_run
from loadtests.sample import OK
from loadtests.services.ports import several
from scenarios.planning import arrivals_of, planned_per_second
from scenarios.reading import LIBRARY, find, read_scenario
from tests.end_to_end.running import offered_by_second


def shortened(name, tmp_path, *lengths_s):
    """Write a scenario of the library with stages of other lengths, its files by their whole paths."""
    document = yaml.safe_load(find(name).read_text())
    for stage, length_s in zip(document["stages"], lengths_s, strict=True):
        stage["duration"] = length_s
    if "replay" in document:
        document["replay"]["file"] = str(LIBRARY / document["replay"]["file"])
    path = tmp_path / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_a_recorded_log_is_offered_as_planned(fake_service, locust, only_run, tmp_path):
    """What each second was sent is what the log recorded in it, times the stage's multiplier; by two workers."""
    path = shortened("replay", tmp_path, 1, 1, 1, 1, 1)
    done = locust("--host", fake_service().url, "--scenario", str(path), *several(2))
    assert done.returncode == 0, done.stderr
    run, scenario = only_run(), read_scenario(path)
    wanted = Counter((int(a.due_s), a.stage) for a in arrivals_of(scenario, scenario.seed))
    assert offered_by_second(run) == wanted
    assert run.trials[0].timeline.outcomes == {OK: wanted.total()}
    assert run.scenario.replay.survey == scenario.replay.survey
    assert wanted.total() == pytest.approx(sum(planned_per_second(scenario)), rel=0.02)


def test_sessions_are_walked_by_two_processes(fake_service, locust, only_run, tmp_path):
    """Search, open, refine: every session that began within the plan took its steps in order, and was counted once."""
    path = shortened("sessions", tmp_path, 1, 2, 2)
    text = path.read_text()
    for pause, shorter in (("exponential: 1s", "exponential: 20ms"), ("median: 2s", "median: 20ms"), ("6s", "60ms")):
        text = text.replace(pause, shorter)
    path.write_text(text)
    service = fake_service()
    done = locust("--host", service.url, "--scenario", str(path), *several(2))
    assert done.returncode == 0, done.stderr
    run = only_run()
    timeline = run.trials[0].timeline
    whole = {name: timeline.stage("4x", name).finished for name in ("search", "open")}
    visits = sum(second.outcomes[OK] for second in timeline.sessions)
    begun = Counter(a.session for a in arrivals_of(run.scenario, run.scenario.seed))
    assert set(timeline.outcomes) == {OK}
    assert whole["search"] >= whole["open"] > 0
    assert visits == sum(its.outcomes[OK] for its in timeline.seconds if its.operation == "refine")
    assert 0.7 * begun[0] < visits <= begun[0]
    assert sum(its.planned for its in timeline.seconds if its.operation == "search") == begun.total()


def test_closed_users_run_and_are_told_apart(fake_service, locust, only_run, tmp_path):
    """Four users, then eight, over two processes: nobody is lost, and the run says that it is closed."""
    path = tmp_path / "closed.yaml"
    path.write_text(
        "name: closed\nclosed: {users: 4, think_time: {exponential: 30ms}}\n"
        "target: {timeout: 1s, connections: 16}\nworkload: {queries: {distinct: 50, never_seen: 20%}}\n"
        "stages: [{name: few, multiplier: 1, duration: 2s}, {name: many, multiplier: 2, duration: 2s}]\n"
    )
    done = locust("--host", fake_service().url, "--scenario", str(path), *several(2))
    assert done.returncode == 0, done.stderr
    run = only_run()
    timeline = run.trials[0].timeline
    few, many = timeline.stage("few"), timeline.stage("many")
    assert set(timeline.outcomes) == {OK}
    assert (few.finished, many.finished) == (few.planned, many.planned)
    assert 1.3 < many.planned / few.planned < 3
    assert run.scenario.way == "closed"
    assert read_run(run.folder).scenario == run.scenario
