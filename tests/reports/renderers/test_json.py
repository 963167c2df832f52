"""The JSON summary: as docs/judging.md tells it, for every shape of run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reports.renderers import make_renderer

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "judging.md"


def refuse(word):
    raise ValueError(f"{word} is not JSON")


@pytest.fixture(scope="module")
def summaries(every_report):
    """Every shape of report, rendered and read back by a parser that takes no NaN."""
    renderer = make_renderer("json")
    return {name: json.loads(renderer.render(its), parse_constant=refuse) for name, its in every_report.items()}


def test_every_key_is_documented(summaries):
    """A program's author finds each key in the documentation."""
    section = SCHEMA.read_text(encoding="utf-8").partition("## 7. `summary.json`")[2].partition("## 8")[0]
    told = set(re.findall(r"\w+", section))
    for summary in summaries.values():
        nested = [summary, summary["run"], summary["validity"], *summary["variants"], *summary["verdicts"]]
        nested += [*summary["comparisons"], *summary["validity"]["checks"]]
        nested += [*summary["recoveries"], *(its["back_after_s"] for its in summary["recoveries"])]
        nested += [its["value"] for its in summary["verdicts"]] + [its["change"] for its in summary["comparisons"]]
        assert {key for its in nested for key in its} <= told


def test_a_verdict_holds_what_a_program_needs(summaries):
    """Value with its interval and samples, limit, outcome, reason."""
    (verdict,) = [
        its
        for its in summaries["before and after"]["verdicts"]
        if (its["variant"], its["criterion"], its["stage"]) == ("after", "p(95)<100ms", "10x")
    ]
    assert verdict["outcome"] == "pass"
    assert verdict["limit"] == 0.1
    assert verdict["value"]["low"] < verdict["value"]["value"] < verdict["value"]["high"] < 0.1
    assert verdict["value"]["samples"] == 18_000
    assert verdict["value"]["text"] == "9.2\u00a0ms"
    assert (verdict["severity"], verdict["key"], verdict["optional"]) == ("fail", True, False)


def test_what_is_not_finite_is_null_with_a_text(summaries):
    """No answer is not the largest float, and not measured is not 0."""
    values = {
        (its["variant"], its["indicator"], its["stage"]): its["value"]
        for its in summaries["before and after"]["verdicts"]
        if its["indicator"] in ("latency", "cache_hits") and "+" not in its["criterion"]
    }
    assert (values["before", "latency", "5x"]["value"], values["before", "latency", "5x"]["text"]) == (
        None,
        "no answer",
    )
    assert (values["before", "cache_hits", "5x"]["value"], values["before", "cache_hits", "5x"]["text"]) == (
        None,
        "\u2013",
    )


@pytest.mark.parametrize(
    ("name", "outcome", "code"),
    [("before and after", "pass", 0), ("A/A", "pass", 0), ("invalid", "invalid", 4), ("nothing answered", "fail", 3)],
)
def test_the_outcome_and_its_exit_code_are_there(summaries, name, outcome, code):
    """For scripts that read a file rather than a status."""
    assert (summaries[name]["outcome"], summaries[name]["exit_code"]) == (outcome, code)


def test_reach_and_soundness_are_told_apart(summaries):
    """How far each variant keeps its promises; and whether the measurement can be believed."""
    by_name = {its["name"]: its for its in summaries["before and after"]["variants"]}
    assert (by_name["before"]["kept_up_to_per_s"], by_name["before"]["broken_at"]) == (200.0, "5x")
    assert (by_name["after"]["kept_up_to_per_s"], by_name["after"]["broken_at"]) == (1000.0, None)
    assert summaries["before and after"]["validity"]["sound"] is True
    broken = [its["name"] for its in summaries["invalid"]["validity"]["checks"] if not its["holds"]]
    assert set(broken) == {"generator CPU"}


def test_the_way_back_after_a_peak_is_told(summaries):
    """For each variant, whether or not a promise speaks of it: the time, the trials' times, and the band before."""
    own = next(its for its in summaries["before and after"]["recoveries"] if its["variant"] == "after")
    assert (own["stage"], own["operation"], own["step_s"], own["note"]) == ("recovery", "search", 1, "")
    assert (own["back_after_s"]["value"], own["trials_s"]) == (0.0, [0.0, 0.0, 0.0])
    assert 0 < own["p95_before_s"]["low"] < 0.01 < own["p95_before_s"]["high"] < 0.02
    lost = next(its for its in summaries["nothing answered"]["recoveries"] if its["variant"] == "after")
    assert (lost["back_after_s"]["value"], lost["note"]) == (None, "p95 had no end before the peak already")
    assert summaries["one stage"]["recoveries"] == []
