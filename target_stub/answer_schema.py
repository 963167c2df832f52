"""The JSON of questions and answers, as types; what comes as events has the same fields in pieces."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from target_stub.query import MAX_QUERY_CHARS
from target_stub.search_schema import CacheUse

MAX_PASSAGES = 50

ModelChoice: TypeAlias = Literal["auto", "small", "large"]


class AnswerRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A question."""

    question: Annotated[
        str,
        Meta(
            description="what to answer; the length counts without white space around it",
            extra_json_schema={"minLength": 1, "maxLength": MAX_QUERY_CHARS},
        ),
    ]
    stream: Annotated[bool, Meta(description="server-sent events sources, token, done, error; else one JSON")] = True
    model: Annotated[ModelChoice, Meta(description="auto leaves the choice to the router")] = "auto"
    passages: Annotated[
        int, Meta(ge=0, le=MAX_PASSAGES, description="how many passages to answer from; 0 leaves it to the router")
    ] = 0
    cache: Annotated[CacheUse, Meta(description="bypass neither reads, keeps nor shares an answer")] = "use"


class AnswerSource(Struct, frozen=True):
    """A document that the answer may cite by its number."""

    number: int
    id: str
    title: str
    score: float


class AnswerUsage(Struct, frozen=True):
    """Tokens that the model read and wrote for this answer, for whomever it was written."""

    prompt_tokens: int
    completion_tokens: int


class AnswerReply(Struct, frozen=True):
    """An answer: its sentences stand in the sources whose numbers they bear."""

    answer: str
    sources: list[AnswerSource]
    route: Annotated[Literal["simple", "complex"], Meta(description="what the router took the question for")]
    written_by: Annotated[
        Literal["small", "large", "extract"], Meta(description="which model; extract: none, sentences of the sources")
    ]
    model: Annotated[str, Meta(description="the model's name at the model server; empty where none was asked")]
    source: Annotated[
        Literal["upstream", "shared", "cache", "none"],
        Meta(description="written now, for an equal question under way, or earlier; none: no model was asked"),
    ]
    degraded: Annotated[bool, Meta(description="a dearer model was wanted, but the day's budget is nearly spent")]
    finish_reason: Annotated[str, Meta(description="stop, or length where the answer was cut")]
    usage: AnswerUsage
    cost_micros: Annotated[int, Meta(description="what this request cost, in millionths of a unit of money")]
    timings_ms: dict[str, float]


class RuleCard(Struct, frozen=True):
    """One of the router's rules."""

    name: str
    weight: float
    pattern: str


class Agreement(Struct, frozen=True):
    """How often the router gives the label that people gave."""

    questions: int
    right: int
    accuracy: float
    simple_taken_for_complex: int
    complex_taken_for_simple: int


class RoutingCard(Struct, frozen=True):
    """What the router makes of a question."""

    question: str
    route: Literal["simple", "complex"]
    score: float
    reasons: dict[str, float]


class RouterReport(Struct, frozen=True, omit_defaults=True):
    """The router: its rules, how often it is right, and what it was asked so far."""

    enabled: bool
    rules: list[RuleCard]
    bias: float
    held_out: Annotated[Agreement, Meta(description="over labelled questions not looked at while the rules were made")]
    developed_on: Annotated[Agreement, Meta(description="over those that the rules were made with")]
    asked: int
    simple_ratio: Annotated[float, Meta(description="share of the questions asked that were simple")]
    tried: Annotated[RoutingCard | None, Meta(description="the parameter `question`, if one was given")] = None
