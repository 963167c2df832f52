"""From a written `think_time` to a ThinkTime, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scenarios.places import Fault, Path
from scenarios.think_time import ThinkLaw, ThinkTime
from scenarios.workload_schema import ThinkPart


def think_faults(part: ThinkPart, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with a pause whose keys are each fine alone."""
    given = [name for name in ThinkPart.model_fields if getattr(part, name) is not None]
    if len(given) != 1:
        yield path, f"give one of {', '.join(ThinkPart.model_fields)}", "or just a pause such as 2s"
        return
    try:
        read_think(part)
    except ValueError as error:
        yield (*path, given[0]), str(error), ""


def read_think(part: ThinkPart) -> ThinkTime:
    """Return the distribution that was written.

    Raises:
        ValueError: when its numbers contradict each other.
    """
    if part.exponential is not None:
        return ThinkTime(ThinkLaw.EXPONENTIAL, part.exponential)
    if part.uniform is not None:
        return ThinkTime(ThinkLaw.UNIFORM, *part.uniform)
    if part.lognormal is not None:
        return ThinkTime(ThinkLaw.LOGNORMAL, part.lognormal.median, part.lognormal.p95)
    return ThinkTime(ThinkLaw.CONSTANT, part.constant or 0.0)


def think_document(think: ThinkTime) -> Any:
    """Return a pause as a file would hold it."""
    match think.law:
        case ThinkLaw.CONSTANT:
            return think.first_s
        case ThinkLaw.EXPONENTIAL:
            return {"exponential": think.first_s}
        case ThinkLaw.UNIFORM:
            return {"uniform": [think.first_s, think.second_s]}
        case ThinkLaw.LOGNORMAL:
            return {"lognormal": {"median": think.first_s, "p95": think.second_s}}
