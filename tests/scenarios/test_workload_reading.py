"""The written workload: weights, sessions, data files, callers, closed users; and every mistake in them."""

from __future__ import annotations

import pytest

from scenarios.mistake import ScenarioError
from scenarios.reading import parse_scenario
from scenarios.surroundings import Surroundings
from scenarios.think_time import ThinkLaw, ThinkTime
from scenarios.writing import load_facts, scenario_yaml

FILE = """
name: asked
baseline: 40/s
target: {url: 'http://127.0.0.1:1'}
workload: WORKLOAD
stages:
  - {name: s, multiplier: 2, duration: 30s}
"""
SESSION = "{operations: [{name: search}, {name: open}], sessions: [{name: visit, weight: 2, steps: STEPS}]}"


@pytest.fixture
def read(tmp_path):
    (tmp_path / "rows.csv").write_text("query,document_id\nred shoes,d1\nblue shoes,d2\n")
    (tmp_path / "plain.csv").write_text("word\nred\n")
    (tmp_path / "ragged.csv").write_text("query,document_id\nred\n")
    (tmp_path / "bad.jsonl").write_text('{"query": "a"}\n{"qury": "b"}\n')
    (tmp_path / "empty.csv").write_text("query\n")
    return lambda workload: parse_scenario(FILE.replace("WORKLOAD", workload), str(tmp_path / "file.yaml"))


def test_what_is_not_written_has_its_default(read):
    """One operation, 2 000 queries from the target's documents, no sessions, nobody in particular."""
    workload = read("{}").workload
    assert [(its.name, its.weight) for its in workload.operations] == [("search", 1.0)]
    assert (workload.queries.distinct, workload.queries.never_seen, workload.queries.file) == (2000, 0.0, None)
    assert (workload.sessions, workload.callers.users) == ((), 0)


def test_a_step_has_no_weight_of_its_own_unless_written(read):
    """What comes as a step of a session is not drawn alone; `weight` says otherwise."""
    workload = read(SESSION.replace("STEPS", "[{operation: open, think_time: 3s}]")).workload
    assert [(its.name, its.weight) for its in workload.operations] == [("search", 1.0), ("open", 0.0)]
    workload = read(SESSION.replace("{name: open}", "{name: open, weight: 3}").replace("STEPS", "[open]")).workload
    assert workload.weights == (1.0, 3.0, 2.0)


@pytest.mark.parametrize(
    ("written", "think"),
    [
        ("2s", ThinkTime(ThinkLaw.CONSTANT, 2.0)),
        ("{constant: 250ms}", ThinkTime(ThinkLaw.CONSTANT, 0.25)),
        ("{exponential: 2s}", ThinkTime(ThinkLaw.EXPONENTIAL, 2.0)),
        ("{uniform: [1s, 3s]}", ThinkTime(ThinkLaw.UNIFORM, 1.0, 3.0)),
        ("{lognormal: {median: 5s, p95: 1m}}", ThinkTime(ThinkLaw.LOGNORMAL, 5.0, 60.0)),
    ],
)
def test_a_pause_is_a_number_or_a_distribution(read, written, think):
    """Every distribution, in a step of a session; it reads back equal."""
    scenario = read(SESSION.replace("STEPS", f"[search, {{operation: open, think_time: {written}}}]"))
    assert [(its.operation, its.think_time) for its in scenario.workload.sessions[0].steps][1] == (1, think)
    assert parse_scenario(scenario_yaml(scenario), "effective.yaml") == scenario


def test_a_data_file_gives_as_many_queries_as_it_has_rows(read, tmp_path):
    """`distinct` may be left out; the path is relative to the scenario, and absolute in what a run writes down."""
    scenario = read("{queries: {file: rows.csv, never_seen: 20%}}")
    assert (scenario.workload.queries.distinct, scenario.workload.queries.never_seen) == (2, 0.2)
    assert scenario.workload.queries.file == str(tmp_path / "rows.csv")
    (tmp_path / "rows.csv").unlink()
    again = parse_scenario(scenario_yaml(scenario), "effective.yaml", Surroundings.of_a_run(tmp_path))
    assert again == scenario
    assert load_facts(again)["queries.never_seen"] == 0.2


def test_callers_are_told_to_the_target(read):
    """Users by Zipf's law, priorities by weight, and the headers that carry them."""
    callers = read(
        "{callers: {users: 100, zipf: 0.8, priorities: {high: 1, low: 9}, user_header: X-Tenant}}"
    ).workload.callers
    assert (callers.users, callers.zipf_exponent, dict(callers.priorities)) == (100, 0.8, {"high": 1.0, "low": 9.0})
    assert (callers.user_header, callers.priority_header) == ("X-Tenant", "X-Priority")


