"""Placeholders: what the requests of an http target are filled in with, and which of them nothing fills."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.data_file import columns
from scenarios.errors import HarnessError
from scenarios.mistake import known
from scenarios.places import Fault
from scenarios.schema import ScenarioPart
from scenarios.surroundings import Surroundings
from scenarios.target_schema import RequestPart
from scenarios.template import names_in
from scenarios.workload_reading import weights

ALWAYS_KNOWN = ("number", "user", "priority")
"""Placeholders of every arrival: its number, which no other has, its user and its priority."""

OF_DOCUMENTS = ("query", "document_id")
"""Placeholders that the target's own documents fill, where no file does."""


def placeholders(request: RequestPart) -> tuple[str, ...]:
    """Return the names of the placeholders of a request, wherever they are in it, each once."""
    texts = [request.path or "", request.body or "", *request.headers.values(), *(request.form or {}).values()]
    found = (name for text in [*texts, *_texts(request.json_body)] for name in names_in(text))
    return tuple(dict.fromkeys(found))


def _texts(value: object) -> Iterator[str]:
    """Yield every text inside of JSON data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (str(key), *_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def placeholder_faults(part: ScenarioPart, around: Surroundings) -> Iterator[Fault]:
    """Yield placeholders that nothing fills: no column of the data, and no step before."""
    given = _given(part, around)
    if given is None:
        return
    extracted = {name for request in part.target.requests for name in request.extract}
    drawn = weights(part)
    for index, request in enumerate(part.target.requests):
        for name in placeholders(request):
            if name not in given and name not in extracted:
                hint = known({*given, *extracted}, name)
                yield ("target", "requests", index), f"unknown placeholder ${{{name}}}", hint
            elif name not in given and drawn.get(request.name):
                what = f"{request.name!r} needs ${{{name}}} of a step before it, and comes alone as well"
                yield ("target", "requests", index), what, "give it weight: 0, and a session"
    yield from _step_faults(part, given, extracted)


def _step_faults(part: ScenarioPart, given: set[str], extracted: set[str]) -> Iterator[Fault]:
    """Yield the steps that need what only a later step, or none of their session, takes from its reply."""
    requests = {its.name: its for its in part.target.requests}
    for index, session in enumerate(part.workload.sessions):
        there = set(given)
        for nth, step in enumerate(session.steps):
            request = requests.get(step.operation)
            if request is None:
                continue
            for name in placeholders(request):
                if name in extracted and name not in there:
                    what = f"{step.operation!r} needs ${{{name}}}, which no step before it extracts"
                    yield ("workload", "sessions", index, "steps", nth), what, ""
            there |= set(request.extract)


def _given(part: ScenarioPart, around: Surroundings) -> set[str] | None:
    """Return the placeholders that need no reply; None when the data cannot be looked into."""
    file = part.workload.queries.file
    if around.settled:
        return None
    if file is None:
        return {*ALWAYS_KNOWN, *OF_DOCUMENTS}
    try:
        return {*ALWAYS_KNOWN, *columns(around.path(file))}
    except HarnessError:
        return None
