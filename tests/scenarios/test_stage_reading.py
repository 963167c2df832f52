"""The `shape` of a stage as it is written: levels in three units, defaults, and every mistake."""

from __future__ import annotations

import pytest

from scenarios.mistake import ScenarioError
from scenarios.reading import parse_scenario
from scenarios.shape import Bursts, Ramp, Sine, Spike, Steps
from scenarios.writing import load_facts, scenario_yaml

FILE = """
name: shaped
baseline: 40/s
stages:
  - {name: s, multiplier: 2, duration: 30s, shape: SHAPE}
"""


def read(shape):
    return parse_scenario(FILE.replace("SHAPE", shape), "file.yaml")


def told(shape):
    with pytest.raises(ScenarioError) as caught:
        read(shape)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "shape"),
    [
        ("{kind: ramp}", Ramp(0.0)),
        ("{kind: ramp, from: 1}", Ramp(0.5)),
        ("{kind: ramp, from: 1x}", Ramp(0.5)),
        ("{kind: ramp, from: 160/s}", Ramp(2.0)),
        ("{kind: ramp, from: 30%}", Ramp(0.3)),
        ("{kind: steps, from: 0.5x, count: 3}", Steps(0.25, 3)),
        ("{kind: spike, to: 10x, length: 4s}", Spike(5.0, 13.0, 4.0)),
        ("{kind: spike, to: 10x, length: 4s, at: 0s, rise: 1s, fall: 500ms}", Spike(5.0, 0.0, 4.0, 1.0, 0.5)),
        ("{kind: bursts, burst: 1s, pause: 2s}", Bursts(1.0, 2.0, 0.0)),
        ("{kind: bursts, burst: 1s, pause: 2s, low: 20/s}", Bursts(1.0, 2.0, 0.25)),
        ("{kind: sine, low: 0.6x}", Sine(0.3, 30.0)),
        ("{kind: sine, period: 1m}", Sine(0.0, 60.0)),
    ],
)
def test_a_shape_is_read_as_factors_of_the_stage(written, shape):
    """1x is 40/s and the stage's level is 2x: every level becomes a factor of 80/s."""
    assert read(written).stages[0].shapes == (shape,)


def test_several_shapes_multiply():
    """A list bends the level by each of its shapes in turn."""
    stage = read("[{kind: ramp, from: 50%}, {kind: bursts, burst: 1s, pause: 1s}]").stages[0]
    assert [shape.kind for shape in stage.shapes] == ["ramp", "bursts"]
    assert stage.rate_at(10.5) == pytest.approx(80 * (0.5 + 0.5 * 10.5 / 30))
    assert stage.rate_at(11.5) == 0.0


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("3", "line 5, stages[0].shape: input should be a valid list"),
        ("{kind: triangle}", "'triangle' is not known here (known: bursts, ramp, sine, spike, steps)"),
        ("{from: 1x}", "the key 'kind' is missing (known: ramp, steps, spike, bursts, sine)"),
        ("{kind: ramp, form: 1x}", "unknown key 'form' (did you mean from? known: from, kind)"),
        ("{kind: ramp, from: 3 parsec}", "stages[0].shape.from: '3 parsec' is not a level such as 3x"),
        ("{kind: ramp, from: -1}", "-1 is not a level such as 3x"),
        ("{kind: steps, from: 1x, count: 1}", "stages[0].shape.count: input should be greater than or equal to 2"),
        ("{kind: steps, from: 1x}", "the key 'count' is missing"),
        ("{kind: spike, to: 10x, length: 40s}", "does not fit into a stage of 30 s"),
        ("{kind: spike, to: 10x, length: 4s, at: 28s}", "a spike of 4 s that begins at 28 s does not fit"),
        ("{kind: spike, to: 10x, length: 0s}", "stages[0].shape.length: input should be greater than 0"),
        ("{kind: spike, length: 3s}", "the key 'to' is missing"),
        ("{kind: bursts, burst: 10us, pause: 10us}", "more than 100000 corners in one stage"),
        ("{kind: bursts, burst: 1s}", "the key 'pause' is missing"),
        ("{kind: bursts, burst: soon, pause: 1s}", "'soon' is not a duration such as 30s"),
        ("{kind: sine, period: 1us}", "more than 100000 corners"),
        ("[{kind: ramp}, {kind: spike, to: 10x, length: 40s}]", "stages[0].shape[1]: a spike of 40 s"),
        ("[{kind: ramp}, {kind: sine, low: x}]", "stages[0].shape[1].low: 'x' is not a level"),
        ("[" + ", ".join(["{kind: ramp}"] * 8) + "]", "should have at most 7 items"),
        ("{kind: spike, to: 0x, at: 0s, length: 30s}", "nothing is left of the stage's load (raise the lowest level)"),
    ],
)
def test_each_mistake_in_a_shape_has_its_words(written, said):
    """Wrong kind, key, value, or a shape that does not fit: told with line, place and what is known."""
    assert said in told(written)
    assert "line 5, stages[0].shape" in told(written)


def test_all_mistakes_of_several_shapes_are_told_at_once():
    """One look at the file mends all of it."""
    text = told("[{kind: ramp, from: x}, {kind: spike}, {kind: hill}]")
    for said in ("'x' is not a level", "the key 'to' is missing", "the key 'length' is missing", "'hill' is not known"):
        assert said in text


@pytest.mark.parametrize(
    "written",
    [
        "{kind: ramp, from: 33.3333/s}",
        "{kind: steps, from: 7%, count: 7}",
        "{kind: spike, to: 3.3333x, length: 1.1s, rise: 0.7s}",
        "{kind: bursts, burst: 300ms, pause: 700ms, low: 12.34567%}",
        "[{kind: sine, low: 0.123456x, period: 7s}, {kind: ramp, from: 1e1/s}]",
    ],
)
def test_a_shaped_stage_reads_back_equal(written):
    """What a run writes down is what it offered, to the last digit; the facts of two shapes differ."""
    scenario = read(written)
    assert parse_scenario(scenario_yaml(scenario), "effective.yaml") == scenario
    assert load_facts(scenario) != load_facts(read("{kind: ramp, from: 34/s}"))
