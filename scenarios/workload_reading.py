"""From a written `workload` to a Workload, and what contradicts in it."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.data_file import read_rows
from scenarios.errors import HarnessError
from scenarios.mistake import known
from scenarios.places import Fault, Path
from scenarios.schema import ScenarioPart
from scenarios.surroundings import Surroundings
from scenarios.think_reading import read_think, think_faults
from scenarios.workload import Callers, Judging, Operation, QuerySkew, Session, Step, Workload

DISTINCT = 2000
"""Queries that are drawn from the target's own documents when a scenario does not say how many."""


def operation_names(part: ScenarioPart) -> tuple[str, ...]:
    """Return the operations of a scenario: named in the workload, or the target's requests, or those of the replay."""
    if part.replay is not None:
        return tuple(its.name for its in part.replay.operations)
    if part.workload.operations is not None:
        return tuple(its.name for its in part.workload.operations)
    return tuple(its.name for its in part.target.requests) or ("search",)


def workload_faults(part: ScenarioPart, around: Surroundings) -> Iterator[Fault]:
    """Yield what is wrong between the keys of a workload that are each fine alone."""
    names = operation_names(part)
    for index, session in enumerate(part.workload.sessions):
        path: Path = ("workload", "sessions", index)
        if session.name in names:
            yield (*path, "name"), f"{session.name!r} is an operation already", "name the session otherwise"
        for nth, step in enumerate(session.steps):
            if step.operation not in names:
                at = (*path, "steps", nth)
                yield at, f"unknown operation {step.operation!r}", known(names, step.operation)
            yield from think_faults(step.think_time, (*path, "steps", nth, "think_time"))
    if not sum(weights(part).values()) and not part.workload.sessions:
        yield ("workload",), "every weight is 0, so nothing is asked", ""
    requests = [its.name for its in part.target.requests]
    for index, operation in enumerate(part.workload.operations or ()):
        if requests and operation.name not in requests:
            what = f"no request is named {operation.name!r}"
            yield ("workload", "operations", index, "name"), what, known(requests, operation.name)
    yield from _query_faults(part, around)


def _query_faults(part: ScenarioPart, around: Surroundings) -> Iterator[Fault]:
    queries, path = part.workload.queries, ("workload", "queries")
    if queries.file is None or around.settled:
        return
    missing = list(around.file_faults(queries.file, (*path, "file")))
    yield from missing
    if missing:
        return
    try:
        rows = read_rows(around.path(queries.file))
    except HarnessError as error:
        yield (*path, "file"), error.what, error.hint
        return
    if queries.distinct is not None and queries.distinct > len(rows):
        yield (
            (*path, "distinct"),
            f"the file has {len(rows)} rows, not {queries.distinct}",
            "leave it out for all",
        )
    needs_query = part.target.kind == "search" or queries.never_seen > 0
    if needs_query and "query" not in rows[0]:
        yield (*path, "file"), "the file has no column 'query'", known(rows[0], "query")


def read_workload(part: ScenarioPart, around: Surroundings) -> Workload:
    """Return the workload that was written."""
    own, weighted = part.workload, weights(part)
    params = {its.name: its.params for its in own.operations or ()}
    names = tuple(weighted)
    queries = own.queries
    file = str(around.path(queries.file)) if queries.file is not None else None
    distinct = queries.distinct or (len(read_rows(around.path(queries.file))) if queries.file else DISTINCT)
    return Workload(
        tuple(Operation(name, weight, params.get(name, {})) for name, weight in weighted.items()),
        QuerySkew(distinct, queries.zipf, queries.never_seen, file),
        tuple(
            Session(
                its.name,
                its.weight,
                tuple(Step(names.index(step.operation), read_think(step.think_time)) for step in its.steps),
            )
            for its in own.sessions
        ),
        Callers(
            own.callers.users,
            own.callers.zipf,
            dict(own.callers.priorities),
            own.callers.user_header,
            own.callers.priority_header,
        ),
        Judging(own.judging.answers, own.judging.exact),
    )


def weights(part: ScenarioPart) -> dict[str, float]:
    """Return each operation's weight: as written, else 1, but 0 for what comes as a step of a session."""
    written = {its.name: its.weight for its in part.target.requests}
    written |= {its.name: its.weight for its in part.workload.operations or () if its.weight is not None}
    steps = {step.operation for session in part.workload.sessions for step in session.steps}
    found = {}
    for name in operation_names(part):
        weight = written.get(name)
        found[name] = weight if weight is not None else 0.0 if name in steps else 1.0
    return found
