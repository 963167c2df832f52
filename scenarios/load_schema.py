"""The keys of `baseline`, `closed` and `replay`: how much is offered when, where it is not stages of a given rate."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from scenarios.access_log import LogFormat
from scenarios.part import Duration, Name, Part, Rate
from scenarios.replay import Extra
from scenarios.workload_schema import Think, ThinkPart

Status = Annotated[str, Field(pattern=r"^[1-5](\d\d|xx)$")]


def _as_texts(data: Any) -> Any:
    """Return a list of texts for one status or several, as numbers or as `2xx`."""
    listed = data if isinstance(data, list) else [data]
    return [str(its) if isinstance(its, int) and not isinstance(its, bool) else its for its in listed]


Statuses = Annotated[list[Status], BeforeValidator(_as_texts)]
Method = Annotated[str, Field(pattern=r"^[A-Z]{3,10}$")]


class FieldsPart(Part):
    """`fields`: where JSON or CSV lines keep what is needed; a dot goes into an object."""

    time: str = "time"
    method: str = "method"
    path: str = "path"
    status: str = "status"
    duration: str = ""
    body: str = ""


class LogPart(Part):
    """How to read an access log, and which of its requests count."""

    format: LogFormat = LogFormat.COMBINED
    fields: FieldsPart = FieldsPart()
    methods: list[Method] = Field(default_factory=list)
    statuses: Statuses = Field(default_factory=list)
    match: str | None = None


class BaselinePart(LogPart):
    """`baseline`: a rate, the peak of an access log, or a PromQL query."""

    rate: Rate | None = None
    read_from: dict[str, Any] = Field(default_factory=dict)
    access_log: str | None = None
    window: Duration = 1.0
    quantile: Annotated[float, Field(gt=0, le=1)] = 0.99
    promql: Annotated[str, Field(min_length=1)] | None = None
    prometheus: str | None = None


def _as_mapping(data: Any) -> Any:
    """Return `{rate: ...}` for a bare rate."""
    return data if isinstance(data, dict) else {"rate": data}


WrittenBaseline = Annotated[BaselinePart, BeforeValidator(_as_mapping)]


class ClosedPart(Part):
    """`closed`: users at 1x who wait for a reply, think, and ask again."""

    users: Annotated[int, Field(ge=1, le=100_000)]
    think_time: Think = ThinkPart(constant=0.0)


class LoggedOperationPart(Part):
    """One entry of `replay.operations`: a name for the requests whose `METHOD path` a pattern is found in."""

    name: Name
    match: str


class SurveyPart(Part):
    """`replay.survey`: what a look through the log found; written by a run, not by hand."""

    begins: float
    per_second: list[Annotated[int, Field(ge=0)]]
    others: int | None = None
    notes: list[str] = Field(default_factory=list)


class ReplayPart(LogPart):
    """`replay`: an access log offered again."""

    file: str
    methods: list[Method] = Field(default_factory=lambda: ["GET", "HEAD"])
    statuses: Statuses = Field(default_factory=lambda: ["2xx", "3xx"])
    begins: Annotated[str | float | None, Field(alias="from")] = None
    query: str = ""
    extra: Extra = Extra.OTHER
    repeat: bool = False
    operations: Annotated[list[LoggedOperationPart], Field(min_length=1)] = Field(
        default_factory=lambda: [LoggedOperationPart(name="request", match="")]
    )
    survey: SurveyPart | None = None
