"""Target, workload and replay as a file would hold them; what is not at its default only, where runs do not need it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scenarios.replay import Replay
from scenarios.scenario import TargetSpec
from scenarios.think_reading import think_document
from scenarios.workload import Callers, Judging, Session, Workload


def target_document(target: TargetSpec) -> dict[str, Any]:
    """Return `target`; secrets stay references, and files have their absolute paths."""
    rarer = {
        "health": target.health,
        "headers": dict(target.headers),
        "requests": [its.model_dump(mode="json", by_alias=True, exclude_defaults=True) for its in target.requests],
        "class": target.class_path,
        "options": dict(target.options),
        "folder": target.folder,
    }
    return {
        "kind": target.kind,
        **({"url": target.url} if target.url else {}),
        "timeout": target.timeout_s,
        "connections": target.connections,
        **client_document(target),
        **{key: value for key, value in rarer.items() if value},
    }


def client_document(target: TargetSpec) -> dict[str, Any]:
    """Return how the target is spoken to, where that is not as it is by itself."""
    usual = TargetSpec()
    keys = {"client": target.client, "verify": target.verify, "redirects": target.redirects}
    return {key: value for key, value in keys.items() if value != getattr(usual, key)}


def workload_document(workload: Workload) -> dict[str, Any]:
    """Return `workload`."""
    queries = workload.queries
    names = [its.name for its in workload.operations]
    return {
        "operations": [
            {"name": its.name, "weight": its.weight, "params": dict(its.params)} for its in workload.operations
        ],
        **({"sessions": [_session(its, names) for its in workload.sessions]} if workload.sessions else {}),
        "queries": {
            "distinct": queries.distinct,
            "zipf": queries.zipf_exponent,
            **({"never_seen": queries.never_seen} if queries.never_seen else {}),
            **({"file": queries.file} if queries.file else {}),
        },
        **({} if workload.callers == Callers() else {"callers": _callers(workload.callers)}),
        **({} if workload.judging == Judging() else {"judging": asdict(workload.judging)}),
    }


def _session(session: Session, names: list[str]) -> dict[str, Any]:
    steps = [{"operation": names[its.operation], "think_time": think_document(its.think_time)} for its in session.steps]
    return {"name": session.name, "weight": session.weight, "steps": steps}


def _callers(callers: Callers) -> dict[str, Any]:
    return {
        "users": callers.users,
        "zipf": callers.zipf_exponent,
        "priorities": dict(callers.priorities),
        "user_header": callers.user_header,
        "priority_header": callers.priority_header,
    }


def replay_document(replay: Replay) -> dict[str, Any]:
    """Return `replay`, with what the look through its log found, so that it need not be read again."""
    log, survey = replay.log, replay.survey
    return {
        "file": str(log.file),
        "format": log.format.value,
        **({"fields": dict(log.fields)} if log.format.value != "combined" else {}),
        "methods": list(log.methods),
        "statuses": list(log.statuses),
        **({"match": log.match} if log.match else {}),
        **({"from": replay.begins_s} if replay.begins_s is not None else {}),
        "query": replay.query,
        "extra": replay.extra.value,
        "repeat": replay.repeat,
        "operations": [{"name": its.name, "match": its.match} for its in replay.operations],
        **(
            {
                "survey": {
                    "begins": survey.begins_s,
                    "per_second": list(survey.per_second),
                    **({"others": survey.others} if survey.others is not None else {}),
                    "notes": list(survey.notes),
                }
            }
            if survey
            else {}
        ),
    }
