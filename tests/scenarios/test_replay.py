"""Replay of an access log: timing kept, rate multiplied by splitting gaps, nothing asked twice unless allowed."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from scenarios.errors import HarnessError
from scenarios.mistake import ScenarioError
from scenarios.planning import arrivals_of, planned_per_second
from scenarios.reading import parse_scenario, read_scenario
from scenarios.surroundings import Surroundings
from scenarios.writing import load_facts, scenario_yaml

NOON = 1772366400.0

FILE = """
name: again
replay: {file: log.jsonl, format: json, MORE}
stages: STAGES
"""
STAGES = "[{name: 1x, multiplier: 1, duration: 20s}, {name: 5x, multiplier: 5, duration: 20s}]"


def log(tmp_path, rows):
    rows = [{"time": NOON + at, "path": path} for at, path in rows]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def scenario(tmp_path, more="repeat: false", stages=STAGES):
    path = tmp_path / "again.yaml"
    path.write_text(FILE.replace("MORE", more).replace("STAGES", stages))
    return read_scenario(path)


def bursty(length_s=60, distinct=True):
    """Two requests a second at random instants, and ten more in every tenth second."""
    rng = Random(4)
    times = sorted(
        [rng.random() * length_s for _ in range(2 * length_s)]
        + [ten * 10 + rng.random() for ten in range(length_s // 10) for _ in range(10)]
    )
    times[0] = 0.0
    return [(at, f"/search?q=word{n if distinct else n % 7}&page=1") for n, at in enumerate(times)]


def test_at_1x_every_request_is_due_when_it_was(tmp_path):
    """The recorded instants and paths, to the microsecond, shifted to the plan's second 0."""
    rows = bursty()
    log(tmp_path, rows)
    arrivals = list(arrivals_of(scenario(tmp_path, stages="[{name: 1x, multiplier: 1, duration: 40s}]"), 1))
    wanted = [(at, path) for at, path in rows if at < 40]
    assert [a.recorded.path for a in arrivals] == [path for _, path in wanted]
    assert [a.due_s for a in arrivals] == pytest.approx([at for at, _ in wanted], abs=1e-5)
    assert {a.stage for a in arrivals} == {"1x"}


@pytest.mark.parametrize("multiplier", [2, 5, 10])
def test_gaps_are_split_so_that_each_second_has_its_multiple(tmp_path, multiplier):
    """At 5x each gap between two requests holds four more, and a burst of ten becomes one of fifty."""
    rows = bursty()
    log(tmp_path, rows)
    stages = f"[{{name: x, multiplier: {multiplier}, duration: 40s}}]"
    arrivals = list(arrivals_of(scenario(tmp_path, "query: q", stages), 1))
    times = [at for at, _ in rows if at < 40]
    assert len(arrivals) == multiplier * len(times)
    assert all(a.due_s <= b.due_s for a, b in pairwise(arrivals))
    for before, after in pairwise(times):
        inside = sum(before + 1e-5 < a.due_s <= after + 1e-5 for a in arrivals)
        assert inside == multiplier
    burst = sum(30 <= a.due_s < 31 for a in arrivals)
    assert burst == pytest.approx(multiplier * sum(30 <= at < 31 for at in times), abs=2 * multiplier)


@pytest.mark.parametrize(("multiplier", "factor"), [(0.5, 0.5), (2.5, 2.5)])
def test_a_fraction_of_a_request_comes_by_chance(tmp_path, multiplier, factor):
    """Below 1x requests are left out; 2.5x adds one or two to each (binomial, four standard deviations)."""
    rows = [(n / 50, f"/search?q={n}") for n in range(2100)]
    log(tmp_path, rows)
    stages = f"[{{name: x, multiplier: {multiplier}, duration: 40s}}]"
    count = sum(1 for _ in arrivals_of(scenario(tmp_path, "query: q", stages), 1))
    assert abs(count - 2000 * factor) < 4 * (2000 * 0.25) ** 0.5


def test_extra_arrivals_take_the_rest_of_the_log_first(tmp_path):
    """By default what lies between asks for requests of the log that were not sent yet, each once."""
    log(tmp_path, bursty(400))
    arrivals = list(arrivals_of(scenario(tmp_path), 1))
    paths = Counter(a.recorded.path for a in arrivals)
    assert max(paths.values()) == 1
    later = {path for at, path in bursty(400) if at >= 40}
    assert sum(a.recorded.path in later for a in arrivals if a.stage == "5x") > 0.75 * sum(
        a.stage == "5x" for a in arrivals
    )


