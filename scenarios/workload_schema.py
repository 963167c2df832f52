"""The keys of `workload`: operations, sessions of several steps, queries and callers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from scenarios.part import Duration, Name, Part, Pause, Share

HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$")]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class MedianPart(Part):
    """The two numbers of a lognormal pause."""

    median: Duration
    p95: Duration


class ThinkPart(Part):
    """`think_time`: a pause, or one of the distributions it is drawn from."""

    constant: Pause | None = None
    exponential: Pause | None = None
    uniform: Annotated[list[Pause], Field(min_length=2, max_length=2)] | None = None
    lognormal: MedianPart | None = None


def _constant(data: Any) -> Any:
    """Return `{constant: ...}` for a bare pause."""
    return data if isinstance(data, dict | ThinkPart) else {"constant": data}


Think = Annotated[ThinkPart, BeforeValidator(_constant)]


class OperationPart(Part):
    """One entry of `workload.operations`; without a weight it has 1, or 0 when it is a step of a session."""

    name: Name
    weight: Weight | None = None
    params: dict[str, Any] = Field(default_factory=dict)


class StepPart(Part):
    """One entry of a session's `steps`: an operation, and the pause before it."""

    operation: str
    think_time: Think = ThinkPart(constant=0.0)


def _step(data: Any) -> Any:
    """Return `{operation: ...}` for a bare name."""
    return {"operation": data} if isinstance(data, str) else data


class SessionPart(Part):
    """One entry of `workload.sessions`."""

    name: Name
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    steps: Annotated[list[Annotated[StepPart, BeforeValidator(_step)]], Field(min_length=1, max_length=100)]


class QueriesPart(Part):
    """`workload.queries`: how many different ones, how skewed, how many never seen, and the file that holds them.

    `distinct` is by default every row of the file, or 2 000 of the target's own documents.
    """

    distinct: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    zipf: Annotated[float, Field(ge=0, le=5)] = 1.0
    never_seen: Share = 0.0
    file: str | None = None


class CallersPart(Part):
    """`workload.callers`: who asks, told to the target in headers."""

    users: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    zipf: Annotated[float, Field(ge=0, le=5)] = 1.0
    priorities: dict[Name, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(default_factory=dict)
    user_header: HeaderName = "X-User"
    priority_header: HeaderName = "X-Priority"


class JudgingPart(Part):
    """`workload.judging`: answers of each stage that are judged, and those of them compared with exact ones."""

    answers: Annotated[int, Field(ge=1, le=100_000)] = 60
    exact: Annotated[int, Field(ge=0, le=100_000)] = 40


class WorkloadPart(Part):
    """`workload`."""

    operations: Annotated[list[OperationPart], Field(min_length=1)] | None = None
    sessions: list[SessionPart] = Field(default_factory=list)
    queries: QueriesPart = QueriesPart()
    callers: CallersPart = CallersPart()
    judging: JudgingPart = JudgingPart()
