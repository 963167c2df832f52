"""Chunk: a piece of a text that is found by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole sentences where they fit, under the heading that they stand below; scores from 0 to 1 (see `scoring`)."""

    heading: str
    text: str
    importance: float = 0.0
    density: float = 0.0