def test_extra_arrivals_never_ask_what_the_replayed_stretch_asks(tmp_path):
    """Not even what it asks later: a request that extra arrivals made hot would have been cold in production."""
    rng = Random(6)
    rows = sorted((rng.random() * 300, f"/search?q=word{int(rng.paretovariate(0.7)) % 400}") for _ in range(3000))
    log(tmp_path, [(0.0, "/search?q=first"), *rows])
    asked = scenario(tmp_path, "query: q", "[{name: 2x, multiplier: 2, duration: 40s}]")
    stretch = [path for at, path in rows if at < 40]
    extra = list((Counter(a.recorded.path for a in arrivals_of(asked, 1)) - Counter(stretch)).elements())
    extra.remove("/search?q=first")
    assert len(extra) == len(stretch) + 1
    assert len(set(extra)) == len(extra)
    assert not set(extra) & set(stretch)
    assert any(path in {later for _, later in rows} for path in extra)


def test_without_requests_left_queries_are_new(tmp_path):
    """A log that is used up goes on with recorded requests whose query nobody asked: never one from a cache."""
    log(tmp_path, bursty(41, distinct=False))
    arrivals = list(arrivals_of(scenario(tmp_path, "query: q"), 1, salt=9))
    recorded = {path for _, path in bursty(41, distinct=False)}
    extra = [a.recorded.path for a in arrivals if a.recorded.path not in recorded]
    assert len(extra) == len(set(extra)) > 100
    assert all(path.startswith("/search?q=") and path.endswith("&page=1") for path in extra)


def test_never_seen_extras_differ_from_run_to_run(tmp_path):
    """Another salt, as every run has one, or another trial gives other queries; the same gives the same plan."""
    log(tmp_path, bursty(41))
    asked = scenario(tmp_path, "extra: never_seen, query: q")

    def extras(salt, trial):
        plan = arrivals_of(asked, 1, salt=salt, trial=trial)
        return {a.recorded.path for a in plan if " word" in a.recorded.path or "word" not in a.recorded.path}

    assert extras(1, 1) == extras(1, 1)
    assert not extras(1, 1) & extras(1, 2)
    assert not extras(1, 1) & extras(2, 1)


def test_repeats_happen_only_when_allowed(tmp_path):
    """With `repeat: true` the extra arrivals ask what the log asked, as often as it did."""
    log(tmp_path, bursty(41, distinct=False))
    arrivals = list(arrivals_of(scenario(tmp_path, "repeat: true"), 1))
    assert {a.recorded.path for a in arrivals} == {path for _, path in bursty(41, distinct=False)}


def test_a_log_that_ends_begins_again_when_repeats_are_allowed(tmp_path):
    """A plan longer than the log: the log's own timing, over and over."""
    log(tmp_path, [(n / 2 + 0.01, f"/{n}") for n in range(20)])
    arrivals = list(arrivals_of(scenario(tmp_path, "repeat: true", "[{name: 1x, multiplier: 1, duration: 25s}]"), 1))
    assert [a.recorded.path for a in arrivals[:3]] == ["/0", "/1", "/2"]
    assert Counter(a.recorded.path for a in arrivals)["/0"] == 3
    assert arrivals[20].due_s == pytest.approx(10.0)


