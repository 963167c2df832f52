"""Answering switches: how a question becomes an answer, and what that may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from target_stub.switches.switch import MEGABYTE, switch

ONE: dict[str, Any] = {"low": 1, "high": 1_000_000}
MOST_MICROS = 10**15
PRICE: dict[str, Any] = {"low": 0, "high": 10**9}


@dataclass(frozen=True)
class AnsweringSwitches:
    """From questions to answers. Prices are whole micro-units of money (1 000 000 are one unit) for 1 000 tokens."""

    answer_router: bool = switch(
        True, "send simple questions to the small model with a short prompt; off: all to the large"
    )
    answer_cache: bool = switch(True, "keep the answers to simple questions")
    answer_cache_ttl_s: float = switch(300.0, "how long an answer is kept", low=0.001, high=86_400)
    answer_cache_max_bytes: int = switch(
        8 * MEGABYTE, "size of the kept answers; the least recently used go first", low=10_000, high=64_000 * MEGABYTE
    )
    answer_shared: bool = switch(True, "equal questions in flight share one call of the model")
    answer_sources_first: bool = switch(
        True, "stream the sources before the model's first word; a failure after that is an event, not a status"
    )
    answer_deadline_s: float = switch(60.0, "longest time for an answer; callers may ask for less", low=0.01, high=3600)
    answer_passages: int = switch(8, "passages in the prompt of a complex question", low=1, high=100)
    answer_short_passages: int = switch(3, "passages in the prompt of a simple question", low=1, high=100)
    answer_prompt_tokens: int = switch(2000, "most tokens of a complex question's prompt", low=200, high=1_000_000)
    answer_short_prompt_tokens: int = switch(600, "most tokens of a simple question's prompt", low=200, high=1_000_000)
    answer_max_tokens: int = switch(400, "most tokens of an answer to a complex question", **ONE)
    answer_short_max_tokens: int = switch(120, "most tokens of an answer to a simple question", **ONE)
    answer_budget_micros: int = switch(
        0, "micro-units that a day's answers may cost; 0: no limit", low=0, high=MOST_MICROS
    )
    answer_budget_large_share: float = switch(
        0.8, "share of the day's budget after which the small model answers everything", low=0, high=1
    )
    answer_budget_file: str = switch("", "file that keeps what the day has cost, shared by all processes that name it")
    answer_small_prompt_price: int = switch(150, "micro-units for 1 000 tokens that the small model reads", **PRICE)
    answer_small_completion_price: int = switch(
        600, "micro-units for 1 000 tokens that the small model writes", **PRICE
    )
    answer_large_prompt_price: int = switch(2500, "micro-units for 1 000 tokens that the large model reads", **PRICE)
    answer_large_completion_price: int = switch(
        10_000, "micro-units for 1 000 tokens that the large model writes", **PRICE
    )
