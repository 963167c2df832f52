"""JUnit XML: what CI servers count, with the measured value in every message."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from reports.assembling import report_of, report_of_two
from reports.renderers import make_renderer
from scenarios.scenario import Variant
from tests.reports.synthetic import Manner, Recipe, scenario_from


def suites(report):
    """The suites of a report by name, through a parser that takes nothing but XML."""
    root = ElementTree.fromstring(make_renderer("junit").render(report))
    assert root.tag == "testsuites"
    return {suite.get("name"): suite for suite in root}


def test_there_is_a_suite_for_each_stage_and_two_more(report_before_after):
    """Promises by stage, then validity, then regression; the baseline's broken promises turn nothing red."""
    found = suites(report_before_after)
    assert list(found) == ["1x", "2x", "5x", "10x", "recovery", "validity", "regression"]
    assert {name: suite.get("failures") for name, suite in found.items()} == dict.fromkeys(found, "0")
    assert {name: suite.get("errors") for name, suite in found.items()} == dict.fromkeys(found, "0")
    assert [case.get("name") for case in found["10x"].iter("testcase")] == [
        "search latency p(95)<100ms",
        "search errors rate<1%",
        "search goodput rate>=99%",
        "search throughput rate>=950/s",
        "search recall@10 avg>=0.95",
        "cache_hits value>=85%",
    ]
    case = found["10x"].find("testcase")
    assert (case.get("classname"), case.get("time")) == ("tenfold.synthetic.10x", "6")
    assert "9.2\u00a0ms, promised <\u00a0100\u00a0ms" in case.findtext("system-out")


def test_a_broken_promise_is_a_failure_with_its_value(tmp_path):
    """A bare "failed" is useless."""
    report = report_of(Recipe(manners={("after", "5x"): Manner(median_s=0.2)}).write(tmp_path / "run"))
    suite = suites(report)["5x"]
    assert suite.get("failures") == "1"
    (failure,) = suite.iter("failure")
    assert failure.get("type") == "SLOBreach"
    assert "ms, promised <\u00a0100\u00a0ms (9\u202f000 samples" in failure.get("message")


def test_an_invalid_stage_is_an_error(tmp_path):
    """Neither passed nor failed: the promises and the check are errors; the baseline's are skipped."""
    manners = {("after", "10x"): Manner(cpu_share=0.97), ("before", "5x"): Manner(cpu_share=0.97)}
    found = suites(report_of(Recipe(manners=manners).write(tmp_path / "run")))
    assert (found["10x"].get("errors"), found["10x"].get("failures")) == ("6", "0")
    assert (found["validity"].get("errors"), found["validity"].get("skipped")) == ("1", "1")
    (error,) = found["validity"].iter("error")
    assert error.get("type") == "InvalidRun"
    assert "generator 97\u00a0% of a core (limit 80\u00a0%)" in error.get("message")


def test_what_was_not_asked_for_or_not_measured_is_skipped(tmp_path):
    """No baseline, no telemetry: said, and neither green nor red."""
    alone = scenario_from(variants=(Variant("service"),))
    found = suites(report_of(Recipe(scenario=alone, prometheus=False).write(tmp_path / "run")))
    assert [its.get("message") for its in found["1x"].iter("skipped")] == [
        "p95 latency ≤\u00a0+10\u00a0% at 1x: there is no baseline to compare with"
    ]
    assert [its.get("message") for its in found["5x"].iter("skipped")] == [
        "cache hits ≥\u00a085\u00a0% at 5x: not measured: no Prometheus"
    ]


def test_a_regression_fails_where_a_regression_was_asked_about(tmp_path):
    """Comparing two runs asks for nothing else; an experiment shows it and asks its promises."""
    quiet = scenario_from(variants=(Variant("service"),), objectives=scenario_from().objectives[:2])
    runs = [
        Recipe(scenario=quiet, usual={"service": Manner(median_s=median_s)}).write(tmp_path / str(median_s))
        for median_s in (0.004, 0.006)
    ]
    suite = suites(report_of_two(*runs))["regression"]
    failures = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    assert failures == [f"search latency p95 at {stage}" for stage in ("1x", "2x", "5x", "10x", "recovery")]
    experiment = replace(quiet, variants=(Variant("before"), Variant("after")))
    shown = report_of(Recipe(scenario=experiment, usual={"after": Manner(median_s=0.006)}).write(tmp_path / "both"))
    assert suites(shown)["regression"].get("failures") == "0"


def test_every_shape_of_run_is_xml(every_report):
    """Hostile names, control characters and ends of sections included; totals add up."""
    for report in every_report.values():
        for suite in suites(report).values():
            cases = list(suite.iter("testcase"))
            assert int(suite.get("tests")) == len(cases)
            assert int(suite.get("skipped")) == len(list(suite.iter("skipped")))


@pytest.mark.parametrize("name", ["run", "commit", "machine", "outcome", "exit_code"])
def test_the_circumstances_are_properties(report_before_after, name):
    """Which run, of which commit, on which machine."""
    properties = {its.get("name"): its.get("value") for its in suites(report_before_after)["1x"].iter("property")}
    assert properties[name]
