"""The keys of `target`: the service under test, and for any HTTP service its requests, checks and what to take over."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from scenarios.load_schema import Statuses
from scenarios.part import Duration, Name, Part, Share, Size
from scenarios.workload_schema import HeaderName, Weight

Key = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Slashed = Annotated[str, Field(pattern=r"^/")]


class UploadPart(Part):
    """`upload`: a body of a size, made of random bytes, or read from a file."""

    size: Size | None = None
    file: str | None = None
    content_type: str | None = None


class CheckPart(Part):
    """One entry of `checks`: what must hold for a reply; it fails as `check:<name>`.

    `json` is a JMESPath expression; with `equals` its value must be that, without it must be there (and not be empty or
    false). `text` must be in the body, `regex` be found in it, `header` be there and, with `equals`, have that value.
    """

    name: Name
    json_path: Annotated[str | None, Field(alias="json")] = None
    text: str | None = None
    regex: str | None = None
    header: HeaderName | None = None
    equals: Any = None


class RequestPart(Part):
    """One entry of `target.requests`: an operation as an HTTP request, its placeholders written `${name}`."""

    name: Name
    weight: Weight | None = None
    method: Annotated[str, Field(pattern=r"^[A-Z]{3,10}$")] = "GET"
    path: Slashed | None = None
    headers: dict[HeaderName, str] = Field(default_factory=dict)
    json_body: Annotated[Any, Field(alias="json")] = None
    body: str | None = None
    form: dict[str, str] | None = None
    upload: UploadPart | None = None
    content_type: str | None = None
    status: Annotated[Statuses, Field(min_length=1)] = Field(default_factory=lambda: ["2xx"])
    checks: list[CheckPart] = Field(default_factory=list)
    check_share: Share = 1.0
    extract: dict[Key, str] = Field(default_factory=dict)
    stream: bool = False
    answer: str | None = None


class TargetPart(Part):
    """`target`: the service under test. `kind` is search, http or python; `folder` is what a run adds."""

    kind: Name = "search"
    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+")] | None = None
    timeout: Duration = 2.0
    connections: Annotated[int, Field(ge=1, le=10_000)] = 256
    client: Literal["fast", "full"] | None = None
    verify: bool | str = True
    redirects: Annotated[int, Field(ge=0, le=100)] = 10
    health: Slashed | None = None
    headers: dict[HeaderName, str] = Field(default_factory=dict)
    requests: list[RequestPart] = Field(default_factory=list)
    class_path: Annotated[str | None, Field(alias="class", pattern=r"^[\w.]+:\w+$")] = None
    options: dict[str, Any] = Field(default_factory=dict)
    folder: str = ""
