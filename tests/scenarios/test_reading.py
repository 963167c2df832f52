"""From YAML to a scenario: good files, and every mistake of a bad one at once."""

from __future__ import annotations

import pytest

from scenarios.abort import Abort
from scenarios.errors import HarnessError
from scenarios.mistake import ScenarioError
from scenarios.reading import find, library_names, parse_scenario, read_scenario
from scenarios.stage import StageKind
from scenarios.writing import load_facts, scenario_yaml

SMALL = """
name: small
baseline: 50/s
stages:
  - {name: warm-up, multiplier: 1, duration: 2s, kind: warmup}
  - {name: 1x, multiplier: 1, duration: 10s}
  - {name: 5x, rate: 250/s, duration: 10s}
objectives:
  - {indicator: latency, criteria: ["p(95)<100ms", "p(95)<=+10%"]}
"""

WRONG = """
name: wrong
baseline: fast
trails: 3
stages:
  - {name: 1x, multiplier: 1, duration: 10s}
  - {name: 1x, duration: 3 parsec, kind: cooldown}
objectives:
  - {indicator: latncy, criteria: ["p(95)<100ms"]}
  - {indicator: latency, criteria: ["p(95)<100", "p(95)>1s"], stages: [20x]}
  - {indicator: errors, operation: suggest, criteria: [rate<1%], severity: fatal}
"""


def mistakes(text):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, "file.yaml")
    return caught.value


def test_a_small_file_becomes_a_scenario():
    """Rates follow from the baseline, defaults fill the rest, objectives judge every stage but warm-up."""
    scenario = parse_scenario(SMALL, "small.yaml")
    assert [stage.rate_per_s for stage in scenario.stages] == [50.0, 50.0, 250.0]
    assert [stage.multiplier for stage in scenario.stages] == [1.0, 1.0, 5.0]
    assert scenario.stages[0].kind is StageKind.WARMUP
    assert scenario.duration_s == pytest.approx(22.0)
    assert scenario.objectives[0].stages == ("1x", "5x")
    assert scenario.contender.name == "service"
    assert scenario.baseline is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (3, "'fast' is not a rate such as 100/s"),
        (4, "unknown key 'trails' (did you mean trials?"),
        (7, "'3 parsec' is not a duration"),
        (7, "'cooldown' is not known here"),
        (9, "unknown indicator 'latncy' (did you mean latency?"),
        (10, "bare number"),
        (10, "wrong side"),
        (10, "no judged stage '20x'"),
        (11, "'fatal' is not known here"),
    ],
)
def test_every_mistake_is_told_at_once_with_its_line(line, said):
    """One look at the message is enough to mend the whole file."""
    told = str(mistakes(WRONG))
    assert any(f"line {line}," in text or f"line {line}:" in text for text in told.splitlines() if said in text), told


def test_the_message_counts_the_mistakes_and_names_the_next_step():
    """Two lines frame the list: how many there are, and how to look again."""
    error = mistakes(WRONG)
    assert f"file.yaml: {len(error.mistakes)} mistakes" in str(error)
    assert "tenfold check file.yaml" in error.hint
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("name: small", "name: small\nname: again"), "written twice"),
        (("name: 5x", "name: 1x"), "'1x' is there twice"),
        (("rate: 250/s", "rate: 250/s, multiplier: 5"), "either multiplier or rate"),
        (("baseline: 50/s", "baseline: 0/s"), "greater than 0"),
        (("name: small", "name: '<script>'"), "is not a name"),
        (("baseline: 50/s", "baseline: 50/s\ntarget: {url: 'localhost:80'}"), "is not an address"),
        (("baseline: 50/s", "baseline: 50/s\nindicators: {latency: {promql: up, unit: s}}"), "built-in indicator"),
        (("kind: warmup", "kind: measure"), ""),
        (("baseline: 50/s", "baseline: [50"), "not YAML"),
    ],
)
def test_each_kind_of_mistake_has_its_words(change, said):
    """Mistakes between keys are found as well as those inside one."""
    text = SMALL.replace(*change)
    if said:
        assert said in str(mistakes(text))
    else:
        assert parse_scenario(text, "file.yaml").judged_stages == ("warm-up", "1x", "5x")


def test_a_service_of_its_own_address_has_one_variant():
    """A service that the harness does not start cannot be switched."""
    text = SMALL + "target: {url: 'http://127.0.0.1:80'}\nvariants: [{name: a}, {name: b}]\n"
    assert "cannot be switched" in str(mistakes(text))


FAULTY = "variants: [{name: whole}, {name: broken, faults: {latency: {fixed_ms: 5}, cache_off: true}}]\n"


def test_a_variant_may_be_broken_on_purpose():
    """Its faults are kept, written out again, and make it another setting."""
    scenario = parse_scenario(SMALL + FAULTY, "file.yaml")
    whole, broken = scenario.variants
    assert broken.faults == {"latency": {"fixed_ms": 5}, "cache_off": True}
    assert not whole.same_setting(broken)
    assert parse_scenario(scenario_yaml(scenario), "again.yaml").variants == scenario.variants


