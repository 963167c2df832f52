"""What a report says of the load that was offered: shapes, closed users, replays, sessions, events."""

from __future__ import annotations

import io
import json
import math

import pytest
from rich.console import Console

from loadtests.lines import LineWriter
from loadtests.run import SECONDS_FILE, read_run
from loadtests.sample import OK
from loadtests.second import Second
from reports.assembling import report_of
from reports.chart import PlanKept
from reports.findings import find
from reports.measure import Measure, read
from reports.plan_sketch import renderable
from reports.renderers import make_renderer
from scenarios.access_log import AccessLog
from scenarios.indicator import BUILT_IN
from scenarios.reading import parse_scenario
from scenarios.replay import Replay, Survey
from scenarios.writing import load_facts
from tests.reports.synthetic import Recipe, scenario_from

SHAPED = """
name: shaped
baseline: 100/s
stages:
  - {name: warm-up, multiplier: 1, duration: 2s, kind: warmup}
  - {name: ramp, multiplier: 4, duration: 6s, shape: {kind: ramp, from: 1x}}
  - {name: peak, multiplier: 1, duration: 4s, shape: {kind: spike, to: 8x, length: 2s}}
objectives:
  - {indicator: latency, criteria: ["p(90)<100ms"], key: true}
"""

CLOSED = """
name: closed
closed: {users: 10, think_time: 100ms}
stages:
  - {name: few, multiplier: 1, duration: 6s}
  - {name: many, users: 30, duration: 6s}
objectives:
  - {indicator: latency, criteria: ["p(95)<100ms"], key: true}
"""

STEPS = """
name: steps
baseline: 100/s
target:
  kind: http
  url: http://127.0.0.1:1
  requests: [{name: search, path: /}, {name: chat, path: /c, stream: true}]
workload: {sessions: [{name: visit, steps: [search, chat]}]}
stages: [{name: 1x, multiplier: 1, duration: 6s}]
objectives:
  - {indicator: latency, criteria: ["p(50)<100ms"]}
  - {indicator: first_event, criteria: ["p(50)<20ms"]}
  - {indicator: event_gap, criteria: ["p(50)<20ms"]}
  - {indicator: waiting, criteria: ["p(50)<1s"]}
  - {indicator: latency, criteria: ["p(50)<3s"], operation: visit}
"""


def report(tmp_path, text):
    return report_of(Recipe(scenario=parse_scenario(text, "x.yaml")).write(tmp_path / "run"))


def printed(scenario):
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(renderable(scenario))
    return console.export_text()


def test_a_shaped_plan_is_drawn_against_what_was_sent(tmp_path):
    """The planned curve comes from the scenario: the ramp's integral by hand, 100/s to 400/s in six seconds."""
    chart = next(its for its in report(tmp_path, SHAPED).charts if isinstance(its.drawing, PlanKept))
    assert isinstance(chart.drawing, PlanKept)
    planned = dict(chart.drawing.planned)
    assert [planned[t] for t in (0.0, 2.0, 7.0, 8.0, 9.0, 11.0)] == pytest.approx([100, 125, 375, 100, 800, 100])
    assert sum(planned.values()) == pytest.approx(200 + 1500 + 1800)
    assert "3\u202f500 requests a trial" in chart.caption
    page = make_renderer("html").render(report(tmp_path, SHAPED))
    assert "Planned against achieved" in page


def test_a_constant_plan_needs_no_such_figure(report_before_after):
    """There the dotted line of the second-by-second figure says it all."""
    assert not any(isinstance(its.drawing, PlanKept) for its in report_before_after.charts)


def test_a_promise_kept_in_a_shaped_stage_is_kept_at_its_mean_rate(tmp_path):
    """What is claimed is what was sustained: 450/s on average, not the spike's 800/s; the headline names the stage."""
    made = report(tmp_path, SHAPED)
    assert "peak (1\N{EN DASH}8x)" in made.headline[0]
    assert json.loads(make_renderer("json").render(made))["variants"][0]["kept_up_to_per_s"] == pytest.approx(450)


def test_a_closed_load_is_labelled_wherever_it_is_seen(tmp_path):
    """In the plan, on the page, in the summary for people and in the one for programs."""
    made = report(tmp_path, CLOSED)
    assert made.remarks[0].text.startswith("Closed load: each user waits for a reply")
    assert "1x = 10 users in a closed load" in made.meta
    for kind in ("html", "markdown"):
        assert "Closed load: each user waits" in make_renderer(kind).render(made)
    summary = json.loads(make_renderer("json").render(made))
    load = summary["run"]["load"]
    assert (load["model"], load["open_loop"], load["baseline_users"], load["baseline_per_s"]) == (
        "closed",
        False,
        10,
        None,
    )
    assert (summary["variants"][0]["kept_up_to_users"], summary["variants"][0]["kept_up_to_per_s"]) == (30, None)
    plan = printed(made.findings.run.scenario)
    assert "closed: a slow service is asked less" in plan
    assert "30 users" in plan
    assert "as replies come" in plan


def test_an_open_load_says_so(report_before_after):
    """A program can tell which latencies are those of open traffic."""
    load = json.loads(make_renderer("json").render(report_before_after))["run"]["load"]
    assert (load["model"], load["open_loop"], load["baseline_per_s"]) == ("open", True, 100.0)


