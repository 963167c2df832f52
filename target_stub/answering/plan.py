"""Plan: how a question is to be answered: by which model, from how many passages, within how many tokens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from target_stub.answering.question import Question
from target_stub.answering.router import Route, Routing, classify
from target_stub.config import Config

MIN_PROMPT_TOKENS = 64


class Writer(StrEnum):
    """Who writes an answer: a model, or nobody: then it is extracted from the passages here."""

    SMALL = "small"
    LARGE = "large"
    EXTRACT = "extract"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done; `kept` says whether the answer may be kept for those who ask the same."""

    route: Route
    writer: Writer
    passages: int
    prompt_tokens: int
    max_tokens: int
    kept: bool
    routing: Routing


class Planner:
    """Plans by the configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._asked = {Route.SIMPLE: 0, Route.COMPLEX: 0}

    @property
    def simple_share(self) -> float:
        """The share of the questions so far that were simple, 0 before the first."""
        asked = sum(self._asked.values())
        return self._asked[Route.SIMPLE] / asked if asked else 0.0

    @property
    def asked(self) -> int:
        """How many questions there were."""
        return sum(self._asked.values())

    def plan(self, question: Question) -> Plan:
        """Return the plan for a question; without the router every question is a complex one."""
        config = self._config
        routing = classify(question.text)
        route = routing.route if config.answer_router else Route.COMPLEX
        self._asked[route] += 1
        simple = route is Route.SIMPLE
        writer = Writer.SMALL if simple else Writer.LARGE
        if question.model != "auto":
            writer = Writer(question.model)
        return self.fitted(
            Plan(
                route,
                writer if config.upstream_url else Writer.EXTRACT,
                question.passages or (config.answer_short_passages if simple else config.answer_passages),
                config.answer_short_prompt_tokens if simple else config.answer_prompt_tokens,
                config.answer_short_max_tokens if simple else config.answer_max_tokens,
                simple and config.answer_cache,
                routing,
            )
        )

    def fitted(self, plan: Plan, writer: Writer | None = None) -> Plan:
        """Return the plan for this or another writer, with prompt and answer within what the model can hold."""
        config, writer = self._config, writer or plan.writer
        context = config.upstream_small_context if writer is Writer.SMALL else config.upstream_large_context
        max_tokens = min(plan.max_tokens, context // 2)
        prompt_tokens = max(MIN_PROMPT_TOKENS, min(plan.prompt_tokens, context - max_tokens))
        return Plan(plan.route, writer, plan.passages, prompt_tokens, max_tokens, plan.kept, plan.routing)
