"""Question: what is asked, already checked."""

from __future__ import annotations

from dataclasses import dataclass

MAX_QUESTION_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Question:
    """A question in normal form; `model` is auto (the router chooses), small or large; `passages` 0 leaves it to it."""

    text: str
    model: str = "auto"
    passages: int = 0
    use_cache: bool = True
    user: str = ""
