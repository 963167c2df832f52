"""Asking a real Prometheus everything that the dashboards ask, over a run whose numbers are known by hand."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from dashboards.asking import Answer, Answers, Region, ask, named, panels_of
from dashboards.prometheus import Series
from scenarios.errors import HarnessError

OVERVIEW, INTERNALS = "loadtest-overview", "loadtest-internals"


@pytest.fixture(scope="module")
def answers(dashboards: dict[str, dict], synthetic_run: Any) -> dict[str, Answers]:
    """Both dashboards, asked over the whole of the made-up run."""
    run = synthetic_run
    return {uid: ask(its, run.url, run.start, run.end) for uid, its in dashboards.items()}


def numbers(answers: Answers, panel: str, ref_id: str, *labels: str) -> dict[tuple[str, ...], float]:
    """Return the single values of one query, by the values of some labels."""
    answer = next(its for its in answers.panels if (its.panel, its.ref_id) == (panel, ref_id))
    return {tuple(series.labels[label] for label in labels): series.points[0][1] for series in answer.series}


def peaks(answers: Answers, panel: str, *labels: str) -> dict[tuple[str, ...], float]:
    """Return the highest value of each series of a graph's first query."""
    answer = next(its for its in answers.panels if its.panel == panel)
    return {
        tuple(series.labels[label] for label in labels): max(value for _, value in series.points if value == value)
        for series in answer.series
    }


@pytest.mark.parametrize("uid", [OVERVIEW, INTERNALS])
def test_every_query_of_every_panel_has_something_to_show(
    answers: dict[str, Answers], dashboards: dict[str, dict], uid: str
) -> None:
    """No error, at least one finite number, and no graph of more than thirty lines; annotations too."""
    assert answers[uid].faults == ()
    assert len(answers[uid].panels) == sum(len(panel["targets"]) for panel in panels_of(dashboards[uid]))
    assert len(answers[uid].annotations) == 1


def test_the_run_is_found_and_everything_in_it_is_shown(answers: dict[str, Answers]) -> None:
    """A dashboard opened over the run's time shows that run, without a choice being made."""
    variables = answers[OVERVIEW].variables
    assert variables["testid"] == "20260102T030405Z-demo-abc1234"
    assert {variables[name] for name in ("variant", "trial", "job", "instance")} == {".+"}


@pytest.mark.parametrize(
    ("tile", "before", "after"),
    [
        ("Offered, at most", 1000, 1000),
        ("p95 for the client", None, 0.07805),  # midway in the bucket from 69.4 to 86.7 ms
        ("Errors", 4800 / 7900, 0),
        ("CPU headroom", 1 - (0.02 + 300 / 1500), 1 - (0.02 + 1000 / 1500)),
    ],
)
def test_the_tiles_show_what_is_known_of_the_run(
    answers: dict[str, Answers], tile: str, before: float | None, after: float
) -> None:
    """`before` answers 3 100 of 7 900 requests in time; `after` answers a tenth in 80 ms and the rest in 8 ms."""
    found = numbers(answers[OVERVIEW], tile, "A", "variant")
    assert found["after",] == pytest.approx(after, rel=1e-3)
    assert before is None or found["before",] == pytest.approx(before, rel=1e-3)


@pytest.mark.parametrize(
    ("ref_id", "stage", "before", "after"),
    [
        ("B", "5x", 500, 500),
        ("C", "2x", 1, 1),
        ("C", "5x", 600 / 2500, 1),  # the second to sixth second: two of them answered in time
        ("D", "recovery", None, 0.07805),
        ("F", "2x", 0, 0),
        ("F", "5x", 900 / 1500, 0),
        ("F", "10x", 1, 0),
    ],
)
def test_the_table_of_stages_shows_each_stage_on_its_own(
    answers: dict[str, Answers], ref_id: str, stage: str, before: float | None, after: float
) -> None:
    """Nothing of a stage leaks into the next: offered (B), answered (C), p95 (D) and errors (F)."""
    found = numbers(answers[OVERVIEW], "Stage by stage", ref_id, "variant", "phase")
    assert len(found) == 10
    assert found["after", stage] == pytest.approx(after, rel=1e-3)
    assert before is None or found["before", stage] == pytest.approx(before, rel=1e-3)


def test_the_table_of_stages_is_in_order_of_time(answers: dict[str, Answers]) -> None:
    """The first variant's stages from 1x to recovery, then the second's; the warm-up is not judged and not shown."""
    stages = ["1x", "2x", "5x", "10x", "recovery"]
    found = numbers(answers[OVERVIEW], "Stage by stage", "A", "variant", "phase")
    assert list(found) == [(variant, stage) for variant in ("before", "after") for stage in stages]


def test_both_ends_are_counted_exactly(answers: dict[str, Answers]) -> None:
    """Whole numbers per trial, nothing extrapolated: due, sent, ended, answered, difference."""
    counted = [numbers(answers[OVERVIEW], "Counted by both ends", its, "variant", "trial") for its in "BCEFG"]
    assert [its["before", "2"] for its in counted] == [11900, 7900, 7900, 7900, 0]
    assert [its["after", "1"] for its in counted] == [11900, 11900, 11900, 11900, 0]


