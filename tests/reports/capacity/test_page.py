"""The page of a capacity search, and its words."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from html.parser import HTMLParser

import orjson
import pytest
from rich.console import Console

from loadtests.capacity.finding import Finding
from loadtests.capacity.forecast import Saturation
from loadtests.capacity.probe import FURTHEST, Probe
from loadtests.capacity.search import Capacity, Kind
from loadtests.manifest import Manifest
from reports import units
from reports.capacity import words
from reports.capacity.page import render
from reports.capacity.terminal import renderable
from reports.chart import Limit
from reports.report import Tone

HOSTILE = "<script>alert(1)</script>"
LIMITS = (Limit("p95 latency (80 ms)", 0.08),)


def probe(rate, margin, p95=0.05, **more):
    latencies = {"50": 0.01, "95": p95, "99": p95 * 2}
    return Probe(rate, margin, 0.05, "latency p(95)<80ms", rate, latencies, rate * 0.004, **more)


PROBES = (
    probe(100, -0.5),
    probe(200, -0.2),
    probe(300, 0.1, 0.09),
    probe(400, FURTHEST, math.inf),
    probe(250, math.nan, fault="start lateness p99 9 ms (limit 5 ms)"),
)


@pytest.fixture
def finding():
    return Finding(
        scenario="demo",
        title=HOSTILE,
        variant=HOSTILE,
        limits=("latency p(95)<80ms",),
        capacity=Capacity(Kind.MEASURED, 280.0, 260.0, 300.0, "", PROBES),
        soak=probe(260, -0.1),
        saturation=Saturation(487.5, 470.0, 510.0, 0.004),
        knee_per_s=250.0,
        cores=2.0,
        baseline_per_s=50.0,
        warmup_s=3.0,
        measure_s=12.0,
        manifest=Manifest("run", "demo", "2026-11-30T20:00:00+00:00", "abc1234", (), 1, {}, machine={"cpu": HOSTILE}),
    )


def text_of(page):
    words_found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, _attrs):
            assert tag != "script"

        def handle_data(self, data):
            words_found.append(data)

    Reader().feed(page)
    return " ".join(words_found)


def test_the_page_says_the_answer_its_interval_and_every_probe(finding):
    """One page: the number, how sure, what it rests on."""
    text = text_of(render(finding, LIMITS))
    assert "keeps its promises up to 280/s (90 % interval 260/s to 300/s)." in text.replace("\u202f", " ").replace(
        "\xa0", " "
    )
    for word in ("5.6x", "held", "488/s", "left out", "no answer", "start lateness p99 9 ms"):
        assert word in text.replace("\u202f", " ").replace("\xa0", " ")


def test_hostile_names_stay_text(finding):
    """No tag of a name becomes one of the page's."""
    page = render(finding, LIMITS)
    assert HOSTILE not in page
    assert HOSTILE in text_of(page)


@pytest.mark.parametrize(
    ("kind", "value", "said", "tone"),
    [
        (Kind.AT_LEAST, 300.0, "at least 300/s: the generator's ceiling came first", Tone.WARN),
        (Kind.BELOW, 3.0, "does not keep its promises even at 3/s", Tone.FAIL),
        (Kind.UNSOUND, math.nan, "could not be measured: the generator's ceiling", Tone.INVALID),
    ],
)
def test_every_kind_of_answer_has_its_words_and_colour(finding, kind, value, said, tone):
    """A bound is told as a bound, and nothing as nothing."""
    capacity = Capacity(kind, value, 0.0, math.inf, "the generator's ceiling came first", PROBES)
    other = replace(finding, capacity=capacity, soak=None, saturation=None, knee_per_s=None)
    assert said in words.headline(other)
    assert words.tone(other) is tone
    assert said in text_of(render(other, LIMITS))


def test_a_soak_that_broke_is_no_capacity_to_publish(finding):
    """It is said, the colour changes, and nothing is published."""
    broken = replace(finding, soak=probe(260, 0.3))
    assert broken.published_per_s is None
    assert words.tone(broken) is Tone.WARN
    assert any("did not hold" in note for note in words.notes(broken))
    assert finding.published_per_s == 260


@pytest.mark.parametrize(
    ("margin", "said"),
    [
        (0.0, "0 % below"),
        (math.log(0.8), "20 % below"),
        (math.log(1.5), "50 % above"),
        (math.log(3), "3x the limit"),
        (FURTHEST, "far above"),
        (math.nan, units.NOT_MEASURED),
    ],
)
def test_margins_read_as_shares_of_the_limit(margin, said):
    """ln(0.8) is 20 % below."""
    assert words.margin(probe(1, margin)).replace("\u202f", " ").replace("\xa0", " ") == said


def test_it_fits_a_terminal_of_80_columns(finding):
    """No line is longer than the terminal."""
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(renderable(finding))
    text = console.export_text()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "280/s" in text


def test_the_file_holds_every_probe_and_is_json(finding, tmp_path):
    """Infinite and unknown numbers have a spelling."""
    data = orjson.loads(finding.save(tmp_path).read_bytes())
    assert data["capacity_per_s"] == 280
    assert [its["rate_per_s"] for its in data["probes"]] == [100, 200, 300, 400, 250]
    assert data["probes"][3]["percentiles_s"]["95"] == "no answer"
    assert data["probes"][4]["margin"] is None