def test_a_service_of_its_own_address_is_not_broken():
    """The harness has no right to it, and no token."""
    text = SMALL + "target: {url: 'http://127.0.0.1:80'}\nvariants: [{name: a, faults: {cache_off: true}}]\n"
    assert "only the bundled service is broken" in str(mistakes(text))


def test_only_warm_up_is_nothing_to_judge():
    """A scenario of warm-up alone could only pass by measuring nothing."""
    text = "name: x\nbaseline: 1/s\nstages: [{name: w, multiplier: 1, duration: 1s, kind: warmup}]\n"
    assert "nothing is judged" in str(mistakes(text))


@pytest.mark.parametrize(
    "text", ["", "3", "- a\n- b\n", "name: x\n\tbaseline: 1\n", "a: &x [*x]", "[" * 3000, "a: !!python/none x"]
)
def test_what_is_no_mapping_is_a_mistake_not_a_crash(text):
    """Whatever is in the file, the answer is a list of mistakes."""
    assert mistakes(text).mistakes


@pytest.mark.parametrize("name", library_names())
def test_the_effective_scenario_reads_back_equal(name):
    """What a run writes down is the scenario it ran, defaults included."""
    scenario = read_scenario(find(name))
    assert parse_scenario(scenario_yaml(scenario), "effective.yaml") == scenario


def test_an_unknown_scenario_names_the_library():
    """The next step is a name that exists."""
    with pytest.raises(HarnessError) as caught:
        find("nonesuch")
    assert "demo" in caught.value.hint


def test_load_facts_differ_where_the_load_differs():
    """Runs are comparable when rate, stages, queries, seed and patience are the same; objectives may differ."""
    scenario = parse_scenario(SMALL, "a")
    other = parse_scenario(SMALL.replace("duration: 10s}", "duration: 12s}", 1).replace("100ms", "90ms"), "b")
    differing = {key for key, value in load_facts(scenario).items() if load_facts(other)[key] != value}
    assert differing == {"stages[1].duration_s"}


def test_an_objective_cannot_speak_of_a_split_indicator():
    """Parts of a whole are shown, not judged."""
    text = SMALL.replace(
        "objectives:",
        "indicators: {parts: {promql: x, unit: s, by: stage}}\nobjectives:\n"
        "  - {indicator: parts, criteria: [value<1s]}",
    )
    assert "split by 'stage'" in str(mistakes(text))


PEAK = """
name: peak
baseline: 50/s
stages:
  - {name: 1x, multiplier: 1, duration: 10s}
  - {name: 10x, multiplier: 10, duration: 10s}
  - {name: after, multiplier: 1, duration: 10s, kind: recovery}
objectives:
  - {indicator: latency, criteria: ["p(95)<100ms"]%s}
  - {indicator: recovery, criteria: [value<5s]}
"""


def test_recovery_is_asked_of_recovery_stages_only():
    """Without stages named, the promise speaks of those that follow a peak."""
    promises = parse_scenario(PEAK % "", "peak.yaml").objectives
    assert promises[0].stages == ("1x", "10x", "after")
    assert promises[1].stages == ("after",)


def test_an_abort_is_read_with_its_delay_and_window():
    """abort_on_fail alone looks at the whole stage at once; delay and window narrow it."""
    plain = parse_scenario(PEAK % ", abort_on_fail: true", "peak.yaml").objectives[0]
    assert plain.abort == Abort(0.0, None)
    keys = ", abort_on_fail: true, delay_abort_eval: 5s, abort_window: 3s"
    scenario = parse_scenario(PEAK % keys, "peak.yaml")
    assert scenario.objectives[0].abort == Abort(5.0, 3.0)
    assert scenario.objectives[1].abort is None
    assert parse_scenario(scenario_yaml(scenario), "effective.yaml") == scenario


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('100ms"]}', '100ms"], abort_window: 3s}'), "abort_on_fail is not set"),
        (('100ms"]}', '100ms"], abort_on_fail: true, severity: warn}'), "a warning ends no run"),
        (('100ms"]}', '+10%"], abort_on_fail: true}'), "not known while the load runs"),
        (('100ms"]}', '100ms"], abort_on_fail: true, abort_window: 1s}'), "hold 500 requests at the most, and 600"),
        (('100ms"]}', '100ms"], abort_on_fail: true, abort_window: 100ms}'), "greater than or equal to 1"),
        (('100ms"]}', '100ms"], abort_on_fail: true, delay_abort_eval: -1}'), "greater than or equal to 0"),
        (("value<5s]", "value<5s], abort_on_fail: true"), "recovery is not known while the load runs"),
        (("value<5s", "value<=+2s"), "promised as a time, not a change"),
        (("value<5s", "p(95)<5s"), "knows value, not percentiles"),
        (("value<5s]", "value<5s], stages: [10x]"), "'10x' is not of kind recovery"),
        (("kind: recovery", "kind: measure"), "no stage is of kind recovery"),
        (("multiplier: 1, duration: 10s}", "multiplier: 2, duration: 10s}"), "no stage before 'after' has its rate"),
    ],
)
def test_what_could_never_abort_or_recover_is_a_mistake(change, said):
    """A key that would be silent for ever is told before the run."""
    text = PEAK % ""
    assert change[0] in text
    assert said in str(mistakes(text.replace(*change, 1)))
