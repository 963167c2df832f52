"""Writing: one answer, from its passages to its last word, within the budget."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from target_stub.answering.counting import AnswerCounting
from target_stub.answering.events import Cited, Done, Event, Source, Sources, Words
from target_stub.answering.extraction import LARGE, extract
from target_stub.answering.money import DailyBudget, Price
from target_stub.answering.passage import Passage
from target_stub.answering.plan import Plan, Planner, Writer
from target_stub.answering.prompt import Prompt, prompt_of
from target_stub.answering.question import Question
from target_stub.answering.tokens import count_tokens
from target_stub.upstream.chat import ChatRequest, ChatStream
from target_stub.upstream.client import Upstream
from target_stub.upstream.deadline import Deadline

Find = Callable[[Question, int], Awaitable[Sequence[Passage]]]
"""Finds so many passages for a question, best first."""


@dataclass(frozen=True, slots=True)
class Means:
    """What answers are written with; without `upstream` they are extracted."""

    planner: Planner
    upstream: Upstream | None
    model_names: Mapping[Writer, str]
    prices: Mapping[Writer, Price]
    budget: DailyBudget
    counting: AnswerCounting


@dataclass(frozen=True, slots=True)
class _Draft:
    plan: Plan
    passages: Sequence[Passage]
    stages_s: dict[str, float]
    degraded: bool


class Writing:
    """Writes answers, one for each call."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def write(
        self, question: Question, plan: Plan, find: Find, deadline: Deadline, stages_s: Mapping[str, float]
    ) -> AsyncGenerator[Event, None]:
        """Yield the sources, the words and the end of an answer.

        Raises:
            UpstreamError: when the model does not answer, or not to the end.
        """
        began = perf_counter()
        passages = await find(question, plan.passages)
        times = {"retrieve": perf_counter() - began, **stages_s}
        affordable = self._means.budget.affordable(plan.writer, self._highest_costs(plan))
        draft = _Draft(self._means.planner.fitted(plan, affordable), passages, times, affordable is not plan.writer)
        if draft.plan.writer is Writer.EXTRACT or not passages:
            for event in self._extracted(question, draft):
                yield event
            return
        began = perf_counter()
        prompt = prompt_of(question.text, passages, draft.plan)
        times["prompt"] = perf_counter() - began
        yield _sources(prompt.passages, draft)
        async for event in self._asked(draft, prompt, deadline):
            yield event

    def _highest_costs(self, plan: Plan) -> dict[Writer, int]:
        plans = {writer: self._means.planner.fitted(plan, writer) for writer in Writer}
        return {
            writer: self._means.prices[writer].cost_micros(its.prompt_tokens, its.max_tokens)
            for writer, its in plans.items()
        }

    def _extracted(self, question: Question, draft: _Draft) -> Sequence[Event]:
        """Return an answer without a model."""
        draft = replace(draft, plan=replace(draft.plan, writer=Writer.EXTRACT))
        words = Words(extract(question.text, draft.passages, LARGE))
        return _sources(draft.passages, draft), words, _done(draft, "", Source.NONE)

    async def _asked(self, draft: _Draft, prompt: Prompt, deadline: Deadline) -> AsyncGenerator[Event, None]:
        """Yield the words and the end of a model's answer; the most that it can cost is held back meanwhile."""
        means, plan = self._means, draft.plan
        if means.upstream is None:
            raise RuntimeError("a model was planned where there is none")
        price = means.prices[plan.writer]
        held_back = price.cost_micros(prompt.tokens, plan.max_tokens)
        means.budget.spend(held_back)
        name = means.model_names[plan.writer]
        began = perf_counter()
        stream: ChatStream | None = None
        text: list[str] = []
        used = (0, 0)
        try:
            stream = await means.upstream.open(
                ChatRequest(plan.writer, name, prompt.messages, plan.max_tokens), deadline
            )
            async for words in stream:
                text.append(words)
                yield Words(words)
        finally:
            if stream is not None:  # what was begun is paid for, also if nobody heard it to the end
                stream.close()
                used = _used(stream, prompt, text)
                means.counting.spent(plan.writer, *used, price.cost_micros(*used))
            means.budget.spend(price.cost_micros(*used) - held_back)
        draft.stages_s["upstream"] = perf_counter() - began
        done = _done(draft, name, Source.UPSTREAM)
        cost = price.cost_micros(*used)
        reason = stream.finish_reason or "stop"
        yield replace(done, finish_reason=reason, prompt_tokens=used[0], completion_tokens=used[1], cost_micros=cost)


def _used(stream: ChatStream, prompt: Prompt, text: Sequence[str]) -> tuple[int, int]:
    """Return the tokens read and written: the server's word, or our own count where it tells none."""
    if stream.usage is not None:
        return stream.usage.prompt_tokens, stream.usage.completion_tokens
    return prompt.tokens, count_tokens("".join(text))


def _sources(passages: Sequence[Passage], draft: _Draft) -> Sources:
    cited = tuple(Cited(its.number, its.document_id, its.title, its.score) for its in passages)
    return Sources(cited, draft.plan.route, draft.plan.writer, dict(draft.stages_s))


def _done(draft: _Draft, model: str, source: Source) -> Done:
    return Done(
        route=draft.plan.route,
        writer=draft.plan.writer,
        model=model,
        source=source,
        degraded=draft.degraded,
        finish_reason="stop",
        prompt_tokens=0,
        completion_tokens=0,
        cost_micros=0,
        stages_s=draft.stages_s,
    )
