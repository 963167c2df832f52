"""The doctor: what it finds, and what it makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtests.ceiling import Ceiling, keep_ceiling, known_ceiling, plan_warning, this_machine
from loadtests.doctor import clocks, machine, tools
from loadtests.doctor.stairs import document, first_reason, told
from loadtests.doctor.symptom import Grade
from scenarios.reading import find, parse_scenario, read_scenario


def test_it_looks_at_the_machine_and_gives_an_advice_for_each_finding(tmp_path):
    """Whatever is not good comes with the next step."""
    found = [*machine.examine(tmp_path / "runs"), *tools.examine()]
    assert {"processors", "priority", "memory", "disk", "open files", "prometheus"} <= {its.about for its in found}
    assert all(its.found for its in found)
    assert all(its.advice for its in found if its.grade is not Grade.GOOD)


@pytest.mark.parametrize(
    ("late_ms", "grade"), [(0.1, Grade.GOOD), (2.0, Grade.NOTE), (8.0, Grade.BAD)], ids=["good", "rough", "unfit"]
)
def test_late_timers_are_graded_by_what_they_spoil(late_ms, grade):
    """5 ms is the limit of a run's own start lateness: beyond it every run would be invalid."""
    moment = [0.0]

    def sleep(length_s):
        moment[0] += length_s + late_ms / 1000

    symptom = clocks.lateness_of(clocks.late_naps(sleep, lambda: moment[0]))
    assert symptom.grade is grade
    assert f"{late_ms:.2f} ms (p99)" in symptom.found


def test_a_missing_program_is_said_with_what_is_off_without_it(monkeypatch):
    """No Prometheus: a note, and how to get it."""
    monkeypatch.setenv("PATH", "/nonexistent")
    found = {its.about: its for its in tools.examine()}
    assert found["prometheus"].grade is Grade.NOTE
    assert found["prometheus"].advice == "apt-get install prometheus"


def test_the_climb_ends_at_the_first_step_that_was_not_in_time():
    """Later steps do not count, even when they look well again."""
    scenario = parse_scenario(document("http://127.0.0.1:1", (1000, 2000, 4000), 2), "doctor")

    class Run:
        pass

    run = Run()
    run.scenario = scenario
    late = {"2000": "trial 1: start lateness p99 9 ms; 2 further checks"}
    found = told(run, lambda _run, _variant, stage: late.get(stage, ""), (1000, 2000, 4000))
    assert (found.rate_per_s, found.next_per_s, found.why) == (1000, 2000, "start lateness p99 9 ms")
    assert told(run, lambda *_: "", (1000, 2000, 4000)).rate_per_s == 4000
    assert first_reason("trial 1: late; more") == "late"


def test_a_kept_ceiling_belongs_to_this_machine_and_these_versions(tmp_path):
    """Another machine's number would mislead."""
    environ = {"TENFOLD_CACHE_DIR": str(tmp_path)}
    assert known_ceiling(environ) is None
    ceiling = Ceiling(8000, 12_000, "late", this_machine())
    keep_ceiling(ceiling, environ)
    assert known_ceiling(environ) == ceiling
    keep_ceiling(replace(ceiling, machine={"host": "elsewhere"}), environ)
    assert known_ceiling(environ) is None
    (tmp_path / "ceiling.json").write_text("{broken")
    assert known_ceiling(environ) is None


def test_a_plan_above_seven_tenths_of_the_ceiling_is_warned_about():
    """The demo's peak is 1000/s."""
    scenario = read_scenario(find("demo"))
    assert plan_warning(scenario, 1, Ceiling(2000, None, "", {})) == ""
    assert "80%" in plan_warning(scenario, 1, Ceiling(1250, None, "", {}))
    assert plan_warning(scenario, 2, Ceiling(1250, None, "", {})) == ""
    assert plan_warning(scenario, 1, None) == ""
