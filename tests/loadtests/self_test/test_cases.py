"""The cases of the self-test: every fault the service knows, each with a promise of the scenario that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.self_test.case import Case, Expected
from loadtests.self_test.cases import BROKEN, UNSOUND, chosen
from scenarios.errors import HarnessError
from scenarios.reading import find, read_scenario
from target_stub.metric_names import FAULTS

SCENARIO = read_scenario(find("self-test"))
KEYS = {
    "latency p50", "latency p95", "errors rate", "recall@10 avg", "cache_hits value", "embedding value",
    "nearest value", "cpu value", "memory_growth value", "loop_lag value", "l2_troubles value",
}  # fmt: skip


def test_every_fault_of_the_service_has_a_case_but_for_the_upstream() -> None:
    """A fault switch that nothing looks for would be a promise of docs/faults.md that nobody keeps."""
    assert {name for case in BROKEN for name in case.faults} == set(FAULTS) - {"upstream"}


def test_every_case_breaks_a_promise_of_the_scenario() -> None:
    """Each names one; together they leave none of the scenario's promises without a fault that breaks it."""
    asked = {its.indicator.name for its in SCENARIO.objectives}
    assert {case.promise for case in BROKEN} == KEYS
    assert {key.rpartition(" ")[0] for key in KEYS} == asked


def test_names_choose_and_all_is_the_default() -> None:
    """A whole service comes first, always; at the end of all, once more. Redis is needed by the shared cache only."""
    everything = [its.name for its in chosen((), redis=True)]
    assert everything[0] == "whole"
    assert everything[-1] == "whole-again"
    assert len(everything) == 2 + len(BROKEN) + len(UNSOUND)
    assert [its.name for its in chosen(("recall", "errors", "recall"), redis=False)] == ["whole", "recall", "errors"]
    assert "l2" not in [its.name for its in chosen((), redis=False)]


@pytest.mark.parametrize(
    ("names", "message", "hint"),
    [(("gremlins",), "no fault 'gremlins'", "known: latency, tail"), (("l2",), "needs a Redis server", "apt-get")],
)
def test_a_name_that_cannot_be_run_is_told(names, message, hint) -> None:
    """Two lines, with the known names or the way to get what is missing."""
    with pytest.raises(HarnessError, match=message) as caught:
        chosen(names, redis=False)
    assert hint in caught.value.hint


def test_a_case_changes_the_load_and_the_service_and_nothing_else() -> None:
    """Rate, length, faults and switches are the case's; promises, seed and workload stay the scenario's."""
    case = Case("x", "y", Expected.FAIL, "errors rate", {"hang": {"ratio": 1}}, {"cache": "off"}, False, 2.0, 1.5)
    asked = case.asked(SCENARIO, {"redis_url": "redis://127.0.0.1:1/0"})
    assert [(its.rate_per_s, its.duration_s) for its in asked.stages] == [(320, 2), (320, 1.5)]
    (variant,) = asked.variants
    assert variant.faults == {"hang": {"ratio": 1}}
    assert variant.settings == {"cache": "off", "redis_url": "redis://127.0.0.1:1/0"}
    assert (asked.objectives, asked.seed, asked.workload) == (SCENARIO.objectives, SCENARIO.seed, SCENARIO.workload)


def test_only_what_must_fail_names_a_promise() -> None:
    """A case that must pass breaks nothing; one that must fail says what."""
    with pytest.raises(ValueError, match="case x"):
        Case("x", "y", Expected.PASS, "errors rate")
    with pytest.raises(ValueError, match="case x"):
        Case("x", "y", Expected.FAIL)


def test_the_page_explains_every_case() -> None:
    """docs/self-test.md has a row for each name that `--faults` takes."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "self-test.md").read_text(encoding="utf-8")
    for case in (*BROKEN, *UNSOUND):
        assert f"| `{case.name}` |" in page, case.name