def test_the_internals_show_what_is_known_of_the_service(answers: dict[str, Answers]) -> None:
    """Nine of ten look-ups of `after` hit or share an answer; `before` embeds 300 queries a second, 5 ms each."""
    assert peaks(answers[INTERNALS], "Hit ratio", "cache") == {("query",): pytest.approx(0.9)}
    assert peaks(answers[INTERNALS], "Busy time by stage", "stage")["embed",] == pytest.approx(300 * 0.005)
    assert peaks(answers[INTERNALS], "Memory", "variant") == {("before",): 4e8, ("after",): 3e8}
    built = next(its for its in answers[INTERNALS].panels if its.panel == "What ran")
    assert [(its.labels["variant"], its.labels["profile"]) for its in built.series] == [
        ("before", "naive"),
        ("after", "optimized"),
    ]


def test_the_stages_are_annotated_as_regions(answers: dict[str, Answers], synthetic_run: Any) -> None:
    """One region per stage and trial, from its first scrape to its last."""
    regions = answers[OVERVIEW].regions
    assert len(regions) == 6 * 4
    start = synthetic_run.start
    assert Region("1x: before, trial 1", start + 4, start + 10, "rgba(138, 148, 166, 0.9)") in regions


def test_a_pause_ends_a_region(dashboards: dict[str, dict], synthetic_run: Any) -> None:
    """A stage that comes again after a while is two regions, also where both are one series."""
    dashboard = deepcopy(dashboards[OVERVIEW])
    annotation = dashboard["annotations"]["list"][1]
    annotation["target"]["expr"] = f"max by (phase) ({annotation['target']['expr']})"
    dashboard["panels"] = []
    regions = ask(dashboard, synthetic_run.url, synthetic_run.start, synthetic_run.end).regions
    assert sum(region.title.startswith("recovery") for region in regions) == 4


def test_a_choice_narrows_every_query(dashboards: dict[str, dict], synthetic_run: Any) -> None:
    """Choosing one variant leaves that variant alone, in tables and graphs."""
    run = synthetic_run
    chosen = ask(dashboards[OVERVIEW], run.url, run.start, run.end, {"variant": ["after"], "trial": ["1", "2"]})
    assert chosen.faults == ()
    assert set(numbers(chosen, "Errors", "A", "variant")) == {("after",)}
    assert chosen.variables["trial"] == "(1|2)"


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("nothing_has_this_name", "no data"),
        ('http_server_requests_in_flight{job="service"} / 0 * 0', "series without a finite value"),
        ('{testid="$testid"}', "more than 30"),
        ("sum(", "parse error"),
        ("up > $limit", "unknown variable $limit"),
    ],
)
def test_a_query_that_shows_nothing_is_a_fault(
    dashboards: dict[str, dict], synthetic_run: Any, expression: str, fault: str
) -> None:
    """The fault names the panel, the query, and why nobody would see anything."""
    dashboard = deepcopy(dashboards[OVERVIEW])
    panel = next(its for its in panels_of(dashboard) if its["title"] == "Error ratio")
    panel["targets"][0]["expr"] = expression
    dashboard["panels"] = [panel]
    # within the first trial, so that there is something to divide by nothing
    (found,) = ask(dashboard, synthetic_run.url, synthetic_run.start, synthetic_run.start + 30).faults
    assert found.startswith("Error ratio (A): ")
    assert fault in found


def test_a_heatmap_may_have_as_many_series_as_buckets() -> None:
    """Forty buckets are forty series, and one picture."""
    many = tuple(Series({"le": str(bound)}, ((0.0, 1.0),)) for bound in range(40))
    assert Answer(1, "Latency", "heatmap", "A", "x", "", many).fault == ""
    assert Answer(1, "Latency", "timeseries", "A", "x", "", many).fault == "40 series, more than 30"


def test_a_time_without_a_run_is_told(dashboards: dict[str, dict], synthetic_run: Any) -> None:
    """An empty dashboard is not an answer: there is no run to choose."""
    with pytest.raises(HarnessError, match="there is no Run in the time shown"):
        ask(dashboards[OVERVIEW], synthetic_run.url, 1000.0, 2000.0)


def test_a_prometheus_that_does_not_answer_is_the_users_to_mend(dashboards: dict[str, dict]) -> None:
    """Two lines: which address, and what to do."""
    with pytest.raises(HarnessError, match=r"http://127\.0\.0\.1:9 does not answer"):
        ask(dashboards[OVERVIEW], "http://127.0.0.1:9", 1000.0, 2000.0)


@pytest.mark.parametrize(
    ("legend", "expected"),
    [
        ("{{variant}}, client", "after, client"),
        ("{{ variant }} {{none}}", "after "),
        ("plain", "plain"),
        ("__auto", 'job="service", variant="after"'),
    ],
)
def test_a_series_is_named_by_its_legend(legend: str, expected: str) -> None:
    """Labels fill the braces, a label that is not there is empty, and without a legend all labels are shown."""
    assert named(legend, {"variant": "after", "job": "service"}) == expected
