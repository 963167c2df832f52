"""Switch: one field of the configuration, with its default, its bounds and what it does."""

from __future__ import annotations

from dataclasses import field
from typing import Any

MEGABYTE = 1_000_000


def switch(
    default: Any,
    described: str,
    *,
    known: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    secret: bool = False,
) -> Any:
    """Return a dataclass field.

    `known` are the only values allowed, `low` and `high` the bounds of a number; of a `secret` it is told only
    whether it is set.
    """
    facts = {"described": described, "known": known, "low": low, "high": high, "secret": secret}
    return field(default=default, metadata=facts)