def test_a_measured_baseline_says_where_from(tmp_path):
    """On the page, in the plan and in the summary; what was met in the log is told."""
    found = {
        "access_log": "/var/log/prod.log",
        "window_s": 1.0,
        "quantile": 0.99,
        "notes": ["3 of 9 lines are malformed"],
    }
    scenario = scenario_from(read_from=found)
    made = report_of(Recipe(scenario=scenario).write(tmp_path / "run"))
    assert any("quantile 0.99 of prod.log in windows of 1" in its for its in made.meta)
    assert "Access log: 3 of 9 lines are malformed." in made.notes
    assert "access log: 3 of 9 lines are malformed" in printed(scenario)
    assert json.loads(make_renderer("json").render(made))["run"]["load"]["baseline_read_from"]["quantile"] == 0.99
    asked = scenario_from(read_from={"promql": "x", "read_utc": "2026-03-01T12:00:00+00:00"})
    assert "from Prometheus at 2026-03-01T12:00:00+00:00" in printed(asked)


def test_a_replay_is_drawn_as_it_was_recorded(tmp_path):
    """Ten in the first second, none in the second, thirty in the third; at 2x twice of it."""
    text = SHAPED.replace(", shape: {kind: ramp, from: 1x}", "").replace(
        ", shape: {kind: spike, to: 8x, length: 2s}", ""
    )
    scenario = parse_scenario(text, "x.yaml")
    survey = Survey(0.0, (10, 0, 30, *[20] * 9), notes=("1 left out for method POST",))
    replayed = Replay(AccessLog(tmp_path / "prod.log"), survey=survey)
    made = report_of(
        Recipe(scenario=scenario_from(text, replay=replayed, baseline_rate_per_s=18.3, stages=scenario.stages)).write(
            tmp_path / "run"
        )
    )
    chart = next(its.drawing for its in made.charts if isinstance(its.drawing, PlanKept))
    assert [value for _, value in chart.planned][:4] == [10.0, 0.0, 120.0, 80.0]
    assert any("replayed from prod.log" in its for its in made.meta)
    assert "Access log: 1 left out for method POST." in made.notes


def with_extras(tmp_path):
    """A run with sessions and streams in it: 60 visits of 1.5 s of which 0.4 s waiting, 200 streams, 5 failed."""
    run = Recipe(scenario=parse_scenario(STEPS, "x.yaml")).write(tmp_path / "run")
    session, extra = Second(2, "1x", "visit"), Second(2, "1x", "chat")
    for number in range(60):
        session.planned += 1
        good = number < 55
        session.outcomes[OK if good else "http_503"] += 1
        side = session.ok if good else session.failed
        side["latency"].add(1.5)
        side["waiting"].add(0.4)
    for _ in range(200):
        extra.ok["first_event"].add(0.012)
        extra.ok["event_gap"].add(0.005)
    with LineWriter(run.folder / SECONDS_FILE) as lines:
        lines.write(
            {"kind": "session", "trial": 1, **session.to_json()}, {"kind": "second", "trial": 1, **extra.to_json()}
        )
    return read_run(run.folder)


def test_sessions_are_reported_apart_from_requests(tmp_path):
    """Their duration, their waiting and their failures, in promises and in a table; no session counts as a request."""
    run = with_extras(tmp_path)
    plain = Recipe(scenario=parse_scenario(STEPS, "x.yaml")).write(tmp_path / "plain")
    assert run.trials[0].timeline.stage("1x").planned == plain.trials[0].timeline.stage("1x").planned
    made = report_of(run)
    verdicts = {(its.objective.indicator.name, its.operation): its for its in made.findings.verdicts}
    assert verdicts["waiting", "visit"].value.value == pytest.approx(0.4, rel=0.01)
    assert verdicts["latency", "visit"].value.value == pytest.approx(1.5, rel=0.01)
    assert {operation for name, operation in verdicts if name == "latency"} == {"search", "chat", "visit"}
    (table,) = [its for its in made.tables if its.title == "Sessions"]
    assert table.rows[0][:4] == ("visit", "service", "1x", "60")
    assert table.rows[0][-1].startswith("8.3")


def test_events_are_judged_of_those_who_have_them(tmp_path):
    """`first_event` speaks of the streaming request only; a good reply without a gap is none the slower for it."""
    found = find(with_extras(tmp_path))
    assert [its.operation for its in found.verdicts if its.objective.indicator.name == "first_event"] == ["chat"]
    value = found.ledger.estimate(Measure(BUILT_IN["first_event"], "p", 50.0), "service", "1x", "chat")
    assert value.value == pytest.approx(0.012, rel=0.01)
    silent = read(Measure(BUILT_IN["first_event"], "p", 50.0), found.ledger.of("service", "1x", "search"))
    assert math.isnan(silent.value)
    assert silent.note == "no reply came as events"


def test_runs_of_different_loads_are_not_alike():
    """Shape, users, sessions, never-seen share and requests are facts that two runs must share."""
    facts = load_facts(parse_scenario(STEPS, "x.yaml"))
    for before, after in (
        ("path: /c", "path: /d"),
        ("steps: [search, chat]", "steps: [search, {operation: chat, think_time: 1s}]"),
        ("workload: {", "workload: {queries: {never_seen: 10%}, "),
        ("workload: {", "workload: {callers: {users: 5}, "),
        ("duration: 6s", "duration: 6s, shape: {kind: ramp}"),
    ):
        assert load_facts(parse_scenario(STEPS.replace(before, after), "x.yaml")) != facts
