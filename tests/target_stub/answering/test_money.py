"""What answers cost, by hand-written sums, and how the service keeps to a day's budget."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from target_stub.answering.money import DailyBudget, Ledger, Price
from target_stub.answering.plan import Writer
from target_stub.errors import ConfigError
from tests.target_stub.answering.conftest import COMPLEX, SIMPLE

Start = Callable[..., Any]
NOON = 20_000 * 86_400 + 43_200.0
COSTS = {Writer.LARGE: 30, Writer.SMALL: 10, Writer.EXTRACT: 0}


@pytest.mark.parametrize(
    ("read", "wrote", "expected"), [(0, 0, 0), (1000, 0, 150), (0, 1000, 600), (1, 0, 1), (10, 10, 8), (333, 77, 97)]
)
def test_costs_are_whole_micro_units_rounded_up(read: int, wrote: int, expected: int) -> None:
    """150 for 1 000 read, 600 for 1 000 written: 333 and 77 make 96.15, which is 97."""
    assert Price(150, 600).cost_micros(read, wrote) == expected


def test_the_large_model_writes_until_four_fifths_then_the_small_one_then_none() -> None:
    """A budget of 1000; the dearest large answer costs 30, the dearest small one 10."""
    budget = DailyBudget(1000, 0.8, Ledger(None, lambda: NOON))

    def writers_after(spent: int) -> tuple[Writer, Writer]:
        budget.spend(spent)
        return budget.affordable(Writer.LARGE, COSTS), budget.affordable(Writer.SMALL, COSTS)

    assert writers_after(0) == (Writer.LARGE, Writer.SMALL)
    assert writers_after(770) == (Writer.LARGE, Writer.SMALL)
    assert writers_after(1) == (Writer.SMALL, Writer.SMALL)
    assert writers_after(219) == (Writer.SMALL, Writer.SMALL)  # 990: 10 are left
    assert writers_after(1) == (Writer.EXTRACT, Writer.EXTRACT)
    assert budget.left_micros == 9
    assert writers_after(1000) == (Writer.EXTRACT, Writer.EXTRACT)
    assert budget.left_micros == 0


def test_without_a_limit_nothing_is_degraded() -> None:
    """0 is no limit."""
    budget = DailyBudget(0, 0.8, Ledger(None, lambda: NOON))
    budget.spend(10**12)
    assert budget.affordable(Writer.LARGE, COSTS) is Writer.LARGE
    assert budget.left_micros == float("inf")


def test_a_new_day_begins_at_midnight_utc() -> None:
    """What yesterday cost is past."""
    now = [NOON]
    ledger = Ledger(None, lambda: now[0])
    assert ledger.add(70) == 70
    now[0] = NOON + 43_199
    assert ledger.spent_micros() == 70
    now[0] = NOON + 43_200
    assert ledger.spent_micros() == 0


def test_the_file_outlives_the_process_and_damage(tmp_path: Path) -> None:
    """Another ledger over the same file goes on; a damaged file is begun anew with what is remembered."""
    path = tmp_path / "spent.json"
    ledger = Ledger(path, lambda: NOON)
    ledger.add(5)
    assert Ledger(path, lambda: NOON).add(6) == 11
    assert json.loads(path.read_text()) == {"day": 20_000, "spent_micros": 11}
    assert ledger.spent_micros() == 11
    path.write_text("{broken")
    assert ledger.add(1) == 12
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    """A folder in its place: two lines."""
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        Ledger(tmp_path, lambda: NOON)
    assert "--answer-budget-file" in caught.value.hint


def spend(path: Path) -> None:
    ledger = Ledger(path, lambda: NOON)
    for _ in range(200):
        ledger.add(1)


def test_several_processes_spend_from_one_budget(tmp_path: Path) -> None:
    """Three processes, 200 times one micro-unit each: 600, none lost."""
    path = tmp_path / "spent.json"
    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(spend, [path] * 3))
    assert Ledger(path, lambda: NOON).spent_micros() == 600


def test_the_service_degrades_instead_of_failing(start: Start) -> None:
    """As the day's budget goes: large, then small, then extracted; every answer says so, and so do the metrics."""
    answers = start(answer_cache=False, answer_budget_micros=20_000, answer_large_prompt_price=2000)
    seen = []
    for _ in range(200):
        reply = answers.ask(COMPLEX).json
        seen.append((reply["written_by"], reply["degraded"]))
        if reply["written_by"] == "extract":
            break
        answers.service.answerer.budget.spend(1000)
    order = list(dict.fromkeys(seen))
    assert order == [("large", False), ("small", True), ("extract", True)]
    assert reply["answer"]
    assert reply["cost_micros"] == 0
    assert answers.metric('answers_degraded_total{to="small"}') == seen.count(("small", True))
    assert answers.metric('answers_degraded_total{to="extract"}') == 1
    assert answers.metric("answer_budget_left_micros") < 1000


def test_what_was_held_back_is_given_back(start: Start) -> None:
    """After an answer exactly its cost is spent; after a failure nothing."""
    good = start(answer_budget_micros=1_000_000)
    cost = good.ask(COMPLEX).json["cost_micros"]
    assert good.service.answerer.budget.left_micros == 1_000_000 - cost
    bad = start(models={"error_ratio": 1}, upstream_retries=0, answer_budget_micros=1_000_000)
    assert bad.ask(SIMPLE).status == 502
    assert bad.service.answerer.budget.left_micros == 1_000_000


def test_a_degraded_answer_is_not_kept(start: Start) -> None:
    """Tomorrow there will be a better one."""
    answers = start(answer_budget_micros=1)
    for _ in range(2):
        reply = answers.ask().json
        assert (reply["written_by"], reply["source"]) == ("extract", "none")
