"""The faults that may be asked for, as the JSON of `/admin/faults`; every field has bounds, and the whole an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

DEFAULT_EXPIRES_S = 600.0
LONGEST_S = 86_400.0

Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Milliseconds: TypeAlias = Annotated[float, Meta(ge=0, le=60_000)]
Stage: TypeAlias = Literal["embed", "ann"]


class LatencyFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Time added: to every request, more to some of them, and to stages of those that are computed."""

    fixed_ms: Milliseconds = 0.0
    tail_share: Annotated[float, Meta(ge=0, le=1, description="how many requests get tail_ms on top")] = 0.0
    tail_ms: Milliseconds = 0.0
    stages_ms: Annotated[dict[Stage, Milliseconds], Meta(description="milliseconds by stage")] = {}


class ErrorFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Requests that fail."""

    ratio: Share
    status: Annotated[int, Meta(ge=400, le=599)] = 503


class FreezeFault(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole process stands still for a while, again and again."""

    freeze_ms: Annotated[float, Meta(gt=0, le=10_000)]
    every_s: Annotated[float, Meta(ge=0.05, le=3600)] = 1.0


class HangFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Requests that are not answered while the fault lasts."""

    ratio: Share


class LeakFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Memory that each request leaves behind, until the fault ends."""

    bytes_per_request: Annotated[int, Meta(ge=1, le=100_000_000)]
    max_bytes: Annotated[int, Meta(ge=1, le=4_000_000_000)] = 500_000_000


class CpuFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Processor time that each request burns, in which nothing else happens."""

    burn_ms: Annotated[float, Meta(gt=0, le=10_000)]


class RecallFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Results that are lost. Searches that ask for the exact scan are spared, being the judge."""

    loss: Annotated[float, Meta(ge=0, le=1, description="the chance of each result to be lost")]
    how: Annotated[Literal["drop", "replace"], Meta(description="leave out, or put another document there")] = "drop"


class TroubleFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Trouble with a service that this one calls: calls take longer, or fail."""

    latency_ms: Milliseconds = 0.0
    error_ratio: Share = 0.0


class WantedFaults(Struct, frozen=True, forbid_unknown_fields=True):
    """The faults of a service; those not given are off."""

    latency: LatencyFault | UnsetType = UNSET
    errors: ErrorFault | UnsetType = UNSET
    freeze: FreezeFault | UnsetType = UNSET
    hang: HangFault | UnsetType = UNSET
    leak: LeakFault | UnsetType = UNSET
    cpu: CpuFault | UnsetType = UNSET
    recall: RecallFault | UnsetType = UNSET
    cache_off: Annotated[bool, Meta(description="no search uses the cache")] = False
    l2: TroubleFault | UnsetType = UNSET
    upstream: TroubleFault | UnsetType = UNSET
    seed: Annotated[int, Meta(ge=0, description="equal seeds and equal orders of requests meet equal faults")] = 0
    expires_s: Annotated[
        float, Meta(gt=0, le=LONGEST_S, description="after this many seconds the faults end by themselves")
    ] = DEFAULT_EXPIRES_S

    def names(self) -> Iterator[str]:
        """Yield the names of the faults that are asked for."""
        for name in self.__struct_fields__:
            if name not in ("seed", "expires_s") and getattr(self, name) not in (UNSET, False):
                yield name


class FaultReport(Struct, frozen=True):
    """The faults in force, how long they still last, and what was asked for; null when there are none."""

    active: list[str]
    expires_in_s: float | None
    faults: WantedFaults | None
