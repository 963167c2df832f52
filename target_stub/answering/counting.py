"""Counting: the metrics of answers, every child made at the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from target_stub import metric_names as names
from target_stub.answering.events import Done, Source
from target_stub.answering.plan import Writer
from target_stub.metrics import Metrics


class AnswerCounting:
    """What became of the questions."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._answers = metrics.counters(
            names.ANSWERS,
            "Answers by route, by who wrote them and where they came from.",
            ("route", "written_by", "source"),
            [
                (route, writer, source)
                for route in names.ANSWER_ROUTES
                for writer in names.ANSWER_WRITERS
                for source in names.ANSWER_SOURCES
            ],
        )
        self._failures = metrics.counters(
            names.ANSWER_FAILURES,
            "Questions without an answer.",
            ("code",),
            [(its,) for its in names.ANSWER_FAILURE_CODES],
        )
        self._degraded = metrics.counters(
            names.ANSWER_DEGRADED,
            "Answers by cheaper means than wanted, to keep to the budget.",
            ("to",),
            [(Writer.SMALL,), (Writer.EXTRACT,)],
        )
        self._tokens = metrics.counters(
            names.ANSWER_TOKENS,
            "Tokens read and written by models.",
            ("model", "kind"),
            [(model, kind) for model in names.MODELS for kind in names.TOKEN_KINDS],
        )
        self._cost = metrics.counters(
            names.ANSWER_COST, "Money spent, in micro-units.", ("model",), [(model,) for model in names.MODELS]
        )
        stages = metrics.histogram(
            names.ANSWER_STAGE_DURATION, "Time of a stage of answering.", ("stage",), names.ANSWER_STAGE_BUCKETS
        )
        first = metrics.histogram(
            names.ANSWER_FIRST_TOKEN, "Time to an answer's first words.", ("route",), names.MODEL_BUCKETS
        )
        self._stages = {stage: stages.child(stage) for stage in names.ANSWER_STAGES}
        self._first = {route: first.child(route) for route in names.ANSWER_ROUTES}

    def answered(self, done: Done) -> None:
        """Count an answer that came to its end; its stages only if they were gone through for it."""
        self._answers[done.route, done.writer, done.source].inc()
        if done.degraded:
            self._degraded[done.writer,].inc()
        if done.source in (Source.UPSTREAM, Source.NONE):
            self.stages(done.stages_s)

    def stages(self, stages_s: Mapping[str, float]) -> None:
        """Count the time of stages."""
        for stage, seconds in stages_s.items():
            self._stages[stage].observe(seconds)

    def first_words(self, route: str, seconds: float) -> None:
        """Count how long a caller waited for the first words."""
        self._first[route].observe(seconds)

    def failed(self, code: str) -> None:
        """Count a question without an answer."""
        self._failures[code,].inc()

    def spent(self, writer: Writer, prompt_tokens: int, completion_tokens: int, micros: int) -> None:
        """Count what a model took."""
        for kind, tokens in zip(names.TOKEN_KINDS, (prompt_tokens, completion_tokens), strict=True):
            self._tokens[writer, kind].inc(tokens)
        self._cost[writer,].inc(micros)

    def watch(
        self, *, budget_left: Callable[[], float], simple_share: Callable[[], float], accuracy: Callable[[], float]
    ) -> None:
        """Read these at each scrape from now on."""
        gauge = self._metrics.gauge
        gauge(names.ANSWER_BUDGET_LEFT, "Micro-units that may still be spent today; +Inf without a limit.", budget_left)
        gauge(names.ROUTER_SIMPLE_SHARE, "Share of the questions that were simple.", simple_share)
        gauge(names.ROUTER_ACCURACY, "Share of the labelled questions that the router gets right.", accuracy)
