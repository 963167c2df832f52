"""Offer: how much 1x is, and who decides what comes when; from written `baseline`, `closed` and `replay`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any

from scenarios.access_log import DEFAULT_FIELDS, AccessLog, LogFormat
from scenarios.baseline import Baseline, LogPeak, PromQuery, unmeasured
from scenarios.closed import ClosedUsers
from scenarios.load_schema import BaselinePart, LogPart, ReplayPart
from scenarios.places import Fault, Path
from scenarios.replay import Extra, LoggedOperation, Replay, Survey
from scenarios.schema import ScenarioPart
from scenarios.secret import unusable
from scenarios.surroundings import Surroundings
from scenarios.surveying import surveyed
from scenarios.think_reading import read_think, think_faults

PROMETHEUS_VARIABLE = "PROMETHEUS_URL"  # what other tools read it from as well
_SOURCES = ("rate", "access_log", "promql")
_SHORTEST_PAUSE_S = 0.001  # for the rate of closed users who do not think


@dataclass(frozen=True, slots=True)
class Offer:
    """How much 1x is; closed users or a replayed log, where arrivals are not drawn from a rate."""

    baseline: Baseline
    closed: ClosedUsers | None = None
    replay: Replay | None = None


def offer_faults(part: ScenarioPart, around: Surroundings) -> Iterator[Fault]:
    """Yield what is wrong in and between `baseline`, `closed` and `replay`."""
    if part.closed is not None and part.replay is not None:
        yield ("replay",), "a closed load replays nothing", "leave closed or replay out"
    other = "closed" if part.closed is not None else "replay" if part.replay is not None else ""
    if other and part.baseline is not None:
        known = "1x is closed.users" if other == "closed" else "1x is the log itself"
        yield ("baseline",), f"with {other} there is no other baseline: {known}", "leave the baseline out"
    if not other and part.baseline is None:
        yield (), "the key 'baseline' is missing", ""
    if part.baseline is not None:
        yield from _baseline_faults(part.baseline, around)
    if part.closed is not None:
        yield from think_faults(part.closed.think_time, ("closed", "think_time"))
    if part.replay is not None:
        yield from _replay_faults(part.replay, around)
        yield from _doubled(part)


def _baseline_faults(part: BaselinePart, around: Surroundings) -> Iterator[Fault]:
    path: Path = ("baseline",)
    given = [name for name in _SOURCES if getattr(part, name) is not None]
    if len(given) != 1:
        yield path, f"give one of {', '.join(_SOURCES)}", ""
        return
    written = part.model_fields_set - set(given)
    allowed = {"rate": {"read_from"}, "promql": {"prometheus"}}.get(given[0], set(BaselinePart.model_fields))
    for name in sorted(written - (allowed - {"read_from", "prometheus"} if given[0] == "access_log" else allowed)):
        yield (*path, name), f"{name} does not go with {given[0]}", ""
    if part.access_log is not None:
        yield from _log_faults(part, "access_log", path, around)
    if part.promql is not None:
        address = part.prometheus or around.environ.get(PROMETHEUS_VARIABLE)
        if not address:
            yield path, "the key 'prometheus' is missing", f"or export {PROMETHEUS_VARIABLE}"
        elif not re.match(r"https?://|\$\{env:", address):
            yield (*path, "prometheus"), f"{address!r} is not an address such as http://prometheus:9090", ""
        elif unusable(address, around.environ):
            yield (*path, "prometheus"), unusable(address, around.environ), "export it before the run"


def _log_faults(part: LogPart, key: str, path: Path, around: Surroundings) -> Iterator[Fault]:
    yield from around.file_faults(str(getattr(part, key)), (*path, key))
    if part.match is not None:
        yield from _pattern_fault(part.match, (*path, "match"))
    if part.format is LogFormat.COMBINED and "fields" in part.model_fields_set:
        yield (*path, "fields"), "the combined format has no fields to name", "give format: json or csv"
    for name in ("time", "path"):
        if not getattr(part.fields, name):
            yield (*path, "fields", name), f"a log needs a field for the {name}", ""


def _pattern_fault(pattern: str, path: Path) -> Iterator[Fault]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield path, f"{pattern!r} is not a regular expression: {error}", ""


def _replay_faults(part: ReplayPart, around: Surroundings) -> Iterator[Fault]:
    path: Path = ("replay",)
    yield from _log_faults(part, "file", path, around)
    for index, operation in enumerate(part.operations):
        yield from _pattern_fault(operation.match, (*path, "operations", index, "match"))
        if operation.name in [its.name for its in part.operations[:index]]:
            yield (*path, "operations", index, "name"), f"{operation.name!r} is there twice", ""
    if part.extra is Extra.NEVER_SEEN and not part.query:
        hint = "name the URL parameter that holds it"
        yield (*path, "extra"), "a never-seen request needs to know its query: replay.query is missing", hint
    if part.begins is not None and _instant(part.begins) is None:
        yield (*path, "from"), f"{part.begins!r} is not a time such as 2026-03-01T12:00:00Z", ""


def _doubled(part: ScenarioPart) -> Iterator[Fault]:
    """Yield what a replay takes from its log and is written down as well."""
    for key in ("operations", "sessions", "queries"):
        if key in part.workload.model_fields_set:
            hint = "name operations in replay.operations" if key == "operations" else "leave it out"
            yield ("workload", key), "a replay takes them from its log", hint


def read_offer(part: ScenarioPart, around: Surroundings) -> Offer:
    """Return what is offered; a baseline that has to be read is read now.

    Raises:
        HarnessError: when a log or a Prometheus does not give what is needed.
    """
    if part.closed is not None:
        users = ClosedUsers(part.closed.users, read_think(part.closed.think_time))
        return Offer(Baseline(closed_rate_per_s(users.users, users)), closed=users)
    if part.replay is not None:
        replay = _replay(part, part.replay, around)
        seconds = replay.survey.per_second if replay.survey else ()
        return Offer(Baseline(sum(seconds) / len(seconds) if seconds else 1.0), replay=replay)
    return Offer(_baseline(part.baseline or BaselinePart(rate=1.0), around))


def closed_rate_per_s(users: int, closed: ClosedUsers) -> float:
    """Return the most that closed users can ask per second: if replies took no time."""
    return users / max(closed.think_time.mean_s, _SHORTEST_PAUSE_S)


def _baseline(part: BaselinePart, around: Surroundings) -> Baseline:
    if part.rate is not None:
        return Baseline(part.rate, part.read_from)
    if part.promql is not None:
        address = part.prometheus or around.environ.get(PROMETHEUS_VARIABLE, "")
        return around.measure(PromQuery(part.promql, address))
    log = _log(part, around.path(str(part.access_log)))
    return around.measure(LogPeak(log, part.window, part.quantile))


def _log(part: LogPart, file: FilePath) -> AccessLog:
    fields = {**DEFAULT_FIELDS, **part.fields.model_dump()}
    return AccessLog(file, part.format, fields, tuple(part.methods), tuple(part.statuses), part.match or "")


def _replay(part: ScenarioPart, own: ReplayPart, around: Surroundings) -> Replay:
    found = own.survey
    replay = Replay(
        log=_log(own, around.path(own.file)),
        operations=tuple(LoggedOperation(its.name, its.match) for its in own.operations),
        begins_s=_instant(own.begins),
        query=own.query,
        extra=own.extra,
        repeat=own.repeat,
        survey=Survey(found.begins, tuple(found.per_second), found.others, tuple(found.notes)) if found else None,
    )
    if replay.survey is not None or around.measure is unmeasured:
        return replay
    return surveyed(replay, [(stage.duration, stage.multiplier or 1.0) for stage in part.stages], part.seed)


def _instant(value: Any) -> float | None:
    if isinstance(value, int | float):
        return float(value)
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
