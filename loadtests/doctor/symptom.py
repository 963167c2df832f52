"""Symptom: one thing that was looked at, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How much a symptom matters."""

    GOOD = "good"
    NOTE = "note"  # a part is off, or a figure will be rougher
    BAD = "bad"  # runs made here will be INVALID, or wrong


@dataclass(frozen=True, slots=True)
class Symptom:
    """What was looked at and found; `advice` is the next step, empty where none is needed."""

    about: str
    grade: Grade
    found: str
    advice: str = ""


def graded(about: str, good: bool, found: str, advice: str, *, otherwise: Grade = Grade.NOTE) -> Symptom:
    """Return a symptom that is good, or else has a grade and an advice."""
    return Symptom(about, Grade.GOOD, found) if good else Symptom(about, otherwise, found, advice)
