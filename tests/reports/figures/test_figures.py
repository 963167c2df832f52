"""Figures: for every shape of run, as an SVG that stands alone in its page and follows it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from reports.chart import (
    Back,
    Band,
    Breakdown,
    Chart,
    Distribution,
    GeneratorHealth,
    LatencyByStage,
    Limit,
    Ratios,
    SecondBySecond,
)
from reports.charting import charts
from reports.figures import draw
from reports.figures.axes import round_ticks
from reports.figures.theme import VARIABLES, colours
from tests.reports.hostile import CLOSING, CONTROL, SCRIPT


def parsed(svg):
    """A drawing as XML."""
    return ElementTree.fromstring(svg)


SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    """The words of a drawing, as a reader finds them."""
    return ["".join(element.itertext()) for element in parsed(svg).iter(f"{SVG}text")]


def test_every_chart_of_a_run_is_drawn(findings_before_after):
    """Six figures, each named for those who cannot see it, with text that can be found and a colour from the page."""
    drawn = {chart.name: draw(chart) for chart in charts(findings_before_after)}
    assert list(drawn) == [
        "latency-by-stage-1",
        "second-by-second",
        "distribution",
        "where-the-time-goes",
        "ratios",
        "generator-health",
    ]
    for chart in charts(findings_before_after):
        root = parsed(drawn[chart.name])
        assert (root.get("role"), root.get("aria-label")) == ("img", chart.alt)
        assert len(texts(drawn[chart.name])) > 4
        assert "var(--after)" in drawn[chart.name]
        assert not any(colour in drawn[chart.name] for colour in VARIABLES)
        assert not re.search(r"font-family|\bfont:|<metadata|width=\"\d+pt", drawn[chart.name])


def test_figures_in_one_page_share_no_id(findings_before_after):
    """A marker of one figure must not be taken from another, least of all from one that is hidden."""
    seen: set[str] = set()
    for chart in charts(findings_before_after):
        for narrow in (False, True):
            svg = draw(chart, narrow=narrow) if chart.wide or not narrow else "<svg/>"
            root = parsed(svg)
            own = {element.get("id") for element in root.iter() if element.get("id")}
            assert not own & seen
            seen |= own
            references = {element.get("href", "")[1:] for element in root.iter(f"{SVG}use")}
            references |= set(re.findall(r"url\(#([^)]+)\)", svg))
            assert references <= own


def test_the_same_numbers_give_the_same_bytes(findings_before_after):
    """No date, no random id: a report made again next year is equal."""
    for chart in charts(findings_before_after):
        assert draw(chart) == draw(chart)


def test_latency_by_stage_shows_what_was_promised_and_what_never_answered(findings_before_after):
    """The promise as a line with its words; infinite values on a shelf of their own, in rings."""
    (chart,) = [its for its in charts(findings_before_after) if isinstance(its.drawing, LatencyByStage)]
    words = texts(draw(chart))
    assert "no answer" in words
    assert "p95 latency <\u00a0100\u00a0ms" in words
    assert {"p50", "p95", "p99", "1x · 100/s", "10x · 1\u202f000/s"} <= set(words)
    rings = re.findall(r"fill: var\(--paper\); stroke: var\(--before\)", draw(chart))
    assert len(rings) == sum(math.isinf(value) for percentile in chart.drawing.values[0] for value in percentile) == 7


@pytest.mark.parametrize(("after_s", "said", "rings"), [(2.0, "back after 2 s", 1), (math.inf, "not back", 0)])
def test_a_return_after_the_peak_is_marked(after_s, said, rings):
    """A band where p95 was before the peak, a ring where it is back in it, and words either way."""
    stage = Band("after", 10.0, 17.0)
    p95 = tuple((float(t), 0.4 if t < 12 else 0.01) for t in range(17))
    its = SecondBySecond((stage,), (), ((),), (p95,), (), 2.0, ((Back(stage, after_s, 0.009, 0.011, said),),))
    svg = draw(Chart("x", "X", "", "x", ("service",), its))
    assert said in texts(svg)
    assert len(re.findall(r"fill: var\(--paper\); stroke: var\(--after\)", svg)) == rings
    assert "opacity: 0.16" in svg


@pytest.mark.parametrize(
    "drawing",
    [
        LatencyByStage(("1x",), (50.0, 95.0), (((math.nan,), (math.nan,)),), (), 2.0),
        LatencyByStage(("1x",), (95.0,), (((math.inf,),),), (Limit("p95 < 1 s", 1.0),), 2.0),
        LatencyByStage(("1x",), (95.0,), (((0.0,),),), (), 2.0),
        SecondBySecond((), (), ((),), ((),), (), 2.0),
        SecondBySecond((), ((0.0, 0.0),), (((0.0, 0.0),),), (((0.0, math.inf),),), (), 2.0),
        SecondBySecond((), (), ((),), ((),), (), 2.0, ((Back(Band("after", 0.0, 5.0), math.inf, 0.01, 0.02, "no"),),)),
        Ratios(("1x", "2x"), (("errors", ((0.0, math.nan),), ()),)),
        Ratios(("1x",), (("errors", ((math.nan,),), (Limit("< 1 %", 0.01),)),)),
        Distribution("1x", ((),), (), 2.0),
        Distribution("1x", (((50.0, math.inf, math.inf, math.inf),),), (), 2.0),
        Breakdown(("embed",), (("1x", 0, (0.0,)),)),
        GeneratorHealth((), ((),), ((),), ((),), Limit("5 ms", 0.005), Limit("80 %", 0.8), Limit("256", 256.0)),
        GeneratorHealth(
            (),
            (((0.0, 0.0), (1.0, math.inf)),),
            (((0.0, 1.7),),),
            (((0.0, 255.0),),),
            Limit("5 ms", 0.005),
            Limit("80 %", 0.8),
            Limit("256", 256.0),
        ),
    ],
)
@pytest.mark.parametrize("narrow", [False, True])
def test_nothing_zero_and_no_answer_can_be_drawn(drawing, narrow):
    """Empty, zero, infinite and missing values: a figure, not a warning and not a crash."""
    svg = draw(Chart("x", "X", "", "x", ("service",), drawing), narrow=narrow)
    assert parsed(svg).tag == f"{SVG}svg"


def test_hostile_names_stay_text(findings_before_after):
    """Markup and control characters in names are written, not obeyed, and dollar signs are no mathematics."""
    (chart,) = [its for its in charts(findings_before_after) if isinstance(its.drawing, Breakdown)]
    rows = tuple((f"{SCRIPT}{CONTROL}", place, values) for _, place, values in chart.drawing.rows)
    parts = (CLOSING, CONTROL, "a $x_1$ b", *chart.drawing.parts[3:])
    svg = draw(replace(chart, alt=f"{SCRIPT}{CONTROL}", drawing=Breakdown(parts, rows)))
    assert "<script" not in svg
    assert not set(svg) & {"\x00", "\x07", "\x1b", "\u202e"}
    words = texts(svg)
    assert words.count("<script>alert('run'…") == len(rows)
    assert "a $x_1$ b" in words
    assert "]]></system-out…" in words


def test_each_variant_keeps_its_colour():
    """The baseline's is the first, the contender's the last, and one alone is the contender."""
    sentinel = {variable: colour for colour, variable in VARIABLES.items()}
    assert colours(1) == [sentinel["--after"]]
    assert colours(2) == [sentinel["--before"], sentinel["--after"]]
    assert colours(4) == [sentinel[name] for name in ("--before", "--third", "--fourth", "--after")]


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(1000, [0, 250, 500, 750, 1000]), (1.0, [0, 0.25, 0.5, 0.75, 1.0]), (37, [0, 10, 20, 30]), (0, [0])],
)
def test_ticks_are_round_numbers(highest, ticks):
    """Two to five of them, from 0."""
    assert round_ticks(highest)[0] == pytest.approx(ticks)
