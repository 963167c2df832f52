"""Trouble: what goes wrong with a request, because its header asks for it or a ratio says so."""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random
from typing import Annotated

from msgspec import Meta, Struct

HEADER = "X-Trouble"
MOST = 3600
KINDS = "status=503, retry-after=2, slow=1.5, stall=3, break=3 or garbage=3, several joined by ;"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one request; the three numbers of tokens say after how many it happens, 0 being before any."""

    status: int | None = None
    retry_after: int | None = None
    slow: float | None = None  # seconds added before the first token
    stall: int | None = None
    break_: int | None = None
    garbage: int | None = None


class TroubleRates(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How often what goes wrong: shares of all requests, each drawn on its own."""

    error_ratio: Annotated[float, Meta(ge=0, le=1)] = 0.0
    error_status: Annotated[int, Meta(ge=400, le=599)] = 500
    limit_per_s: Annotated[float, Meta(ge=0)] = 0.0  # 0: no limit; beyond it, 429
    limit_burst: Annotated[int, Meta(ge=1)] = 10
    slow_ratio: Annotated[float, Meta(ge=0, le=1)] = 0.0
    slow_s: Annotated[float, Meta(ge=0, le=3600)] = 5.0
    stall_ratio: Annotated[float, Meta(ge=0, le=1)] = 0.0
    break_ratio: Annotated[float, Meta(ge=0, le=1)] = 0.0
    garbage_ratio: Annotated[float, Meta(ge=0, le=1)] = 0.0
    after_tokens: Annotated[int, Meta(ge=0)] = 3  # where stalls, breaks and garbage happen

    def draw(self, rng: Random) -> Trouble:
        """Return what happens to the next request."""

        def falls(ratio: float) -> bool:
            return rng.random() < ratio  # drawn also at 0 and 1, so that one ratio does not move another's draws

        return Trouble(
            status=self.error_status if falls(self.error_ratio) else None,
            slow=self.slow_s if falls(self.slow_ratio) else None,
            stall=self.after_tokens if falls(self.stall_ratio) else None,
            break_=self.after_tokens if falls(self.break_ratio) else None,
            garbage=self.after_tokens if falls(self.garbage_ratio) else None,
        )


def asked_for(header: str) -> Trouble:
    """Return the trouble that a header names.

    Raises:
        ValueError: naming the part that is not understood.
    """
    known = {its.name.rstrip("_").replace("_", "-"): its.name for its in fields(Trouble)}
    values: dict[str, float] = {}
    for part in header.split(";"):
        kind, _, text = part.strip().partition("=")
        try:
            values[known[kind]] = float(text) if kind == "slow" else int(text)
        except (KeyError, ValueError):
            raise ValueError(f"{HEADER}: {part.strip()!r} is not understood; known: {KINDS}") from None
    status = values.get("status", 400)
    if not 400 <= status <= 599 or not all(0 <= value <= MOST for value in values.values()):
        raise ValueError(f"{HEADER}: a status is 400 to 599, and other numbers are 0 to {MOST}")
    return Trouble(**values)  # type: ignore[arg-type]


class RateLimit:
    """A token bucket: so many requests a second, and a burst of so many at once."""

    def __init__(self, per_s: float, burst: int, now_s: float) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._left = float(burst)
        self._at_s = now_s

    def wait_s(self, now_s: float) -> float:
        """Take one request's token and return 0, or return the seconds until there will be one."""
        if not self._per_s:
            return 0.0
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._per_s
