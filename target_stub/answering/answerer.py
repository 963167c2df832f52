"""Answerer: answers questions: kept, shared with equal ones under way, or written anew. Nothing here knows of HTTP."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from time import perf_counter

from target_stub import metric_names as names
from target_stub.answering.broadcast import Broadcasts
from target_stub.answering.counting import AnswerCounting
from target_stub.answering.events import Done, Event, Source, Sources, Words
from target_stub.answering.keeping import Kept, KeptAnswers
from target_stub.answering.labelled import agreement, labelled_questions
from target_stub.answering.money import DailyBudget, Ledger, prices_of
from target_stub.answering.plan import Plan, Planner, Writer
from target_stub.answering.question import Question
from target_stub.answering.writing import Find, Means, Writing
from target_stub.config import Config
from target_stub.metrics import Metrics
from target_stub.upstream.client import Upstream
from target_stub.upstream.counting import UpstreamCounting
from target_stub.upstream.deadline import Deadline
from target_stub.upstream.failure import Outcome, UpstreamError
from target_stub.upstream.policy import api_key, upstream_policy

Before = Callable[[], Awaitable[None]]
Keep = Callable[[Kept], None]


class Answerer:
    """Answers the questions of one service. `start` must be awaited in its event loop."""

    def __init__(
        self,
        config: Config,
        metrics: Metrics,
        *,
        before: Before | None = None,
        environ: Mapping[str, str] = os.environ,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        self.planner = Planner(config)
        self.counting = AnswerCounting(metrics)
        self.upstream = _upstream(config, metrics, environ, before)
        ledger = Ledger(Path(config.answer_budget_file) if config.answer_budget_file else None, unix_clock)
        self.budget = DailyBudget(config.answer_budget_micros, config.answer_budget_large_share, ledger)
        model_names = {Writer.SMALL: config.upstream_small_model, Writer.LARGE: config.upstream_large_model}
        self._writing = Writing(
            Means(self.planner, self.upstream, model_names, prices_of(config), self.budget, self.counting)
        )
        self._kept = KeptAnswers(config.answer_cache_max_bytes, config.answer_cache_ttl_s)
        self._under_way: Broadcasts[Hashable, Event] | None = Broadcasts() if config.answer_shared else None
        self.counting.watch(
            budget_left=lambda: self.budget.left_micros,
            simple_share=lambda: self.planner.simple_share,
            accuracy=lambda: self.router_accuracy,
        )

    @cached_property
    def router_accuracy(self) -> float:
        """The share of the held-out labelled questions that the router gets right."""
        return agreement([its for its in labelled_questions() if its.held_out]).accuracy

    async def start(self) -> None:
        """Connect to the model server, if there is one."""
        if self.upstream is not None:
            await self.upstream.start()

    async def close(self) -> None:
        """Let the connections go."""
        if self.upstream is not None:
            await self.upstream.close()

    def forget(self) -> None:
        """Forget the answers kept, since the documents have changed."""
        self._kept.clear()

    async def answer(
        self, question: Question, find: Find, version: str, deadline: Deadline
    ) -> AsyncGenerator[Event, None]:
        """Yield the sources, the words and the end of the answer over documents of this version.

        Raises:
            UpstreamError: when there is no answer, or it breaks off, or the time is over.
        """
        began = perf_counter()
        plan = self.planner.plan(question)
        stages_s = {"route": perf_counter() - began}
        key = (question.text, question.model, question.passages, question.user, version)
        kept = self._kept.get(key) if plan.kept and question.use_cache else None
        if kept is not None:
            done = replace(kept.done, source=Source.CACHE, cost_micros=0, stages_s=stages_s)
            self.counting.answered(done)
            self.counting.first_words(done.route, perf_counter() - began)
            for event in (replace(kept.sources, stages_s=stages_s), Words(kept.text), done):
                yield event
            return

        def begin() -> AsyncGenerator[Event, None]:
            return self._writing.write(question, plan, find, deadline, stages_s)

        if self._under_way is None or not question.use_cache:
            events, shared = begin(), False
        else:
            events, shared = self._under_way.join(key, deadline, begin)
        keep = partial(self._kept.put, key) if plan.kept and question.use_cache and not shared else None
        hearing = _Hearing(self.counting, plan, began, shared=shared, keep=keep)
        async with aclosing(events):
            async for event in _until(deadline, events):
                yield hearing.heard(event)


class _Hearing:
    """What one caller hears of an answer: counts it, and keeps it when it is whole."""

    def __init__(self, counting: AnswerCounting, plan: Plan, began: float, *, shared: bool, keep: Keep | None) -> None:
        self._counting = counting
        self._plan = plan
        self._began = began
        self._shared = shared
        self._keep = keep
        self._sources: Sources | None = None
        self._text: list[str] = []

    def heard(self, event: Event) -> Event:
        """Return the event as this caller is to hear it."""
        match event:
            case Sources():
                self._sources = event
            case Words():
                if not self._text:
                    self._counting.first_words(self._plan.route, perf_counter() - self._began)
                self._text.append(event.text)
            case Done():
                return self._ended(event)
        return event

    def _ended(self, done: Done) -> Done:
        if self._shared and done.source is Source.UPSTREAM:
            done = replace(done, source=Source.SHARED, cost_micros=0)
        if self._keep is not None and not done.degraded and self._sources is not None and self._text:
            self._keep(Kept(self._sources, "".join(self._text), done))
        self._counting.answered(done)
        return done


async def _until(deadline: Deadline, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """Yield the events until the deadline.

    Raises:
        UpstreamError: when it passes before the end.
    """
    while True:
        try:
            async with asyncio.timeout(deadline.left_s):
                event = await anext(events)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise UpstreamError(Outcome.DEADLINE, "the time that the caller gave is over") from error
        yield event


def _upstream(config: Config, metrics: Metrics, environ: Mapping[str, str], before: Before | None) -> Upstream | None:
    counting = UpstreamCounting(metrics, names.MODELS)
    policy = upstream_policy(config)
    if policy is None:
        counting.watch_nothing()
        return None
    return Upstream(policy, counting, api_key=api_key(config.upstream_api_key_env, environ), before=before)
