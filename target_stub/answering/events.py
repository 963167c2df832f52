"""Events: what an answer is made of as it comes about: its sources, its words, and how it came to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from target_stub.answering.plan import Writer
from target_stub.answering.router import Route


class Source(StrEnum):
    """Where an answer came from."""

    UPSTREAM = "upstream"  # written for this question
    SHARED = "shared"  # written for an equal question that was under way
    CACHE = "cache"  # kept from an earlier question
    NONE = "none"  # no model was asked


@dataclass(frozen=True, slots=True)
class Cited:
    """A document that the answer may cite by its number."""

    number: int
    document_id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Sources:
    """The documents at hand, and who is going to write; `stages_s` are the seconds spent so far."""

    cited: Sequence[Cited]
    route: Route
    writer: Writer
    stages_s: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Words:
    """Some more of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """How the answer came about: cost in micro-units of money, `degraded` when a dearer writer had been wanted."""

    route: Route
    writer: Writer
    model: str
    source: Source
    degraded: bool
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    cost_micros: int
    stages_s: Mapping[str, float] = field(default_factory=dict)


Event: TypeAlias = Sources | Words | Done