def test_whole_seconds_are_spread(tmp_path):
    """Nginx's own time knows whole seconds: requests of one second are spread over it, in the log's order."""
    path = tmp_path / "log.log"
    line = 'h - - [01/Mar/2026:12:00:{:02d} +0000] "GET /{} HTTP/1.1" 200 1\n'
    path.write_text("".join(line.format(n // 10, n) for n in range(100)))
    text = f"name: a\nreplay: {{file: {path}}}\nstages: [{{name: 1x, multiplier: 1, duration: 10s}}]\n"
    arrivals = list(arrivals_of(parse_scenario(text, str(path)), 1))
    assert [a.recorded.path for a in arrivals] == [f"/{n}" for n in range(100)]
    assert all(int(a.due_s) == n // 10 for n, a in enumerate(arrivals))
    assert len({round(a.due_s % 1, 6) for a in arrivals}) == 100


def test_operations_are_told_apart_by_patterns(tmp_path):
    """The first pattern that is found names the operation; requests without one are left out and counted."""
    log(tmp_path, [(n / 4, ("/search?q=1", "/doc/7", "/metrics")[n % 3]) for n in range(200)])
    more = "operations: [{name: search, match: ^GET /search}, {name: open, match: /doc/}]"
    asked = scenario(tmp_path, more, "[{name: 1x, multiplier: 1, duration: 40s}]")
    assert [its.name for its in asked.workload.operations] == ["search", "open"]
    arrivals = list(arrivals_of(asked, 1))
    assert {(a.operation, a.recorded.path) for a in arrivals} == {(0, "/search?q=1"), (1, "/doc/7")}
    assert "left out for no operation of the replay" in asked.replay.survey.notes[0]


def test_a_replay_begins_where_it_is_told(tmp_path):
    """`from` is a time of the log; second 0 of the plan stands for it."""
    log(tmp_path, bursty(100))
    asked = scenario(tmp_path, "query: q, from: '2026-03-01T12:00:30Z'")
    first = next(arrivals_of(asked, 1))
    wanted = next((at, path) for at, path in bursty(100) if at >= 30)
    assert (first.due_s, first.recorded.path) == (pytest.approx(wanted[0] - 30, abs=1e-5), wanted[1])


def test_workers_share_a_replay(tmp_path):
    """Every n-th arrival is a worker's; together they are the whole."""
    log(tmp_path, bursty())
    asked = scenario(tmp_path, "query: q")
    whole = list(arrivals_of(asked, 1))
    assert [list(arrivals_of(asked, 1, k, 3)) for k in range(3)] == [whole[k::3] for k in range(3)]


def test_the_planned_curve_comes_from_the_log(tmp_path):
    """Arrivals a second as recorded, times the stage's multiplier; the stage's rate is their mean."""
    rows = bursty()
    log(tmp_path, rows)
    asked = scenario(tmp_path, "query: q")
    recorded = Counter(int(at + 1e-6) for at, _ in rows)
    assert planned_per_second(asked) == tuple(recorded[s] * (1 if s < 20 else 5) for s in range(40))
    assert asked.stages[1].rate_per_s == pytest.approx(5 * sum(recorded[s] for s in range(20, 40)) / 20)


def test_a_replay_reads_back_equal_and_without_its_log(tmp_path):
    """The effective scenario keeps what the look through the log found, so that a report needs the folder alone."""
    log(tmp_path, bursty())
    asked = scenario(tmp_path, "query: q, operations: [{name: s, match: search}], from: '2026-03-01T12:00:01Z'")
    (tmp_path / "log.jsonl").unlink()
    again = parse_scenario(scenario_yaml(asked), "effective.yaml", Surroundings.of_a_run(tmp_path))
    assert again == asked
    assert "offer.replay.query" in load_facts(again)


@pytest.mark.parametrize(
    ("more", "stages", "said"),
    [
        ("form: 3", STAGES, "unknown key 'form' (did you mean format?"),
        ("from: noon", STAGES, "replay.from: 'noon' is not a time such as 2026-03-01T12:00:00Z"),
        ("extra: cached", STAGES, "'cached' is not known here (known: 'other' or 'never_seen')"),
        ("extra: never_seen", STAGES, "needs to know its query: replay.query is missing"),
        ("repeat: maybe", STAGES, "replay.repeat: input should be a valid boolean"),
        ("operations: []", STAGES, "replay.operations: list should have at least 1 item"),
        ("operations: [{name: a, match: '('}]", STAGES, "'(' is not a regular expression"),
        ("operations: [{name: a, match: x}, {name: a, match: y}]", STAGES, "'a' is there twice"),
        ("methods: [get]", STAGES, "replay.methods[0]: 'get' is not"),
        ("statuses: [600]", STAGES, "replay.statuses[0]: '600' is not"),
        ("file: other.log", STAGES, "written twice"),
        ("query: q", "[{name: a, rate: 3/s, duration: 1s}]", "stages[0].rate: rate does not go with replay"),
        ("query: q", "[{name: a, duration: 1s}]", "stages[0]: the key 'multiplier' is missing"),
        ("query: q", "[{name: a, multiplier: 1, duration: 1s, shape: {kind: ramp}}]", "shape does not go with replay"),
        ("query: q}\nbaseline: {rate: 3/s", STAGES, "with replay there is no other baseline: 1x is the log itself"),
        ("query: q}\nworkload: {operations: [{name: a}]", STAGES, "name operations in replay.operations"),
        ("query: q}\nworkload: {queries: {zipf: 2}", STAGES, "workload.queries: a replay takes them from its log"),
        ("query: q}\nclosed: {users: 3", STAGES, "a closed load replays nothing"),
    ],
)
def test_each_mistake_in_a_replay_has_its_words(tmp_path, more, stages, said):
    """Told with line and key, before the log is read."""
    log(tmp_path, bursty())
    with pytest.raises(ScenarioError) as caught:
        scenario(tmp_path, more, stages)
    assert said in str(caught.value)


def test_a_missing_log_is_a_mistake_of_the_file(tmp_path):
    """With the path that was looked at."""
    with pytest.raises(ScenarioError, match=r"line 3, replay\.file: there is no file .*log\.jsonl"):
        scenario(tmp_path)


@pytest.mark.parametrize(
    ("rows", "more", "said", "hint"),
    [
        (bursty(30), "query: q", "holds 30 s from the replay's start on, the stages need 40 s", "repeat: true"),
        (bursty(), "query: q, from: '2027-01-01T00:00:00Z'", "has no request from the replay's `from` on", "earlier"),
        (bursty(41), "repeat: false", "has 1 other requests for the 232 extra arrivals", "query"),
    ],
)
def test_a_log_that_is_not_enough_is_told_before_the_run(tmp_path, rows, more, said, hint):
    """Too short, begun too late, or with too few other requests for 5x: an error with the next step."""
    log(tmp_path, rows)
    with pytest.raises(HarnessError) as caught:
        scenario(tmp_path, more)
    assert said in caught.value.what
    assert hint in caught.value.hint
