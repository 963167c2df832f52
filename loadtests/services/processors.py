"""Which processors go to the generator and which to the target, so that neither takes the other's time."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Processors:
    """Processor numbers; empty means wherever the system puts it."""

    generator: tuple[int, ...] = ()
    target: tuple[int, ...] = ()


def split(generators: int = 1) -> Processors:
    """Give each generator process a processor of its own and the target another; with too few, fix nothing."""
    if not hasattr(os, "sched_getaffinity"):
        return Processors()
    available = sorted(os.sched_getaffinity(0))
    if len(available) <= generators:
        return Processors()
    return Processors(tuple(available[:generators]), (available[-1],))