@pytest.mark.parametrize(
    ("workload", "said"),
    [
        ("{operations: []}", "workload.operations: list should have at least 1 item"),
        (
            "{operations: [{name: a, weight: -1}]}",
            "workload.operations[0].weight: input should be greater",
        ),
        ("{operations: [{name: a, weight: .inf}]}", "weight: input should be a finite number"),
        ("{operations: [{name: a, weight: 0}]}", "line 5, workload: every weight is 0, so nothing is asked"),
        ("{operations: [{name: a}, {name: a}]}", "workload.operations[1].name: 'a' is there twice"),
        ("{sessions: [{name: search, steps: [search]}]}", "'search' is an operation already"),
        ("{sessions: [{name: v, steps: []}]}", "workload.sessions[0].steps: list should have at least 1 item"),
        ("{sessions: [{name: v, steps: [serch]}]}", "unknown operation 'serch' (did you mean search? known: search)"),
        ("{sessions: [{name: v, weight: 0, steps: [search]}]}", "weight: input should be greater than 0"),
        (
            "{sessions: [{name: v, steps: [search]}, {name: v, steps: [search]}]}",
            "sessions[1].name: 'v' is there twice",
        ),
        ("{sessions: [{name: v, steps: [3]}]}", "workload.sessions[0].steps[0]: a mapping is needed here, got 3"),
        (SESSION.replace("STEPS", "[{operation: open, think_time: {}}]"), "give one of constant, exponential, uniform"),
        (SESSION.replace("STEPS", "[{operation: open, think_time: soon}]"), "think_time: 'soon' is not a duration"),
        (
            SESSION.replace("STEPS", "[{operation: open, think_time: {uniform: [3s, 1s]}}]"),
            "pause 1 s is shorter",
        ),
        (SESSION.replace("STEPS", "[{operation: open, think_time: {uniform: [3s]}}]"), "should have at least 2 items"),
        (
            SESSION.replace("STEPS", "[{operation: open, think_time: {lognormal: {median: 2s, p95: 1s}}}]"),
            "a median above",
        ),
        (SESSION.replace("STEPS", "[{operation: open, think_time: {gamma: 2s}}]"), "unknown key 'gamma'"),
        ("{queries: {never_seen: 120%}}", "workload.queries.never_seen: '120%' is not a share between 0 and 100 %"),
        ("{queries: {never_seen: many}}", "'many' is not a share such as 20% or 0.2"),
        ("{queries: {zipf: -1}}", "workload.queries.zipf: input should be greater than or equal to 0"),
        ("{queries: {distinct: 0}}", "workload.queries.distinct: input should be greater than or equal to 1"),
        ("{queries: {file: none.csv}}", "workload.queries.file: there is no file"),
        ("{queries: {file: plain.csv}}", "the file has no column 'query' (known: word)"),
        ("{queries: {file: ragged.csv}}", "line 2 has not as many fields as the heading (quote fields"),
        ("{queries: {file: bad.jsonl}}", "line 2 has no 'query' (give each row every column)"),
        ("{queries: {file: empty.csv}}", "has no rows (give a CSV file with a heading and rows"),
        ("{queries: {file: rows.csv, distinct: 3}}", "workload.queries.distinct: the file has 2 rows, not 3"),
        ("{callers: {users: -1}}", "workload.callers.users: input should be greater than or equal to 0"),
        ("{callers: {priorities: {high: 0}}}", "input should be greater than 0"),
        ("{callers: {user_header: 'X User'}}", "workload.callers.user_header: 'X User' is not"),
    ],
)
def test_each_mistake_in_a_workload_has_its_words(read, workload, said):
    """Told with line and key, and what is known."""
    with pytest.raises(ScenarioError) as caught:
        read(workload)
    assert said in str(caught.value)
    assert "line 5" in str(caught.value)


CLOSED = "name: c\nclosed: CLOSED\nstages: STAGES\n"
TWO = "[{name: a, multiplier: 1, duration: 5s}, {name: b, users: 30, duration: 5s}]"


def closed(written, stages=TWO):
    return parse_scenario(CLOSED.replace("CLOSED", written).replace("STAGES", stages), "file.yaml")


def test_a_closed_load_counts_in_users():
    """1x is a number of users; what they ask at the most follows from their pause."""
    scenario = closed("{users: 10, think_time: {exponential: 2s}}")
    assert scenario.closed is not None
    assert [stage.users for stage in scenario.stages] == [10, 30]
    assert [stage.multiplier for stage in scenario.stages] == [1.0, 3.0]
    assert [stage.rate_per_s for stage in scenario.stages] == pytest.approx([5.0, 15.0])
    assert parse_scenario(scenario_yaml(scenario), "effective.yaml") == scenario
    assert load_facts(scenario)["stages[1].users"] == 30


@pytest.mark.parametrize(
    ("written", "stages", "said"),
    [
        ("{}", TWO, "line 2, closed: the key 'users' is missing"),
        ("{users: 0}", TWO, "closed.users: input should be greater than or equal to 1"),
        ("{users: 3, think: 1s}", TWO, "unknown key 'think' (did you mean think_time?"),
        (
            "{users: 3, think_time: {uniform: [2s, 1s]}}",
            TWO,
            "closed.think_time.uniform: the longest pause",
        ),
        ("{users: 3}", "[{name: a, duration: 5s}]", "stages[0]: give either multiplier or users, one of the two"),
        ("{users: 3}", "[{name: a, rate: 5/s, duration: 5s}]", "stages[0].rate: rate does not go with closed"),
        ("{users: 3}", "[{name: a, users: 3, duration: 5s, shape: {kind: ramp}}]", "shape does not go with closed"),
        ("{users: 3}\nbaseline: 3/s", TWO, "with closed there is no other baseline: 1x is closed.users"),
    ],
)
def test_each_mistake_in_a_closed_load_has_its_words(written, stages, said):
    """Told with line and key."""
    with pytest.raises(ScenarioError) as caught:
        closed(written, stages)
    assert said in str(caught.value)


def test_users_belong_to_a_closed_load():
    """In an open load a stage has a rate."""
    with pytest.raises(ScenarioError, match="users are those of a closed load"):
        parse_scenario("name: a\nbaseline: 1/s\nstages: [{name: a, users: 3, duration: 1s}]\n", "file.yaml")
